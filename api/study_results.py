"""Taking in what came of a study: result, cases and report together.

Rules kept here:

1. Whatever can be refused is refused before anything is stored. Then cases and report are stored
   under the clinic's key, then the event that names them.
2. Whether the study passed is worked out from its figures and the approved plan; what the sender
   thinks of it is not asked.
3. The cases must be those whose digest the result names.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from api.wiring import System
from domain.errors import MalformedInput, RuleViolation
from domain.events.codec import from_plain
from domain.events.record import Record
from domain.handling import Context, rehearse, update
from domain.ledger.canonical import JsonValue
from domain.rules.study import STUDY, complete_study, plan_digest
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import PractitionerId, StudyId
from domain.values.study import StudyFigure, StudyPlan

RESULT_FORMAT = "vultus/study-result/v1"
_FIELDS = {"format", "plan", "data", "cases", "figures", "software", "platform"}
_REPORT = "application/pdf"


def record_result(
    system: System,
    context: Context,
    study: StudyId,
    *,
    result: JsonValue,
    cases: bytes,
    document: bytes,
    data: Digest,
    run_by: PractitionerId,
) -> tuple[Record, ...]:
    """Check the result, store cases and report, and record it.

    Raises:
        MalformedInput: the result is not as ``vultus study run`` writes it.
        RuleViolation: the cases are not those of the result, the plan is not approved, or the study
            was run before.
    """
    given = _result(result)
    if Digest.of(cases) != data or given["data"] != data:
        raise RuleViolation(
            "study.cases",
            f"the cases are {Digest.of(cases)}, the result is of {given['data']}",
            "Hand in the files that one run wrote, as it wrote them.",
        )
    figures, count = given["figures"], given["cases"]
    if not isinstance(figures, list) or not isinstance(count, int):
        raise MalformedInput("study.result: figures are a list and cases a number")
    read: tuple[StudyFigure, ...] = tuple(from_plain(StudyFigure, each) for each in figures)
    plan: StudyPlan = from_plain(StudyPlan, given["plan"])
    decide = partial(
        complete_study,
        plan=plan_digest(plan),
        data=data,
        cases=count,
        figures=read,
        report=ContentReference(
            digest=Digest.of(document), size_bytes=len(document), media_type=_REPORT
        ),
        software=str(given["software"]),
        platform=Digest(str(given["platform"])),
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
    return update(system.log, STUDY, study.stream, decide, context)


def _result(plain: JsonValue) -> Mapping[str, JsonValue]:
    if not isinstance(plain, dict) or plain.keys() != _FIELDS or plain["format"] != RESULT_FORMAT:
        raise MalformedInput(f"study.result: the file is not {RESULT_FORMAT}")
    return plain
