"""Studies of measurements: plan, approval by a second person, result, confirmation."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Response, UploadFile
from pydantic import BaseModel

from api.admission import CheckedFirst
from api.answers import Read, Recorded, Running, found_or_refuse, recorded
from api.permissions import Permission
from api.preconditions import IdempotencyKey
from api.signatures import Approval, signing
from api.signin import Person, allowed
from api.study_results import record_result
from domain.errors import MalformedInput, NotFound
from domain.events.codec import from_plain
from domain.events.study import StudyCompleted
from domain.handling import load_existing, update
from domain.rules import study as rules
from domain.rules.study import STUDY, plan_digest, result_digest
from domain.values.content import Digest
from domain.values.identifiers import StudyId
from domain.values.signature import Meaning
from domain.values.study import StudyPlan
from projections import study as read
from projections.audit_trail import trail
from projections.practitioner import display_names
from projections.rows import Row

ROUTER = APIRouter(prefix="/studies", tags=["studies"], route_class=CheckedFirst)
Reader = Annotated[Person, Depends(allowed(Permission.STUDIES_READ))]
Runner = Annotated[Person, Depends(allowed(Permission.STUDIES_RUN))]
Approver = Annotated[Person, Depends(allowed(Permission.STUDIES_APPROVE))]


class Study(BaseModel):
    """A study, and the digests that its signatures are over."""

    study: str
    name: str
    version: str
    evidence: str
    output: str
    state: str
    plan: dict[str, Any]
    plan_digest: str
    planned_by: str
    approved_by: str | None
    approved_at: str | None
    result: dict[str, Any] | None
    result_digest: str | None
    passed: bool | None
    run_by: str | None
    confirmed_by: str | None
    confirmed_at: str | None


class StudyStep(BaseModel):
    """One step of a study's order: who did it, when, and where it stands in the record."""

    name: str
    title: str
    by: str | None
    at: str
    seq: int


class StudyDetail(Study):
    """A study with every step of its order, first to last: limits stand before the result."""

    steps: list[StudyStep]


class Studies(BaseModel):
    """All studies, newest first."""

    items: list[Study]


class Plan(BaseModel):
    """A plan; the fields of ``vultus study plan``."""

    plan: dict[str, Any]


class Planned(Recorded):
    """A study that was laid down, and the digest its approval signs."""

    study: str
    digest: str


class Completed(Recorded):
    """A result that was recorded, whether it passed, and the digest its confirmation signs."""

    passed: bool
    digest: str


@ROUTER.get("")
def list_studies(_person: Reader, reading: Read) -> Studies:
    """Return every study, whatever came of it."""
    names = display_names(reading.connection)
    return Studies(items=[_shown(row, names) for row in read.studies(reading.connection)])


@ROUTER.get("/{study}")
def one_study(study: str, _person: Reader, reading: Read) -> StudyDetail:
    """Return one study with plan, result and order."""
    identifier = StudyId(study)
    row = found_or_refuse(read.study(reading.connection, identifier), "study")
    names = display_names(reading.connection)
    lines = trail(reading.connection, stream=str(identifier.stream))
    steps = [_step(line, names) for line in reversed(lines)]
    return StudyDetail(**_shown(row, names).model_dump(), steps=steps)


@ROUTER.get("/{study}/report", response_class=Response)
def report(study: str, _person: Reader, system: Running) -> Response:
    """Return the readable report of a study that was run."""
    found, _ = load_existing(system.log, STUDY, StudyId(study).stream)
    if found.completed is None:
        message = "There is no report: the study was not run."
        raise NotFound(message)
    content = found.completed.report
    document = b"".join(system.blobs.read(content.digest, key=system.clinic_key))
    name = f"study-{study[:8]}.pdf"
    return Response(
        document,
        media_type=content.media_type,
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


@ROUTER.post("", status_code=201)
def plan(new: Plan, person: Runner, system: Running, key: IdempotencyKey) -> Planned:
    """Lay a study down with its limits; somebody else approves it before it is run."""
    content: StudyPlan = from_plain(StudyPlan, new.plan)
    study = StudyId.derived(content.name, content.version)
    decide = partial(
        rules.plan_study, identifier=study, plan=content, planned_by=person.practitioner
    )
    context = system.context(person.actor, idempotency_key=key)
    records = update(system.log, STUDY, study.stream, decide, context)
    place = recorded(records).model_dump()
    return Planned(**place, study=str(study), digest=str(plan_digest(content)))


@ROUTER.post("/{study}/approve")
def approve(
    study: str, approval: Approval, person: Approver, system: Running, key: IdempotencyKey
) -> Recorded:
    """Approve plan and limits, by signature over the plan."""
    stream = StudyId(study).stream
    load_existing(system.log, STUDY, stream)
    decide = partial(
        rules.approve_plan, signing=signing(system, person, approval, Meaning.APPROVED)
    )
    context = system.context(person.actor, idempotency_key=key)
    return recorded(update(system.log, STUDY, stream, decide, context))


@ROUTER.post("/{study}/result", status_code=201)
def complete(
    study: str,
    person: Runner,
    system: Running,
    key: IdempotencyKey,
    *,
    result: Annotated[UploadFile, File()],
    cases: Annotated[UploadFile, File()],
    document: Annotated[UploadFile, File()],
    data: Annotated[str, Form(pattern="^sha256:[0-9a-f]{64}$")],
) -> Completed:
    """Record what came of a study, as ``vultus study run`` wrote it.

    Every figure is worked out of the cases again, under the approved plan. A result whose figures
    are others, or whose cases are not those of the plan, is refused, and that is recorded.
    """
    limit = system.settings.upload_limit_bytes
    contents = [file.file.read(limit + 1) for file in (result, cases, document)]
    if any(len(content) > limit for content in contents):
        message = f"a file is larger than {limit >> 20} MiB"
        raise MalformedInput(message)
    records = record_result(
        system,
        system.context(person.actor, idempotency_key=key),
        StudyId(study),
        result=contents[0],
        cases=contents[1],
        document=contents[2],
        data=Digest(data),
        run_by=person.practitioner,
    )
    event = records[-1].event
    assert isinstance(event, StudyCompleted)  # noqa: S101 - the rule makes nothing else
    place = recorded(records).model_dump()
    return Completed(**place, passed=event.passed, digest=str(result_digest(event)))


@ROUTER.post("/{study}/confirm")
def confirm(
    study: str, approval: Approval, person: Approver, system: Running, key: IdempotencyKey
) -> Recorded:
    """Take responsibility for a result, whichever it is, by signature over it."""
    stream = StudyId(study).stream
    load_existing(system.log, STUDY, stream)
    decide = partial(
        rules.confirm_result, signing=signing(system, person, approval, Meaning.APPROVED)
    )
    context = system.context(person.actor, idempotency_key=key)
    return recorded(update(system.log, STUDY, stream, decide, context))


def _shown(row: Row, names: dict[str, str]) -> Study:
    content: StudyPlan = from_plain(StudyPlan, row["plan"])
    result: StudyCompleted | None = (
        None if row["result"] is None else from_plain(StudyCompleted, row["result"])
    )
    shown = {name: row[name] for name in Study.model_fields if name in row}
    return Study(
        **shown
        | {
            "version": row["plan_version"],
            "plan_digest": str(plan_digest(content)),
            "result_digest": None if result is None else str(result_digest(result)),
            "run_by": None if result is None else names.get(str(result.run_by)),
            "planned_by": names.get(row["planned_by"], ""),
            "approved_by": names.get(row["approved_by"] or ""),
            "confirmed_by": names.get(row["confirmed_by"] or ""),
        }
    )


def _step(line: Row, names: dict[str, str]) -> StudyStep:
    shown = {field: line[field] for field in StudyStep.model_fields if field in line}
    return StudyStep(**shown, by=names.get(line["actor"].partition(":")[2]))
