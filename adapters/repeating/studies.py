"""Figures of studies, worked out again from the stored cases and the recorded plan.

Rules kept here:

1. Figures count as reproduced within ``TOLERANCE`` of themselves, with the same limits met; a limit
   that is met now and was not is a difference, however small the figure's.
2. Results recorded before the service worked figures out itself are repeated as well: then what was
   handed in is held against its cases for the first time.
3. The readable report is no part of this: whoever ran the study made it, and the record holds it as
   it came.
"""

from collections.abc import Iterator
from typing import Final

from adapters.imaging.determinism import platform_digest
from adapters.repeating.repeated import Repeated, outcome_of, said
from adapters.studies.case_file import decode_cases
from adapters.studies.evaluation import METHOD, evaluate
from adapters.workbench import Workbench
from domain.errors import NotFound
from domain.events.record import Record
from domain.events.study import StudyCompleted
from domain.rules.study import STUDY
from domain.values.content import Digest
from domain.values.study import LimitOutcome, StudyFigure, judge_study
from domain.values.study_figures import TOLERANCE, first_difference

STUDY_FIGURES: Final = "study"


def repeat_study(bench: Workbench, record: Record, event: StudyCompleted) -> Repeated:
    """Work the figures of a study out again.

    Raises:
        NotFound: there is no plan, or the cases are not stored.
        MalformedInput: what is stored are no cases.
    """
    planned = bench.as_of(STUDY, record.stream, record.seq).planned
    if planned is None:
        message = f"no plan is recorded in {record.stream}"
        raise NotFound(message)
    content = bench.content(event.data, key=bench.clinic_key)
    cases = decode_cases(content)
    figures = evaluate(planned.plan, cases)
    outcomes = judge_study(planned.plan, figures)
    off = list(_off(event, len(cases.cases), figures, outcomes))
    close = (
        event.cases == len(cases.cases)
        and first_difference(event.figures, figures, tolerance=TOLERANCE) is None
        and _met(event.outcomes) == _met(outcomes)
    )
    found = f"off: {'; '.join(off)}" if off else f"{len(figures)} figures identical"
    if event.evaluation is None:
        found += "; recorded as they were handed in"
    return Repeated(
        seq=record.seq,
        what=STUDY_FIGURES,
        of=record.stream,
        outcome=outcome_of(identical=not off, close=close),
        evidence=said(_changed(bench, event, content), found),
    )


def _off(
    event: StudyCompleted,
    cases: int,
    figures: tuple[StudyFigure, ...],
    outcomes: tuple[LimitOutcome, ...],
) -> Iterator[str]:
    if event.cases != cases:
        yield f"number of cases: stated {event.cases}, found {cases}"
    difference = first_difference(event.figures, figures)
    if difference is not None:
        yield str(difference)
    if event.outcomes != outcomes:
        pairs = zip(event.outcomes, outcomes, strict=False)
        first = next((now for before, now in pairs if before != now), None)
        yield "number of limits asked" if first is None else f"limit {first.limit}, {first.stratum}"


def _met(outcomes: tuple[LimitOutcome, ...]) -> list[tuple[int, str, bool]]:
    return [(each.limit, each.stratum, each.met) for each in outcomes]


def _changed(bench: Workbench, event: StudyCompleted, content: bytes) -> Iterator[str]:
    """Name what is another than when the figures were recorded."""
    if Digest.of(content) != event.data:
        yield "input:cases"
    made = event.evaluation
    if made is not None and made.method != METHOD:
        yield "method"
    if (event if made is None else made).software != bench.version:
        yield "software"
    if (event if made is None else made).platform != Digest(platform_digest()):
        yield "platform"
