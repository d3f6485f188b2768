"""Reports: facts, the document, its pages for the screen, the evidence bundle, checking a code."""

import io
import threading
from http import HTTPStatus
from typing import Annotated

import pypdfium2
from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from pydantic import BaseModel, Field

from adapters.reports.evidence_bundle import pack_bundle
from api.admission import CheckedFirst
from api.answers import Read, Reading, Running, download, found_or_refuse
from api.assessment_views import ReportView, report_view
from api.facts import record_facts
from api.permissions import Permission
from api.preconditions import IdempotencyKey
from api.rate_limit import RateLimit
from api.signin import Person, access_stream, allowed, anyone
from api.wiring import System
from domain.errors import NotFound
from domain.rules import clinic as clinics
from domain.rules.access import view_record
from domain.values.content import Digest
from domain.values.identifiers import ReportId, SubjectId
from projections import assessment as read
from projections.rows import Row

ROUTER = APIRouter(tags=["reports"], route_class=CheckedFirst)
Reader = Annotated[Person, Depends(allowed(Permission.REPORTS_READ))]
Viewer = Annotated[Person, Depends(allowed(Permission.IMAGES_VIEW))]
Exporter = Annotated[Person, Depends(allowed(Permission.BUNDLES_EXPORT))]
SCALE = 110 / 72  # pixels per point: 110 dots per inch
_PDFIUM = threading.Lock()


class ReportDetail(ReportView):
    """A report and where it belongs."""

    assessment: str
    session: str
    subject: str
    signed_digest: str
    renderer: str
    pages: int
    seq: int


class Purpose(BaseModel):
    """Why content is taken out of the record."""

    purpose: str = Field(min_length=3, max_length=500)


class CodeState(BaseModel):
    """What a printed code stands for, without any content."""

    known: bool
    number: str | None
    issued_at: str | None
    digest: str | None
    flagged: bool


@ROUTER.get("/reports/{report}")
def show(report: str, person: Reader, reading: Read) -> ReportDetail:
    """Return a report's facts."""
    row = _row(reading, report)
    pages = _pages(_document(reading.system, row))
    _record_look(reading.system, person, report)
    return ReportDetail(
        **report_view(row).model_dump(),
        assessment=row["assessment"],
        session=row["session"],
        subject=row["subject"],
        signed_digest=row["signed_digest"],
        renderer=row["renderer"],
        pages=pages,
        seq=row["seq"],
    )


@ROUTER.get("/reports/{report}/pages/{page}.png", response_class=Response)
def page(report: str, page: int, person: Viewer, reading: Read) -> Response:
    """Return a page, counted from 1, as a picture for the screen; the look is recorded [DRV-30]."""
    content = _document(reading.system, _row(reading, report))
    picture = _picture(content, page)
    _record_look(reading.system, person, report)
    return Response(picture, media_type="image/png")


@ROUTER.get("/reports/{report}/document", response_class=Response)
def document(report: str, person: Exporter, reading: Read) -> Response:
    """Return the PDF exactly as it was issued; the download is recorded [REQ-IN-205]."""
    row = _row(reading, report)
    content = _document(reading.system, row)
    seq = _record_export(
        reading.system,
        person,
        kind="report",
        subject=row["subject"],
        digest=Digest.of(content),
        purpose="download",
        key=None,
    )
    return Response(
        content,
        media_type="application/pdf",
        headers=download(f"report-{row['number']}.pdf", seq),
    )


@ROUTER.post("/reports/{report}/bundle", response_class=Response)
def bundle(
    report: str, purpose: Purpose, person: Exporter, system: Running, key: IdempotencyKey
) -> Response:
    """Return the evidence behind a report in one file that verifies offline [DRV-25]."""
    system.runner.catch_up()
    with system.reads.connect() as connection:
        row = found_or_refuse(read.report(connection, report), "report")
    system.checkpointer.sign()
    held = io.BytesIO()
    pack_bundle(
        ReportId(report),
        held,
        log=system.log,
        blobs=system.blobs,
        checkpoints=system.shelf,
        log_key=system.checkpointer.key,
        successions=system.checkpointer.successions(),
        clinic=system.clinic,
    )
    content = held.getvalue()
    digest = Digest.of(content)
    seq = _record_export(
        system,
        person,
        kind="bundle",
        subject=row["subject"],
        digest=digest,
        purpose=purpose.purpose,
        # Later the same evidence has a newer checkpoint: other bytes, and so another export.
        key=f"{key}-{digest.raw.hex()[:16]}",
    )
    return Response(
        content,
        media_type="application/zip",
        headers=download(f"evidence-{row['number']}.zip", seq),
    )


@ROUTER.get("/verify-code/{code}", dependencies=[Depends(anyone)])
def verify_code(
    code: Annotated[str, Path(max_length=40)], request: Request, reading: Read
) -> CodeState:
    """Say whether a printed code belongs to a report issued here; reveals nothing else."""
    limit: RateLimit = request.app.state.code_checks
    address = "" if request.client is None else request.client.host
    if not limit.allows(address, now=reading.system.clock.now()):
        raise HTTPException(
            HTTPStatus.TOO_MANY_REQUESTS,
            "Too many codes were asked for from this address.",
            headers={"Retry-After": "60"},
        )
    row = read.report_by_code(reading.connection, code.strip().upper())
    if row is None:
        return CodeState(known=False, number=None, issued_at=None, digest=None, flagged=False)
    return CodeState(
        known=True,
        number=row["number"],
        issued_at=row["issued_at"],
        digest=row["document"]["digest"],
        flagged=bool(row["flags"]),
    )


def _row(reading: Reading, report: str) -> Row:
    return found_or_refuse(read.report(reading.connection, report), "report")


def _document(system: System, row: Row) -> bytes:
    key = f"subject:{row['subject']}"
    return b"".join(system.blobs.read(Digest(row["document"]["digest"]), key=key))


def _pages(content: bytes) -> int:
    with _PDFIUM, pypdfium2.PdfDocument(content) as opened:
        return len(opened)


def _picture(content: bytes, page: int) -> bytes:
    # PDFium is not safe for threads.
    with _PDFIUM, pypdfium2.PdfDocument(content) as opened:
        if not 1 <= page <= len(opened):
            message = f"The report has {len(opened)} pages."
            raise NotFound(message)
        held = io.BytesIO()
        opened[page - 1].render(scale=SCALE).to_pil().save(held, format="PNG")
    return held.getvalue()


def _record_look(system: System, person: Person, report: str) -> None:
    looked = view_record(resource=f"report:{report}", purpose="care")
    context = system.context(person.actor)
    record_facts(system, access_stream(person.practitioner), [looked], context)


def _record_export(
    system: System,
    person: Person,
    *,
    kind: str,
    subject: str,
    digest: Digest,
    purpose: str,
    key: str | None,
) -> int:
    exported = clinics.export_record(
        kind=kind, subject=SubjectId(subject), digest=digest, purpose=purpose
    )
    context = system.context(person.actor, idempotency_key=key)
    records = record_facts(system, system.clinic.stream, [exported], context)
    return records[-1].seq
