"""Collects the records of a bundle, and remembers which of them are disclosed.

Rules kept here:

1. Nothing recorded after the checkpoint is taken.
2. Names and keys are looked at in the clear; only what may belong to the evidence is opened.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol, TypeVar

from domain.errors import ContentErased
from domain.events.access import ReauthenticationPerformed
from domain.events.assessment import AssessmentOpened
from domain.events.capture_session import SessionOpened
from domain.events.equipment import (
    DeviceBatchRejected,
    DeviceClockDriftDetected,
    DeviceSequenceGapDetected,
)
from domain.events.inference import InferenceRequested
from domain.events.practitioner import PractitionerRegistered
from domain.events.record import Record
from domain.ledger.entry import decode_entry
from domain.ledger.export import StoredRecord
from domain.values.identifiers import (
    AccessId,
    PractitionerId,
    ReauthenticationId,
    SessionId,
    StreamName,
    SubjectId,
)

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


class Finder:
    """Collects records and remembers which of them are disclosed."""

    def __init__(self, log: ReadableLog, size: int) -> None:
        """Take nothing yet.

        Args:
            log: The log.
            size: Records that the checkpoint covers.
        """
        self._log = log
        self._size = size
        self.records: dict[int, Record] = {}
        self.disclosed: set[int] = set()

    def whole(self, stream: StreamName) -> tuple[Record, ...]:
        """Take a stream from its beginning, all of it disclosed."""
        return self.part(stream, lambda _: True)

    def part(self, stream: StreamName, disclose: Callable[[object], bool]) -> tuple[Record, ...]:
        """Take a stream from its beginning, disclosed where wanted."""
        records = self.stream(stream)
        for record in records:
            self.records[record.seq] = record
            if disclose(record.event):
                self.disclosed.add(record.seq)
        return records

    def only(self, stream: StreamName, *kinds: type) -> None:
        """Take those records of a stream that are of these kinds, disclosed."""
        self._take(each for each in self.stream(stream) if isinstance(each.event, kinds))

    def last(self, stream: StreamName, kind: type, *, before: int) -> None:
        """Take the last record of a kind before a place, disclosed, if there is one."""
        known = [each for each in self.stream(stream) if each.seq < before]
        self._take([each for each in known if isinstance(each.event, kind)][-1:])

    def session(self, session: SessionId) -> SessionOpened:
        """Take a session with its station, protocol and operator; return how it was opened.

        Raises:
            ContentErased: the subject was erased.
        """
        begun = only_event(SessionOpened, self.whole(session.stream))
        if begun.device is not None:
            self.part(begun.device.stream, lambda each: not isinstance(each, _CLOSED))
        self.whole(begun.protocol.stream)
        self.only(begun.operator.stream, PractitionerRegistered)
        return begun

    def run(self, stream: StreamName) -> None:
        """Take a run of a model with its release, both whole."""
        for record in self.whole(stream):
            if isinstance(record.event, InferenceRequested):
                self.whole(record.event.release.stream)

    def visit(self, opened: AssessmentOpened) -> SessionOpened:
        """Take what was laid before a practitioner: session and runs; return how it was opened.

        Raises:
            ContentErased: the subject was erased.
        """
        for inference in opened.inferences:
            self.run(inference.stream)
        return self.session(opened.session)

    def proof_of_person(self, signer: PractitionerId, proof: ReauthenticationId) -> None:
        """Take the act by which a signer proved identity."""
        self._take(
            each
            for each in self.stream(AccessId.derived(signer).stream)
            if isinstance(each.event, ReauthenticationPerformed)
            and each.event.reauthentication == proof
        )

    def _take(self, records: Iterable[Record]) -> None:
        """Take records, disclosed."""
        for record in records:
            self.records[record.seq] = record
            self.disclosed.add(record.seq)

    def stream(self, stream: StreamName) -> tuple[Record, ...]:
        """Return a stream as far as the checkpoint covers it; nothing of it is taken."""
        return tuple(each for each in self._log.stream(stream) if each.seq < self._size)


def named_records(
    log: ReadableLog, *names: str, subject: SubjectId | None = None
) -> Iterator[Record]:
    """Yield the records of these names; names are looked at, contents opened only of these.

    Args:
        log: The log.
        names: Permanent names of events.
        subject: Only under this subject's key; none for any key.
    """
    seq = -1
    while stored := log.sealed_after(seq, limit=_BATCH):
        for offset, sealed in enumerate(stored):
            header = decode_entry(sealed.entry).header
            ours = subject is None or header.key_id == f"subject:{subject}"
            if ours and header.name in names:
                yield from log.after(seq + offset, limit=1)
        seq += len(stored)


def only_event(kind: type[E], records: tuple[Record, ...]) -> E:
    """Return the first event of a kind.

    Raises:
        ContentErased: there is none that can be read.
    """
    for record in records:
        if isinstance(record.event, kind):
            return record.event
    raise ContentErased(records[0].stream if records else kind.__name__)
