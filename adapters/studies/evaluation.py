"""From cases to figures: every statistic a kind of case allows, whole and by stratum.

Rules kept here:

1. What a stratum has too few cases for is left out, never guessed; a limit on it is then not met.
   The number of its cases is given all the same, so that no stratum goes unmentioned.
2. The same cases in another order give the same figures.
3. Agreement with the reference is that of the first measurement alone, as it would be reported; a
   mean of repeats would look better than what people get.
4. Intraclass correlation needs every case to have the same number of repeats; places of one head
   are no subjects, so there is none of heads measured at many places.
5. A figure's cases are independent ones: heads, never their places. What was withheld is counted
   among a stratum's cases and is behind none of its figures.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

import numpy as np
import scipy
from numpy.typing import ArrayLike

from adapters.studies.agreement import (
    FEWEST_PAIRS,
    Agreement,
    Interval,
    agreement,
    detectable_change,
    repeatability,
)
from adapters.studies.classification import Weights, detection, kappa
from adapters.studies.intraclass import icc_2_1, icc_3_1
from adapters.studies.observations import (
    Case,
    Cases,
    Classified,
    Quantity,
    Sampled,
    Segmented,
    levels,
    pairs,
)
from adapters.studies.sampled import sampled_agreement, sampled_error
from domain.errors import MalformedInput
from domain.values.study import EVERYBODY, Factor, Statistic, StudyFigure, StudyPlan

METHOD: Final = f"study-figures/1, scipy {scipy.__version__}"
"""Name and version of everything that is worked out here, and of the quantiles below it; another
figure of the same cases is another version.
"""

YES_OR_NO: Final = 2
_MEASURED_TWICE: Final = 2
C = TypeVar("C", bound=Case)


def evaluate(plan: StudyPlan, cases: Cases) -> tuple[StudyFigure, ...]:
    """Return every figure of every stratum of the plan, in a fixed order."""
    times = Counter(each.case for each in cases.cases)
    ordered = sorted(
        cases.cases, key=lambda each: (each.case, repr(each) if times[each.case] > 1 else "")
    )
    return tuple(
        figure
        for stratum, members in strata(plan.strata, ordered)
        for figure in _figures(plan, cases.classes, stratum, members)
    )


def strata(factors: Sequence[Factor], cases: Sequence[C]) -> Iterator[tuple[str, list[C]]]:
    """Yield everybody, then the cases of each level of each factor."""
    yield EVERYBODY, list(cases)
    for factor in dict.fromkeys(factors):
        members: dict[str, list[C]] = {level: [] for level in levels(cases, factor)}
        for each in cases:
            if factor in each.factors:
                members[each.factors[factor]].append(each)
        yield from ((f"{factor}={level}", of_level) for level, of_level in members.items())


def _figures(
    plan: StudyPlan, classes: Sequence[str], stratum: str, cases: Sequence[Case]
) -> Iterator[StudyFigure]:
    yield _figure(Statistic.CASES, stratum, float(len(cases)), "1", len(cases))
    quantities = [each for each in cases if isinstance(each, Quantity)]
    sampled = [each for each in cases if isinstance(each, Sampled)]
    classified = [each for each in cases if isinstance(each, Classified)]
    segmented = [each for each in cases if isinstance(each, Segmented)]
    if quantities:
        yield from _of_agreement(quantities, stratum, plan.unit)
        yield from _of_repeats(quantities, stratum, plan.unit)
    if sampled:
        yield from _of_places(sampled, stratum, plan.unit)
    if classified:
        yield from _of_classes(classified, classes, stratum)
    if segmented:
        yield from _of_overlap(segmented, stratum)


def _of_agreement(cases: Sequence[Quantity], stratum: str, unit: str) -> Iterator[StudyFigure]:
    known = list(pairs(cases))
    if len(known) >= FEWEST_PAIRS:
        found = agreement([pair[0] for pair in known], [pair[1] for pair in known])
        yield from _agreed(found, stratum, unit)


def _of_places(cases: Sequence[Sampled], stratum: str, unit: str) -> Iterator[StudyFigure]:
    if len(cases) < FEWEST_PAIRS:
        return
    yield from _agreed(sampled_agreement(cases), stratum, unit)
    repeated = [each for each in cases if len(each.places[0].repeats) >= _MEASURED_TWICE]
    if len(repeated) >= FEWEST_PAIRS:
        sem = sampled_error(repeated)
        yield _figure(Statistic.TEM, stratum, sem.value, unit, len(repeated))
        yield _figure(Statistic.SEM, stratum, sem, unit, len(repeated))
        yield _figure(Statistic.MDC95, stratum, detectable_change(sem), unit, len(repeated))


def _agreed(found: Agreement, stratum: str, unit: str) -> Iterator[StudyFigure]:
    def figure(statistic: Statistic, value: Interval | float) -> StudyFigure:
        return _figure(statistic, stratum, value, unit, found.pairs)

    yield figure(Statistic.BIAS, found.bias)
    yield figure(Statistic.SD, found.sd)
    yield figure(Statistic.RMS, found.rms)
    yield figure(Statistic.LOWER_LIMIT, found.lower)
    yield figure(Statistic.UPPER_LIMIT, found.upper)


def _of_repeats(cases: Sequence[Quantity], stratum: str, unit: str) -> Iterator[StudyFigure]:
    repeated = [each.repeats for each in cases if len(each.repeats) >= _MEASURED_TWICE]
    if len(repeated) < FEWEST_PAIRS:
        return
    found = repeatability([list(each) for each in repeated])
    yield _figure(Statistic.TEM, stratum, found.tem, unit, len(repeated))
    yield _figure(Statistic.SEM, stratum, found.sem, unit, len(repeated))
    yield _figure(Statistic.MDC95, stratum, found.mdc95, unit, len(repeated))
    if len({len(each) for each in repeated}) == 1:
        for statistic, coefficient in (
            (Statistic.ICC_2_1, icc_2_1),
            (Statistic.ICC_3_1, icc_3_1),
        ):
            work_out = partial(coefficient, repeated)
            yield from _if_it_says_anything(statistic, stratum, len(repeated), work_out)


def _of_classes(
    cases: Sequence[Classified], classes: Sequence[str], stratum: str
) -> Iterator[StudyFigure]:
    counts = np.zeros((len(classes), len(classes)))
    for each in cases:
        counts[each.said, each.true] += 1
    yield from _if_it_says_anything(
        Statistic.KAPPA, stratum, len(cases), lambda: kappa(counts, Weights.QUADRATIC)
    )
    if len(classes) == YES_OR_NO:
        found = detection([each.said for each in cases], [each.true for each in cases])
        positive = sum(each.true for each in cases)
        if found.sensitivity is not None:
            yield _figure(Statistic.SENSITIVITY, stratum, found.sensitivity, "1", positive)
        if found.specificity is not None:
            yield _figure(
                Statistic.SPECIFICITY, stratum, found.specificity, "1", len(cases) - positive
            )


def _of_overlap(cases: Sequence[Segmented], stratum: str) -> Iterator[StudyFigure]:
    """Yield mean overlaps; where nothing was marked and nothing is there, there is no overlap."""
    counted = [each for each in cases if each.found + each.there]
    for statistic, overlap in ((Statistic.DICE, dice), (Statistic.JACCARD, _jaccard)):
        values = [overlap(each) for each in counted]
        if len(values) >= FEWEST_PAIRS:
            mean = agreement(values, np.zeros(len(values))).bias
            inside = Interval(
                value=mean.value, lower=max(0.0, mean.lower), upper=min(1.0, mean.upper)
            )
            yield _figure(statistic, stratum, inside, "1", len(values))


def dice(case: Segmented) -> float:
    """Return Dice's overlap of a case that has a mask at all, 0..1."""
    return 2 * case.common / (case.found + case.there)


def _jaccard(case: Segmented) -> float:
    return case.common / (case.found + case.there - case.common)


def _if_it_says_anything(
    statistic: Statistic, stratum: str, cases: int, work_out: Callable[[], Interval]
) -> Iterator[StudyFigure]:
    try:
        yield _figure(statistic, stratum, work_out(), "1", cases)
    except MalformedInput:
        return  # nothing varies in this stratum: there is no such figure


def _figure(
    statistic: Statistic, stratum: str, value: Interval | float, unit: str, cases: int
) -> StudyFigure:
    return StudyFigure(
        statistic=statistic,
        stratum=stratum,
        value=value if not isinstance(value, Interval) else value.value,
        lower=None if not isinstance(value, Interval) else value.lower,
        upper=None if not isinstance(value, Interval) else value.upper,
        unit=unit,
        cases=cases,
    )


def count_overlap(
    case: str, factors: Mapping[Factor, str], found: ArrayLike, there: ArrayLike
) -> Segmented:
    """Return a case from two masks of one size.

    Raises:
        MalformedInput: the masks differ in size.
    """
    first, second = np.asarray(found, np.bool_), np.asarray(there, np.bool_)
    if first.shape != second.shape:
        raise MalformedInput("study.masks: two masks of one size are needed")
    return Segmented(
        case=case,
        factors=factors,
        found=int(first.sum()),
        there=int(second.sum()),
        common=int((first & second).sum()),
    )
