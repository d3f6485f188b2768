"""The cases of a study as somebody hands them in: few enough to be worked out, and of its plan.

Rules kept here:

1. What is larger than a request may take is refused before it is read or worked out, with its
   size and the bound.
2. Where cases say what was measured and with what, it is what the plan says; where they say nothing
   of it, their kind must still be one that some limit of the plan can be asked of.
3. What the plan divides by is known of some case, or some limit asks for it and is not met: an
   approved division that no case has a level of would be dropped without a word.
4. A case stands there once: the same one again would make every interval narrower than it is.
"""

from collections import Counter
from typing import Final

from adapters.studies.case_file import decode_cases
from adapters.studies.evaluation import YES_OR_NO
from adapters.studies.observations import (
    Case,
    Cases,
    Classified,
    Measured,
    Quantity,
    Sampled,
    Segmented,
    Withheld,
    levels,
)
from domain.errors import MalformedInput, RuleViolation
from domain.values.study import Factor, Statistic, StudyPlan

MOST_BYTES: Final = 16 << 20
MOST_CASES: Final = 10_000
MOST_VALUES: Final = 400_000
"""Measurements and references of all cases together."""

MOST_LEVELS: Final = 100
"""Of one factor."""

MOST_CLASSES: Final = 100
LONGEST_WORD: Final = 500
LARGEST_VALUE: Final = 1e9
"""In the plan's unit; beyond it squares lose what differs."""

_OF_QUANTITIES: Final = frozenset(
    {
        Statistic.BIAS,
        Statistic.SD,
        Statistic.RMS,
        Statistic.LOWER_LIMIT,
        Statistic.UPPER_LIMIT,
        Statistic.TEM,
        Statistic.SEM,
        Statistic.MDC95,
    }
)
_ALLOWED: Final[dict[type[Case], frozenset[Statistic]]] = {
    Quantity: _OF_QUANTITIES | {Statistic.ICC_2_1, Statistic.ICC_3_1},
    Sampled: _OF_QUANTITIES,
    Classified: frozenset({Statistic.KAPPA}),
    Segmented: frozenset({Statistic.DICE, Statistic.JACCARD}),
}
_DETECTION: Final = frozenset({Statistic.SENSITIVITY, Statistic.SPECIFICITY})


def read_submitted(content: bytes, plan: StudyPlan) -> Cases:
    """Read cases that are to be worked out under a plan.

    Raises:
        MalformedInput: they cannot be read, or are more than is worked out in a request.
        RuleViolation: they are not cases of the plan.
    """
    if len(content) > MOST_BYTES:
        raise MalformedInput(
            f"study.size: the cases are {len(content)} bytes, at most {MOST_BYTES} are taken in; "
            "hand in fewer cases, or fewer places of each"
        )
    cases = decode_cases(content)
    require_bounded(cases)
    require_of_plan(plan, cases)
    return cases


def require_bounded(cases: Cases) -> None:
    """Refuse more than is worked out in a request.

    Raises:
        MalformedInput: there are too many cases, values, levels or classes, or a word or a value is
            too large.
    """
    require_count(len(cases.cases))
    counts = (
        ("measurements", sum(map(_values, cases.cases)), MOST_VALUES),
        ("classes", len(cases.classes), MOST_CLASSES),
        *((f"levels of {each}", len(levels(cases.cases, each)), MOST_LEVELS) for each in Factor),
        ("characters of one word", max(map(_longest, cases.cases)), LONGEST_WORD),
    )
    for what, count, most in counts:
        _require_at_most(most, count, what)
    for each in cases.cases:
        if _largest(each) > LARGEST_VALUE:
            raise MalformedInput(
                f"study.size: {each.case} holds a value beyond {LARGEST_VALUE:g}; state it in a "
                "unit in which it can be told from its neighbours"
            )


def require_count(cases: int) -> None:
    """Refuse more cases than are worked out in a request, before any is measured.

    Raises:
        MalformedInput: there are too many.
    """
    _require_at_most(MOST_CASES, cases, "cases")


def require_of_plan(plan: StudyPlan, cases: Cases) -> None:
    """Refuse cases that are not those of a plan.

    Raises:
        RuleViolation: something else was measured, or with something else; no limit can be asked of
            them; the plan divides by what no case says; or a case stands there twice.
    """
    if cases.measured is not None:
        require_measured(plan, cases.measured)
    kinds = {type(each) for each in cases.cases} - {Withheld}
    asked = {limit.statistic for limit in plan.limits} - {Statistic.CASES}
    if asked and not any(_allowed(kind, cases) & asked for kind in kinds or _ALLOWED):
        raise RuleViolation(
            "study.kind",
            f"none of {', '.join(sorted(asked))} can be worked out of such cases",
            "Hand in the cases of this study.",
        )
    limited = {limit.stratum.partition("=")[0] for limit in plan.limits}
    for factor in plan.strata:
        if factor not in limited and not levels(cases.cases, factor):
            raise RuleViolation(
                "study.strata",
                f"the plan divides by {factor}, and no case says its level",
                "State it with every case, or lay down a plan that does not divide by it.",
            )
    name, times = Counter(each.case for each in cases.cases).most_common(1)[0]
    if times > 1:
        raise RuleViolation(
            "study.case-once",
            f"{name} stands there {times} times",
            "Give every case a name of its own, and what is the same case one case.",
        )


def require_measured(plan: StudyPlan, measured: Measured) -> None:
    """Refuse what was not measured as the plan says.

    Raises:
        RuleViolation: output, unit, method or evidence is another.
    """
    pairs = (
        ("output", measured.output, plan.output),
        ("unit", measured.unit, plan.unit),
        ("method", measured.method, plan.method),
        ("evidence", measured.evidence, plan.evidence),
    )
    for what, given, wanted in pairs:
        if given != wanted:
            raise RuleViolation(
                "study.measured",
                f"the {what} of the cases is {given}, that of the plan {wanted}",
                "Hand in the cases of this study, or lay down a plan of what was measured.",
            )


def _require_at_most(most: int, count: int, what: str) -> None:
    if count > most:
        raise MalformedInput(
            f"study.size: {count} {what} are more than {most}; divide the study, and lay a plan "
            "down for each part"
        )


def _allowed(kind: type[Case], cases: Cases) -> frozenset[Statistic]:
    detects = kind is Classified and len(cases.classes) == YES_OR_NO
    return _ALLOWED[kind] | (_DETECTION if detects else frozenset())


def _values(case: Case) -> int:
    match case:
        case Quantity(repeats=repeats):
            return len(repeats) + 1
        case Sampled(places=places):
            return len(places) * (len(places[0].repeats) + 1)
        case _:
            return 1


def _largest(case: Case) -> float:
    match case:
        case Quantity(repeats=repeats, reference=reference):
            return max(map(abs, (*repeats, reference or 0.0)))
        case Sampled(places=places):
            return max(abs(each) for place in places for each in (*place.repeats, place.reference))
        case _:
            return 0.0


def _longest(case: Case) -> int:
    return max(map(len, (case.case, *case.factors.values())))
