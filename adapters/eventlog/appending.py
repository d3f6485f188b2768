"""The one way an append goes, whatever database it goes to.

Rules kept here:

1. Everything below happens in one transaction, under the one writer's lock: what was recorded
   is looked up, versions are compared, places are given, the tree grows, rows are written.
2. A transaction takes the batches of several callers, one after the other, and the outcome of
   each is what it would be in a transaction of its own; a refused one leaves nothing behind.
3. What was recorded under the same actor and key before is returned, and nothing is recorded.
4. A record that stands at our place with our own ciphertext is ours: the connection was lost
   after the commit and the append is being repeated. Anything else there is a newer version.
5. Commit times never run backwards, whatever the clock does.
6. What this process knows of the log's end is used only while the last record is still the one
   that it wrote last. Records are never changed, so everything before it is as it was, too.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final, NamedTuple, Protocol, TypeAlias

from adapters.eventlog.rows import Row
from adapters.eventlog.sealing import Sealed
from adapters.ledger.tree_store import Edge, NodeRow, TreeStore, grow
from domain.errors import MalformedInput, StaleVersion
from domain.ledger import layout
from domain.ledger.entry import NO_PREVIOUS
from domain.ports import Clock

HEADS_KEPT: Final = 1 << 14

Batch: TypeAlias = Sequence[Sealed]
"""What one caller wants recorded in one step."""

Request: TypeAlias = tuple[str, str]
"""Actor and idempotency key."""

Place: TypeAlias = tuple[str, int]
"""Stream and version."""

Head: TypeAlias = tuple[int, bytes]
"""Version and leaf hash of a stream's last record."""

Outcome: TypeAlias = tuple[Row, ...] | StaleVersion
"""The records of a batch, new or found, or why there are none."""

_EMPTY: Final[Head] = (0, NO_PREVIOUS)


class Last(NamedTuple):
    """The last record of the log; an empty log has size 0.

    Attributes:
        size: Number of records.
        committed_at_us: Its commit time.
        leaf: Its leaf hash.
    """

    size: int = 0
    committed_at_us: int = 0
    leaf: bytes = NO_PREVIOUS


class Found(NamedTuple):
    """What an append must know of the log before it writes.

    Attributes:
        last: The last record.
        heads: Where the streams asked for stand; an empty stream is left out.
        recorded: What was recorded under the requests asked for.
    """

    last: Last
    heads: Mapping[str, Head]
    recorded: Sequence[Row]


class Transaction(Protocol):
    """What a database offers to an append, inside its transaction and under its lock."""

    def find(self, streams: Collection[str], requests: Collection[Request]) -> Found:
        """Return what stands in the log now."""
        ...

    def owner(self) -> str | None:
        """Return the clinic whose log it is; None before the first record."""
        ...

    def at(self, places: Collection[Place]) -> list[Row]:
        """Return the rows at these places, in order of the log."""
        ...

    def nodes(self, seqs: Collection[int]) -> Mapping[int, bytes]:
        """Return the tree's rows for these seqs."""
        ...

    def insert(self, owner: str | None, rows: Sequence[Row], nodes: Sequence[NodeRow]) -> None:
        """Write rows and tree, and the log's owner where one is given."""
        ...


class Appended(NamedTuple):
    """What came of an append, once its transaction is committed.

    Attributes:
        outcomes: The outcome of each batch.
        last: The last record of the log.
        edge: The tree's right edge; absent where nothing was written and it was not known.
        heads: Where the streams that were asked for stand.
        continues: Whether what was known of the log's end before still holds.
    """

    outcomes: list[Outcome]
    last: Last
    edge: Edge | None
    heads: Mapping[str, Head]
    continues: bool


class Appender:
    """Appends to the log of one clinic, in transactions that others begin and end.

    Only one transaction at a time may use it.
    """

    def __init__(self, *, clinic: str, clock: Clock) -> None:
        """Know nothing of the log yet."""
        self._clinic = clinic
        self._clock = clock
        self._last: Last | None = None
        self._edge: Edge | None = None
        self._heads: OrderedDict[str, Head] = OrderedDict()

    def append(self, transaction: Transaction, batches: Sequence[Batch]) -> Appended:
        """Find out what is there and write what follows.

        Args:
            transaction: The database, locked.
            batches: The sealed drafts of each caller, in order.

        Raises:
            MalformedInput: the log belongs to another clinic.
        """
        streams = {each.stream for batch in batches for each in batch}
        kept = {each: self._heads[each] for each in streams if each in self._heads}
        found = transaction.find(streams - kept.keys(), _requests(batches))
        last, heads, edge, new_owner = found.last, found.heads, self._edge, None
        continues = last == self._last
        if continues:
            heads = {**kept, **heads}
        else:
            new_owner, edge = self._new_owner(transaction), None
            if kept:
                heads = transaction.find(streams, ()).heads
        run = _Run(transaction, found, heads, max(self._clock.now().us, last.committed_at_us))
        outcomes = [run.take(batch) for batch in batches]
        if run.rows:
            if edge is None:
                edge = TreeStore(transaction.nodes).edge(last.size)
            edge, nodes = grow(edge, [row.leaf for row in run.rows])
            transaction.insert(new_owner, run.rows, nodes)
            last = Last(edge.size, run.committed_at_us, run.rows[-1].leaf)
        return Appended(outcomes, last, edge, run.heads, continues)

    def committed(self, appended: Appended) -> None:
        """Remember the log's end; called after the commit, for what is rolled back never was."""
        if not appended.continues:
            self._heads.clear()
        self._last, self._edge = appended.last, appended.edge
        for stream, head in appended.heads.items():
            self._heads[stream] = head
            self._heads.move_to_end(stream)
        while len(self._heads) > HEADS_KEPT:
            self._heads.popitem(last=False)

    def _new_owner(self, transaction: Transaction) -> str | None:
        """Return whose log it becomes with its first record; None where it is ours already."""
        owner = transaction.owner()
        if owner not in (self._clinic, None):
            raise MalformedInput("this database holds the log of another clinic")
        return self._clinic if owner is None else None


class _Run:
    """The batches of one transaction, taken one after the other."""

    def __init__(
        self,
        transaction: Transaction,
        found: Found,
        heads: Mapping[str, Head],
        committed_at_us: int,
    ) -> None:
        self.rows: list[Row] = []
        self.heads = dict(heads)
        self.committed_at_us = committed_at_us
        self._transaction = transaction
        self._position = found.last.size
        self._recorded: dict[Request, list[Row]] = {}
        for row in found.recorded:
            self._note_request(row)

    def take(self, batch: Batch) -> Outcome:
        """Return what was recorded under the same requests, or place the batch, or refuse it."""
        if self._recorded:
            before = [
                row for request in _requests([batch]) for row in self._recorded.get(request, ())
            ]
            if before:
                return tuple(sorted(before))
        stale = self._first_stale(batch)
        if stale is None:
            return self._place(batch)
        ours = self._transaction.at([(each.stream, each.version) for each in batch])
        if [row.ciphertext for row in ours] == [each.ciphertext for each in batch]:
            return tuple(ours)
        return stale

    def _first_stale(self, batch: Batch) -> StaleVersion | None:
        versions: dict[str, int] = {}
        for each in batch:
            stream = each.stream
            found = versions.get(stream)
            if found is None:
                found = self.heads.get(stream, _EMPTY)[0]
            if each.version != found + 1:
                return StaleVersion(stream, each.version - 1, found)
            versions[stream] = each.version
        return None

    def _place(self, batch: Batch) -> tuple[Row, ...]:
        """Give every sealed draft its place: seq, commit time, previous hash and leaf."""
        heads, committed_at_us = self.heads, self.committed_at_us
        first = len(self.rows)
        for (
            stream, version, name, schema, actor, device, device_sequence, correlation, causation,
            idempotency_key, key_id, naming, circumstances, ending, ciphertext,
        ) in batch:  # fmt: skip
            previous = heads.get(stream, _EMPTY)[1]
            entry = layout.place(
                naming,
                circumstances,
                ending,
                seq=self._position,
                committed_at_us=committed_at_us,
                previous=previous,
            )
            self._position += 1
            leaf = sha256(b"\x00" + entry).digest()
            heads[stream] = (version, leaf)
            ordinal = None
            if idempotency_key is not None:
                ordinal = len(self._recorded.get((actor, idempotency_key), ()))
            row = Row(
                self._position, stream, version, name, schema, committed_at_us, actor, device,
                device_sequence, correlation, causation, idempotency_key, ordinal, key_id,
                previous, leaf, entry, ciphertext,
            )  # fmt: skip
            self.rows.append(row)
            self._note_request(row)
        return tuple(self.rows[first:])

    def _note_request(self, row: Row) -> None:
        if row.idempotency_key is not None:
            self._recorded.setdefault((row.actor, row.idempotency_key), []).append(row)


def _requests(batches: Iterable[Batch]) -> dict[Request, None]:
    """Return the requests of batches, in order, each once."""
    return {
        (each.actor, each.idempotency_key): None
        for batch in batches
        for each in batch
        if each.idempotency_key is not None
    }
