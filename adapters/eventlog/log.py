"""The event log: drafts in, records out, whatever database stands behind it.

Rules kept here:

1. Sealing happens before the database is asked for anything, so no lock is held while encrypting.
2. Every record that is read was checked against its own hashes; every run of records against
   the order it claims. Nothing is given out in place of what was found wrong.
3. Auditors get the bytes as stored, unopened and unchecked: checking is theirs.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self

from adapters.database import LOCK_TIMEOUT_S, sqlite_name
from adapters.eventlog.appending import Batch
from adapters.eventlog.memory import MemoryRecords
from adapters.eventlog.postgres import PostgresRecords
from adapters.eventlog.rows import Row, check_ordinals, check_row, check_run, check_stream
from adapters.eventlog.sealing import in_one_go, opened, recorded, seal, unseal
from adapters.eventlog.sqlite import SqliteRecords
from adapters.eventlog.subscription import Arrivals, Follows
from adapters.ledger.tree_store import TreeStore
from domain.errors import ContentErased, IntegrityFailure, MalformedInput, NotFound
from domain.events.record import Draft, Record
from domain.folds import Folds
from domain.ledger.entry import Header, decode_entry
from domain.ledger.export import StoredRecord
from domain.ports import Clock, KeyRing, Randomness
from domain.values.identifiers import ClinicId, StreamName
from domain.values.time import ServerTime

MEMORY = "memory"
_PAGE = 500


class RecordStore(Protocol):
    """What a database offers to the log; each method takes and gives rows as stored."""

    @property
    def positions(self) -> Follows | None:
        """Subscribe to newest positions, where other processes may write."""
        ...

    def append(self, batch: Batch) -> tuple[Row, ...]:
        """Record sealed drafts, or return what stands in their place already."""
        ...

    def owner(self) -> str | None:
        """Return the clinic whose log it is; None before the first record."""
        ...

    def size(self) -> int:
        """Return the number of records."""
        ...

    def stream(self, stream: str, after_version: int) -> list[Row]:
        """Return a stream's rows after a version."""
        ...

    def first(self, stream: str) -> list[Row]:
        """Return a stream's first row; none for a new stream."""
        ...

    def after(self, position: int, limit: int) -> list[Row]:
        """Return at most ``limit`` rows after a position."""
        ...

    def recorded(self, actor: str, idempotency_key: str) -> list[Row]:
        """Return the rows of one request."""
        ...

    def of_key(self, key: str, position: int, limit: int) -> list[Row]:
        """Return at most ``limit`` rows under a data key after a position."""
        ...

    def nodes(self, seqs: Collection[int]) -> Mapping[int, bytes]:
        """Return the tree's rows for these seqs."""
        ...

    def close(self) -> None:
        """Let the database go."""
        ...


class RecordLog:
    """The log of one clinic; see ``domain.ports.EventLog`` for what it promises.

    One object serves all threads of a process.
    """

    def __init__(self, store: RecordStore, *, keys: KeyRing, randomness: Randomness) -> None:
        """Keep records in ``store``, encrypted under ``keys``."""
        self._store = store
        self._keys = keys
        self._randomness = randomness
        self._arrivals = Arrivals(store.size, store.positions)
        self.folds = Folds()
        self.tree = TreeStore(store.nodes)
        """Roots and proofs at any size."""

    def append(self, drafts: Sequence[Draft]) -> tuple[Record, ...]:
        """Record the drafts, in order, in one step."""
        if not drafts:
            raise MalformedInput("an append needs at least one draft")
        try:
            sealed = seal(drafts, keys=self._keys, randomness=self._randomness)
        except ContentErased:
            # A repeated request still gets its answer after its subject was erased.
            before = self._repeated(drafts)
            if before:
                return before
            raise
        rows = self._store.append(sealed)
        self._arrivals.note(rows[-1].position)
        if [row.ciphertext for row in rows] == [each.ciphertext for each in sealed]:
            committed_at = ServerTime(rows[0].committed_at_us)
            return tuple([recorded(*each, committed_at) for each in zip(drafts, rows, strict=True)])
        return self._unsealed(rows)  # a repeated request: what was recorded then

    def stream(self, name: StreamName, *, after_version: int = 0) -> tuple[Record, ...]:
        """Return the records of a stream after a version, in order; empty for a new stream.

        Raises:
            IntegrityFailure: something stored is not what was recorded.
        """
        rows = self._store.stream(name, after_version)
        records = self._unsealed(rows)
        check_stream(rows, after_version)
        return records

    def first(self, name: StreamName) -> Record | None:
        """Return a stream's first record, without reading the others; none for a new stream.

        Raises:
            IntegrityFailure: something stored is not what was recorded.
        """
        rows = self._store.first(name)
        check_stream(rows, 0)
        return next(iter(self._unsealed(rows)), None)

    def after(self, seq: int, *, limit: int) -> tuple[Record, ...]:
        """Return at most ``limit`` records that follow ``seq``, in order; -1 is the beginning.

        Raises:
            IntegrityFailure: something stored is not what was recorded.
        """
        rows = self._store.after(seq + 1, limit)
        check_run(rows, seq)
        return self._unsealed(rows)

    def size(self) -> int:
        """Return the number of records."""
        return self._store.size()

    def recorded(self, actor: str, idempotency_key: str) -> tuple[Record, ...]:
        """Return what was recorded under this actor's key; empty if nothing was.

        Raises:
            IntegrityFailure: something stored is not what was recorded.
        """
        rows = self._store.recorded(actor, idempotency_key)
        check_ordinals(rows)
        return self._unsealed(rows)

    def wait(self, seq: int, *, timeout_s: float) -> bool:
        """Return true as soon as a record follows ``seq``; false after the time-out."""
        return self._arrivals.wait(seq + 1, timeout_s=timeout_s)

    def sealed_after(self, seq: int, *, limit: int) -> tuple[StoredRecord, ...]:
        """Return at most ``limit`` records after ``seq`` as stored; nothing is checked."""
        return tuple(map(_stored, self._store.after(seq + 1, limit)))

    def stream_entries(self, name: StreamName) -> tuple[StoredRecord, ...]:
        """Return a stream's records as stored, in order; nothing is checked."""
        return tuple(map(_stored, self._store.stream(name, 0)))

    def faults(self, seq: int, *, limit: int) -> tuple[tuple[int, str], ...]:
        """Return (seq, problem) for each of the records after ``seq`` not stored as recorded.

        This looks at every column, also at those that no entry carries and no export has.
        """
        return tuple(_faults(self._store.after(seq + 1, limit), seq))

    def disclose(self, seq: int) -> tuple[bytes, bytes]:
        """Return salt and payload of a record, which together prove its content without a key.

        Raises:
            NotFound: there is no such record.
            ContentErased: the data key is destroyed.
            IntegrityFailure: something stored is not what was recorded.
        """
        rows = self._store.after(seq, 1)
        if not rows or rows[0].seq != seq:
            message = f"there is no record {seq}"
            raise NotFound(message)
        return opened(rows[0], self._keys)

    def headers_of_key(self, key: str) -> Iterator[Header]:
        """Yield the header of every record whose content is encrypted under a data key.

        Raises:
            IntegrityFailure: something stored is not what was recorded.
        """
        position = 0
        while rows := self._store.of_key(key, position, _PAGE):
            for row in rows:
                check_row(row)
                yield decode_entry(row.entry).header
            position = rows[-1].position

    def blobs_of_key(self, key: str) -> frozenset[bytes]:
        """Return the names, 32 bytes each, of all stored contents under a data key."""
        return frozenset(blob.name for header in self.headers_of_key(key) for blob in header.blobs)

    def stored(self, begin: int, end: int) -> Iterator[Row]:
        """Yield the rows from seq ``begin`` to before ``end`` as stored; nothing is checked."""
        while begin < end and (rows := self._store.after(begin, min(_PAGE, end - begin))):
            yield from (row for row in rows if row.position <= end)
            begin = rows[-1].position

    def close(self) -> None:
        """Let everybody go who waits, and close the database."""
        self._arrivals.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _unsealed(self, rows: Sequence[Row]) -> tuple[Record, ...]:
        keys = in_one_go(self._keys, len(rows))
        return tuple([unseal(row, check_row(row), keys) for row in rows])

    def _repeated(self, drafts: Sequence[Draft]) -> tuple[Record, ...]:
        requests = {
            (str(each.actor), each.idempotency_key): None
            for each in drafts
            if each.idempotency_key is not None
        }
        found = [record for actor, key in requests for record in self.recorded(actor, str(key))]
        return tuple(sorted(found, key=lambda record: record.seq))


def open_event_log(
    dsn: str,
    *,
    clinic: ClinicId,
    keys: KeyRing,
    clock: Clock,
    randomness: Randomness,
    lock_timeout_s: float = LOCK_TIMEOUT_S,
) -> RecordLog:
    """Open a clinic's log.

    Args:
        dsn: ``sqlite:///PATH``, ``postgresql://…`` or ``memory``.
        clinic: Whose log it is; a log takes its first writer's clinic for ever.
        keys: Data keys.
        clock: Our clock.
        randomness: Salts and nonces.
        lock_timeout_s: How long an append waits for other writers.

    Raises:
        MalformedInput: the DSN is of no such form, or the log belongs to another clinic.
        Unavailable: the database is away or was never migrated.
    """
    store = _open_store(dsn, str(clinic), clock, lock_timeout_s)
    try:
        owner = store.owner()
    except BaseException:
        store.close()
        raise
    if owner not in (str(clinic), None):
        store.close()
        raise MalformedInput("this database holds the log of another clinic")
    return RecordLog(store, keys=keys, randomness=randomness)


def _open_store(dsn: str, clinic: str, clock: Clock, lock_timeout_s: float) -> RecordStore:
    if dsn == MEMORY:
        return MemoryRecords(clinic=clinic, clock=clock)
    name = sqlite_name(dsn)
    opener: Callable[..., RecordStore] = PostgresRecords if name is None else SqliteRecords
    return opener(name or dsn, clinic=clinic, clock=clock, lock_timeout_s=lock_timeout_s)


def _stored(row: Row) -> StoredRecord:
    return StoredRecord(entry=row.entry, ciphertext=row.ciphertext, leaf=row.leaf)


def _faults(rows: Sequence[Row], seq: int) -> Iterator[tuple[int, str]]:
    expected = seq + 1
    for row in rows:
        if row.seq != expected:
            yield expected, f"record {row.seq} stands where record {expected} belongs"
        try:
            check_row(row)
        except IntegrityFailure as error:
            yield row.seq, str(error)
        expected = row.seq + 1
