"""Which records and contents prove one report, and which of the records are disclosed for it.

Rules kept here:

1. Streams on which a conclusion of the kind "was not" rests are taken from their beginning: device,
   model releases, consent. The rest is taken as far as the report rests on it.
2. What is disclosed is what the claims need. The subject's identity never is, nor an answer to a
   purpose that this report does not rest on.
3. Nothing recorded after the checkpoint goes in.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from domain.errors import ContentErased, NotFound
from domain.events.access import ReauthenticationPerformed
from domain.events.assessment import (
    AssessmentAmended,
    AssessmentOpened,
    AssessmentSignedOff,
    ReportIssued,
)
from domain.events.capture_session import SessionOpened
from domain.events.clinic import ClinicRegistered, SoftwareDeployed
from domain.events.consent import ConsentGranted
from domain.events.equipment import (
    DeviceBatchRejected,
    DeviceClockDriftDetected,
    DeviceSequenceGapDetected,
)
from domain.events.inference import InferenceRequested
from domain.events.practitioner import PractitionerRegistered, RoleGranted, RoleRevoked
from domain.events.record import Record
from domain.events.subject import SubjectEnrolled
from domain.events.volume_change import VolumeChangeMeasured
from domain.ledger.entry import decode_entry
from domain.ledger.export import StoredRecord
from domain.values.consent import Purpose
from domain.values.identifiers import (
    AccessId,
    ClinicId,
    ConsentId,
    PractitionerId,
    ReauthenticationId,
    ReportId,
    StreamName,
    SubjectId,
)

_ISSUED: Final = "ReportIssued"
_CHANGED: Final = "VolumeChangeMeasured"
_BATCH: Final = 500
_CLOSED: Final = (DeviceBatchRejected, DeviceClockDriftDetected, DeviceSequenceGapDetected)
"""What a station's stream says about deliveries; other people's sessions may be among them."""

E = TypeVar("E")


class ReadableLog(Protocol):
    """A log that is read both opened and as stored."""

    def stream(self, name: StreamName, *, after_version: int = 0) -> tuple[Record, ...]:
        """Return the records of a stream."""
        ...

    def after(self, seq: int, *, limit: int) -> tuple[Record, ...]:
        """Return the records after a place."""
        ...

    def sealed_after(self, seq: int, *, limit: int) -> tuple[StoredRecord, ...]:
        """Return the records after a place as stored."""
        ...


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
    seq = -1
    while stored := log.sealed_after(seq, limit=_BATCH):
        for offset, record in enumerate(stored):
            if decode_entry(record.entry).header.name == _ISSUED:
                (issued,) = log.after(seq + offset, limit=1)
                if isinstance(issued.event, ReportIssued) and issued.event.report == report:
                    return issued
        seq += len(stored)
    message = f"no report {report} was issued, or its content was erased"
    raise NotFound(message)


def select_evidence(log: ReadableLog, issued: Record, *, clinic: ClinicId, size: int) -> Selection:
    """Return what proves a report to whoever holds a checkpoint of ``size`` records.

    Args:
        log: The log.
        issued: The record that issued the report.
        clinic: Whose log it is.
        size: Records that the checkpoint covers.

    Raises:
        ContentErased: the subject was erased.
    """
    event = issued.event
    if not isinstance(event, ReportIssued):
        raise ContentErased(issued.stream)
    found = _Finder(log, size)
    assessment = found.whole(issued.stream)
    opened = _only(AssessmentOpened, assessment)
    session = found.whole(opened.session.stream)
    begun = _only(SessionOpened, session)
    requests = [
        each.event
        for inference in opened.inferences
        for each in found.whole(inference.stream)
        if isinstance(each.event, InferenceRequested)
    ]
    for release in dict.fromkeys(each.release for each in requests):
        found.whole(release.stream)
    for change in _changes(log, opened, before=issued.seq):
        found.whole(change.change.stream)
        found.whole(change.claim.stream)
    if begun.device is not None:
        found.part(begun.device.stream, lambda each: not isinstance(each, _CLOSED))
    found.whole(begun.protocol.stream)
    needed = {begun.purpose, Purpose.AI_ANALYSIS}
    found.part(
        ConsentId.derived(begun.subject).stream,
        lambda each: not isinstance(each, ConsentGranted) or each.purpose in needed,
    )
    found.only(begun.subject.stream, SubjectEnrolled)
    _people(found, assessment, begun.operator)
    found.only(clinic.stream, ClinicRegistered)
    found.last(clinic.stream, SoftwareDeployed, before=issued.seq)
    return Selection(
        issued=issued,
        report=event,
        subject=begun.subject,
        records=tuple(found.records[seq] for seq in sorted(found.records)),
        disclosed=frozenset(found.disclosed),
    )


def _changes(
    log: ReadableLog, opened: AssessmentOpened, *, before: int
) -> tuple[VolumeChangeMeasured, ...]:
    """Return the changes of volume measured up to a session; contents only of the subject's."""
    found = []
    seq = -1
    while stored := log.sealed_after(seq, limit=_BATCH):
        for offset, sealed in enumerate(stored):
            header = decode_entry(sealed.entry).header
            ours = header.name == _CHANGED and header.key_id == f"subject:{opened.subject}"
            if ours and seq + 1 + offset < before:
                (record,) = log.after(seq + offset, limit=1)
                event = record.event
                if isinstance(event, VolumeChangeMeasured) and event.session == opened.session:
                    found.append(event)
        seq += len(stored)
    return tuple(found)


class _Finder:
    """Collects records and remembers which of them are disclosed."""

    def __init__(self, log: ReadableLog, size: int) -> None:
        self._log = log
        self._size = size
        self.records: dict[int, Record] = {}
        self.disclosed: set[int] = set()

    def whole(self, stream: StreamName) -> tuple[Record, ...]:
        """Take a stream from its beginning, all of it disclosed."""
        return self.part(stream, lambda _: True)

    def part(self, stream: StreamName, disclose: Callable[[object], bool]) -> tuple[Record, ...]:
        """Take a stream from its beginning, disclosed where wanted."""
        records = self._stream(stream)
        for record in records:
            self.records[record.seq] = record
            if disclose(record.event):
                self.disclosed.add(record.seq)
        return records

    def only(self, stream: StreamName, *kinds: type) -> None:
        """Take those records of a stream that are of these kinds, disclosed."""
        self._take(each for each in self._stream(stream) if isinstance(each.event, kinds))

    def last(self, stream: StreamName, kind: type, *, before: int) -> None:
        """Take the last record of a kind before a place, disclosed, if there is one."""
        known = [each for each in self._stream(stream) if each.seq < before]
        self._take([each for each in known if isinstance(each.event, kind)][-1:])

    def proof_of_person(self, signer: PractitionerId, proof: ReauthenticationId) -> None:
        """Take the act by which a signer proved identity."""
        self._take(
            each
            for each in self._stream(AccessId.derived(signer).stream)
            if isinstance(each.event, ReauthenticationPerformed)
            and each.event.reauthentication == proof
        )

    def _take(self, records: Iterable[Record]) -> None:
        for record in records:
            self.records[record.seq] = record
            self.disclosed.add(record.seq)

    def _stream(self, stream: StreamName) -> tuple[Record, ...]:
        return tuple(each for each in self._log.stream(stream) if each.seq < self._size)


def _people(found: _Finder, assessment: tuple[Record, ...], operator: PractitionerId) -> None:
    """Take who captured and who signed, in which roles and after which proof of identity."""
    found.only(operator.stream, PractitionerRegistered)
    for record in assessment:
        if isinstance(record.event, AssessmentSignedOff | AssessmentAmended):
            signature = record.event.signature
            found.only(signature.signer.stream, PractitionerRegistered, RoleGranted, RoleRevoked)
            found.proof_of_person(signature.signer, signature.reauthentication)


def _only(kind: type[E], records: tuple[Record, ...]) -> E:
    for record in records:
        if isinstance(record.event, kind):
            return record.event
    raise ContentErased(records[0].stream if records else kind.__name__)
