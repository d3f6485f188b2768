"""Taking in what came of a study: result, cases and report together.

Rules kept here:

1. The figures are those that follow from the cases under the approved plan, worked out here; those
   handed in must be the same, or all of it is refused and the refusal recorded.
2. Whether the study passed is worked out from these figures and the plan; what the sender thinks of
   it is not asked.
3. The cases must be those whose digest the result names, few enough to be worked out in a request,
   and cases of the plan. Nothing of a refused result is stored but that it was refused.
4. Figures are worked out before anything is stored or recorded, outside of any transaction, one
   result at a time.
5. Whatever can be refused is refused before anything is stored. Then cases and report are stored
   under the clinic's key, then the event that names them. The report is kept as it was made by
   whoever ran the study; nothing is read in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock
from typing import Final

from adapters.imaging.determinism import platform_digest
from adapters.studies.evaluation import METHOD, evaluate
from adapters.studies.submitted import read_submitted
from api.version import VERSION
from api.wiring import System
from domain.errors import MalformedInput, RuleViolation
from domain.events.codec import from_plain
from domain.events.record import Record
from domain.events.study import StudyResultRefused
from domain.handling import Context, load, rehearse, update
from domain.ledger import canonical
from domain.ledger.canonical import JsonValue
from domain.rules import study as rules
from domain.rules.study import STUDY, plan_digest
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import PractitionerId, StudyId
from domain.values.study import StudyFigure, StudyPlan
from domain.values.study_figures import StatedResult, StudyEvaluation

RESULT_FORMAT: Final = "vultus/study-result/v1"
MOST_RESULT_BYTES: Final = 8 << 20
_FIELDS: Final = {"format", "plan", "data", "cases", "figures", "software", "platform"}
_REPORT: Final = "application/pdf"
_LONGEST_WORD: Final = 600
_ONE_AT_A_TIME: Final = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """A result as ``vultus study run`` writes it."""

    plan: Digest
    data: Digest
    stated: StatedResult


def record_result(
    system: System,
    context: Context,
    study: StudyId,
    *,
    result: bytes,
    cases: bytes,
    document: bytes,
    data: Digest,
    run_by: PractitionerId,
) -> tuple[Record, ...]:
    """Work the figures out, store cases and report, and record the result.

    Raises:
        MalformedInput: the result is not as ``vultus study run`` writes it, or the cases cannot be
            read or are too many.
        RuleViolation: the cases are not those of the result or of the plan, the figures do not
            follow from them, the plan is not approved, or the study was run before.
    """
    given = _result(result)
    if Digest.of(cases) != data or given.data != data:
        raise RuleViolation(
            "study.cases",
            f"the cases are {Digest.of(cases)}, the result is of {given.data}",
            "Hand in the files that one run wrote, as it wrote them.",
        )
    before = system.log.recorded(str(context.actor), context.idempotency_key or "")
    if before:
        return _told(before)
    state, _ = load(system.log, STUDY, study.stream)
    plan = rules.awaited(state, given.plan)
    evaluation = StudyEvaluation(
        method=METHOD, software=VERSION, platform=Digest(platform_digest())
    )
    try:
        count, figures = _worked_out(plan, cases)
        rules.require_figures(given.stated, cases=count, figures=figures, evaluation=evaluation)
    except RuleViolation as refusal:
        refuse = partial(
            rules.refuse_result,
            plan=given.plan,
            data=data,
            stated=given.stated,
            refusal=refusal,
            handed_in_by=run_by,
        )
        return _told(update(system.log, STUDY, study.stream, refuse, context))
    decide = partial(
        rules.complete_study,
        plan=given.plan,
        data=data,
        cases=count,
        figures=figures,
        stated=given.stated,
        evaluation=evaluation,
        report=ContentReference(
            digest=Digest.of(document), size_bytes=len(document), media_type=_REPORT
        ),
        run_by=run_by,
    )
    if rehearse(system.log, STUDY, study.stream, decide, context):
        limit = system.settings.upload_limit_bytes
        stored = tuple(
            system.blobs.put(
                [content], key=system.clinic_key, expected=Digest.of(content), limit_bytes=limit
            )
            for content in (cases, document)
        )
        context = replace(context, blobs=stored)
    return _told(update(system.log, STUDY, study.stream, decide, context))


def _worked_out(plan: StudyPlan, content: bytes) -> tuple[int, tuple[StudyFigure, ...]]:
    """Return the number of cases and every figure of theirs."""
    with _ONE_AT_A_TIME:
        cases = read_submitted(content, plan)
        return len(cases.cases), evaluate(plan, cases)


def _told(records: tuple[Record, ...]) -> tuple[Record, ...]:
    """Return what was recorded.

    Raises:
        RuleViolation: it was a refusal.
    """
    event = records[-1].event
    if isinstance(event, StudyResultRefused):
        raise RuleViolation(event.rule, event.evidence, event.next_step)
    return records


def _result(content: bytes) -> _Result:
    if len(content) > MOST_RESULT_BYTES:
        raise MalformedInput(f"study.result: the file is larger than {MOST_RESULT_BYTES >> 20} MiB")
    given = _object(canonical.parse(content))
    figures, count = given["figures"], given["cases"]
    if not isinstance(figures, list) or isinstance(count, bool) or not isinstance(count, int):
        raise MalformedInput("study.result: figures are a list and cases a number")
    plan: StudyPlan = from_plain(StudyPlan, given["plan"])
    stated = StatedResult(
        cases=count,
        figures=tuple(from_plain(StudyFigure, each) for each in figures),
        software=str(given["software"]),
        platform=Digest(str(given["platform"])),
    )
    words = (stated.software, *(word for each in stated.figures for word in _words(each)))
    if max(map(len, words)) > _LONGEST_WORD:
        raise MalformedInput(f"study.result: a word has more than {_LONGEST_WORD} characters")
    return _Result(plan=plan_digest(plan), data=Digest(str(given["data"])), stated=stated)


def _words(figure: StudyFigure) -> tuple[str, str]:
    return figure.stratum, figure.unit


def _object(plain: JsonValue) -> Mapping[str, JsonValue]:
    if not isinstance(plain, dict) or plain.keys() != _FIELDS or plain["format"] != RESULT_FORMAT:
        raise MalformedInput(f"study.result: the file is not {RESULT_FORMAT}")
    return plain
