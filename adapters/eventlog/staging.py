"""A log whose appends are kept back, to be made in one step: one transaction, one sync.

Rules kept here:

1. Whoever reads finds what was kept back after what is recorded, so each decision rests on those
   before it. It has no place in the log yet: its sequence number says so, and its leaf is empty.
2. Committing is all or nothing, at the versions the decisions rested on: where any stream that was
   read has moved on, or a request was recorded meanwhile, nothing is recorded.
3. It is used by one thread, for one delivery, and then no more.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.eventlog.log import RecordLog
from domain.errors import MalformedInput, NotFound, StaleVersion
from domain.events.names import NAME_OF
from domain.events.record import Draft, Record
from domain.ledger.export import StoredRecord
from domain.ports import Clock
from domain.values.identifiers import StreamName

NOWHERE: Final = -1
"""The sequence number of what was kept back."""

Place = tuple[StreamName, int]
"""Stream and version."""


class StagedLog(RecordLog):
    """A log as it will be once what was appended here is committed."""

    def __init__(self, log: RecordLog, *, clock: Clock) -> None:
        """Stand on a log; nothing is kept back yet."""
        for name in ("_store", "_keys", "_randomness", "_arrivals", "folds", "tree"):
            setattr(self, name, getattr(log, name))
        self._log = log
        self._clock = clock
        self._read: dict[StreamName, tuple[Record, ...]] = {}
        self._from: dict[StreamName, int] = {}  # the version after which a stream was read
        self._before: dict[StreamName, int] = {}
        self._drafts: list[Draft] = []
        self._staged: list[Record] = []

    def append(self, drafts: Sequence[Draft]) -> tuple[Record, ...]:
        """Keep the drafts back and return them as if they were recorded, but for their place.

        Raises:
            StaleVersion: a stream is not at the expected version.
            MalformedInput: nothing was given.
        """
        if not drafts:
            raise MalformedInput("an append needs at least one draft")
        made: list[Record] = []
        ahead: dict[StreamName, int] = {}
        for each in drafts:
            if each.stream not in ahead:
                ahead[each.stream] = self._version(each.stream, each.expected_version)
            if each.expected_version != ahead[each.stream]:
                raise StaleVersion(each.stream, each.expected_version, ahead[each.stream])
            ahead[each.stream] += 1
            made.append(self._unplaced(each))
        for record in made:
            self._read[record.stream] += (record,)
        self._drafts += drafts
        self._staged += made
        return tuple(made)

    def stream(self, name: StreamName, *, after_version: int = 0) -> tuple[Record, ...]:
        """Return the records of a stream after a version, those kept back last."""
        begun = self._from.get(name)
        if begun is None or after_version < begun:
            self._read_after(name, after_version)
        return self._read[name][after_version - self._from[name] :]

    def recorded(self, actor: str, idempotency_key: str) -> tuple[Record, ...]:
        """Return what was recorded or kept back under this actor's key; empty if nothing was."""
        staged = tuple(
            each
            for each in self._staged
            if each.idempotency_key == idempotency_key and str(each.actor) == actor
        )
        return staged or self._log.recorded(actor, idempotency_key)

    def sealed_after(self, seq: int, *, limit: int) -> tuple[StoredRecord, ...]:
        """Return records as stored.

        Raises:
            NotFound: what was kept back is asked for, and not sealed yet.
        """
        if seq < NOWHERE:
            raise NotFound("what was kept back has no place in the log yet")
        return self._log.sealed_after(seq, limit=limit)

    def commit(self) -> Mapping[Place, Record]:
        """Record everything that was kept back, in one step; return the records by their place.

        Raises:
            StaleVersion: something that was decided rests on what is not so any more.
            ContentErased: the data key of a draft is destroyed.
            Unavailable: nothing was recorded; the same may be done again.
        """
        if not self._drafts:
            return {}
        for name, version in self._before.items():
            if since := self._log.stream(name, after_version=version):
                raise StaleVersion(name, version, since[-1].version)
        records = self._log.append(self._drafts)
        for staged, record in zip(self._staged, records, strict=False):
            if len(records) != len(self._staged) or _said(staged) != _said(record):
                # A request among them came by another way meanwhile; what it did stands.
                raise StaleVersion(record.stream, staged.version, record.version)
        return {(each.stream, each.version): each for each in records}

    def close(self) -> None:
        """Leave the log open: others use it."""

    def _read_after(self, name: StreamName, version: int) -> None:
        """Read a stream after a version; what was read and kept back before goes on behind it."""
        before = self._before.get(name)
        found = self._log.stream(name, after_version=version)
        if before is None:
            self._read[name] = found
            self._before[name] = version + len(found)
        else:  # only what is older is new to us: the decisions so far rest on the rest
            self._read[name] = found[: self._from[name] - version] + self._read[name]
        self._from[name] = version

    def _version(self, name: StreamName, at_least: int) -> int:
        """Return the version of a stream, read where it is expected to end."""
        known = len(self.stream(name, after_version=min(at_least, self._from.get(name, at_least))))
        return self._from[name] + known

    def _unplaced(self, draft: Draft) -> Record:
        name, schema = NAME_OF[type(draft.event)]
        made = draft.attestation
        schema = schema if made is None else made.schema
        return Record(
            seq=NOWHERE,
            stream=draft.stream,
            version=draft.expected_version + 1,
            name=name,
            schema=schema,
            event=draft.event,
            key=draft.key,
            actor=draft.actor,
            committed_at=self._clock.now(),
            received_at=draft.received_at,
            device=None if made is None else made.device,
            device_sequence=None if made is None else made.sequence,
            device_time=None if made is None else made.device_time,
            correlation=draft.correlation,
            causation=draft.causation,
            idempotency_key=draft.idempotency_key,
            blobs=tuple((each.name, each.stored_digest) for each in draft.blobs),
            leaf=b"",
        )


def _said(record: Record) -> tuple[object, ...]:
    """Return what a record says, wherever it stands in the log."""
    return (
        record.stream,
        record.version,
        record.event,
        record.actor,
        record.idempotency_key,
        record.device_sequence,
    )
