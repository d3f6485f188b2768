"""Which records and contents prove one report, and which of the records are disclosed for it.

Rules kept here:

1. Streams on which a conclusion of the kind "was not" rests are taken from their beginning: device,
   model releases, consent, claims. The rest is taken as far as the report rests on it.
2. What is disclosed is what the claims need. The subject's identity never is, nor an answer to a
   purpose that this report does not rest on.
3. Nothing recorded after the checkpoint goes in.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10.
"""

from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from adapters.reports.change_evidence import take_changes
from adapters.reports.comparison_evidence import take_comparison
from adapters.reports.evidence_finder import Finder, ReadableLog, named_records, only_event
from domain.errors import ContentErased, NotFound
from domain.events.assessment import (
    AssessmentAmended,
    AssessmentOpened,
    AssessmentSignedOff,
    ReportIssued,
)
from domain.events.clinic import ClinicRegistered, SoftwareDeployed
from domain.events.consent import ConsentGranted
from domain.events.practitioner import PractitionerRegistered, RoleGranted, RoleRevoked
from domain.events.record import Record
from domain.events.subject import SubjectEnrolled
from domain.ledger.report_data import ComparedVisit
from domain.values.consent import Purpose
from domain.values.identifiers import (
    ClinicId,
    ConsentId,
    ReportId,
    SubjectId,
)

_ISSUED: Final = "ReportIssued"
_VISITS: Final = ("AssessmentOpened", "InferenceCompleted", "VolumeChangeMeasured")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What goes into a bundle.

    Attributes:
        issued: The record that issued the report.
        report: What it says.
        subject: Whose report it is.
        records: Every record, in the order of the log.
        disclosed: Places of those whose payload is disclosed.
    """

    issued: Record
    report: ReportIssued
    subject: SubjectId
    records: tuple[Record, ...]
    disclosed: frozenset[int]


def find_report(log: ReadableLog, report: ReportId) -> Record:
    """Return the record that issued a report; names are looked at, contents only of reports.

    Raises:
        NotFound: no such report was issued, or its content was erased.
    """
    for issued in named_records(log, _ISSUED):
        if isinstance(issued.event, ReportIssued) and issued.event.report == report:
            return issued
    message = f"no report {report} was issued, or its content was erased"
    raise NotFound(message)


def report_subject(log: ReadableLog, issued: Record) -> tuple[ReportIssued, SubjectId]:
    """Return what issued a report says, and whose report it is.

    Raises:
        ContentErased: the subject was erased.
    """
    if not isinstance(issued.event, ReportIssued):
        raise ContentErased(issued.stream)
    return issued.event, only_event(AssessmentOpened, log.stream(issued.stream)).subject


def select_evidence(
    log: ReadableLog,
    issued: Record,
    *,
    compared: ComparedVisit | None,
    clinic: ClinicId,
    size: int,
) -> Selection:
    """Return what proves a report to whoever holds a checkpoint of ``size`` records.

    Args:
        log: The log.
        issued: The record that issued the report.
        compared: With which visit the report compares its own, as its data says.
        clinic: Whose log it is.
        size: Records that the checkpoint covers.

    Raises:
        ContentErased: the subject was erased.
    """
    event, subject = report_subject(log, issued)
    found = Finder(log, size)
    assessment = found.whole(issued.stream)
    opened = only_event(AssessmentOpened, assessment)
    begun = found.visit(opened)
    known = takewhile(
        lambda each: each.seq < issued.seq, named_records(log, *_VISITS, subject=subject)
    )
    visits = tuple(known)
    earlier = take_changes(found, visits, opened)
    signed = assessment
    if compared is not None and compared.figures:
        then = take_comparison(found, visits, opened, compared)
        earlier += (then.begun,)
        signed += then.assessment
    needed = {Purpose.AI_ANALYSIS, *(each.purpose for each in (begun, *earlier))}
    found.part(
        ConsentId.derived(begun.subject).stream,
        lambda each: not isinstance(each, ConsentGranted) or each.purpose in needed,
    )
    found.only(begun.subject.stream, SubjectEnrolled)
    _signers(found, signed)
    found.only(clinic.stream, ClinicRegistered)
    found.last(clinic.stream, SoftwareDeployed, before=issued.seq)
    return Selection(
        issued=issued,
        report=event,
        subject=subject,
        records=tuple(found.records[seq] for seq in sorted(found.records)),
        disclosed=frozenset(found.disclosed),
    )


def _signers(found: Finder, assessment: tuple[Record, ...]) -> None:
    """Take who signed, in which roles and after which proof of identity."""
    for record in assessment:
        if isinstance(record.event, AssessmentSignedOff | AssessmentAmended):
            signature = record.event.signature
            found.only(signature.signer.stream, PractitionerRegistered, RoleGranted, RoleRevoked)
            found.proof_of_person(signature.signer, signature.reauthentication)
