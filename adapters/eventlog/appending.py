"""The one way an append goes, whatever database it goes to.

Rules kept here:

1. Everything below happens in one transaction, under the one writer's lock: what was recorded
   is looked up, versions are compared, places are given, the tree grows, rows are written.
2. What was recorded under the same actor and key before is returned, and nothing is recorded.
3. A record that stands at our place with our own ciphertext is ours: the connection was lost
   after the commit and the append is being repeated. Anything else there is a newer version.
4. Commit times never run backwards, whatever the clock does.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Protocol, TypeAlias

from adapters.eventlog.rows import Row, make_row
from adapters.eventlog.sealing import Sealed
from adapters.ledger.tree_store import Edge, NodeRow, TreeStore, grow
from domain.errors import MalformedInput, StaleVersion
from domain.ledger.chain import EMPTY_STREAM, StreamHead
from domain.ledger.entry import Entry, encode_entry
from domain.ports import Clock

Request: TypeAlias = tuple[str, str]
"""Actor and idempotency key."""

Place: TypeAlias = tuple[str, int]
"""Stream and version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """What an append must know of the log before it writes.

    Attributes:
        owner: Identifier of the clinic whose log it is; absent before the first record.
        size: Number of records.
        committed_at_us: Commit time of the last record; 0 before the first.
        heads: Where the streams asked for stand; an empty stream is left out.
        recorded: What was recorded under the requests asked for, in order.
    """

    owner: str | None
    size: int
    committed_at_us: int
    heads: Mapping[str, StreamHead]
    recorded: Sequence[Row]


class Transaction(Protocol):
    """What a database offers to an append, inside its transaction and under its lock."""

    def state(self, streams: Collection[str], requests: Collection[Request]) -> LogState:
        """Return what stands in the log now."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What came of an append.

    Attributes:
        rows: The records, new or found.
        edge: The tree's right edge afterwards; absent where nothing was written.
    """

    rows: tuple[Row, ...]
    edge: Edge | None


def append(
    transaction: Transaction,
    sealed: Sequence[Sealed],
    *,
    clinic: str,
    clock: Clock,
    edge: Edge | None,
) -> Appended:
    """Append sealed drafts in a transaction that the caller commits or rolls back.

    Args:
        transaction: The database, locked.
        sealed: The drafts, in order.
        clinic: Whose log it must be.
        clock: Our clock.
        edge: The tree's right edge as this process last saw it; read again if it grew since.

    Raises:
        StaleVersion: a stream is not at the version a draft was decided on.
        MalformedInput: the log belongs to another clinic.
    """
    requests = {
        (each.header.actor, each.header.idempotency_key): None
        for each in sealed
        if each.header.idempotency_key is not None
    }
    state = transaction.state({each.header.stream for each in sealed}, list(requests))
    if state.owner not in (clinic, None):
        raise MalformedInput("this database holds the log of another clinic")
    if state.recorded:
        return Appended(rows=tuple(state.recorded), edge=None)
    stale = _first_stale(sealed, state.heads)
    if stale is not None:
        ours = transaction.at([(each.header.stream, each.header.version) for each in sealed])
        if [row.ciphertext for row in ours] == [each.ciphertext for each in sealed]:
            return Appended(rows=tuple(ours), edge=None)
        raise stale
    rows = _place(sealed, state, max(clock.now().us, state.committed_at_us))
    if edge is None or edge.size != state.size:
        edge = TreeStore(transaction.nodes).edge(state.size)
    grown, nodes = grow(edge, [row.leaf for row in rows])
    transaction.insert(clinic if state.owner is None else None, rows, nodes)
    return Appended(rows=tuple(rows), edge=grown)


def _first_stale(sealed: Sequence[Sealed], heads: Mapping[str, StreamHead]) -> StaleVersion | None:
    versions = {stream: head.version for stream, head in heads.items()}
    for each in sealed:
        stream = each.header.stream
        expected, found = each.header.version - 1, versions.get(stream, 0)
        if expected != found:
            return StaleVersion(stream, expected, found)
        versions[stream] = found + 1
    return None


def _place(sealed: Sequence[Sealed], state: LogState, committed_at_us: int) -> list[Row]:
    """Give every sealed draft its place: seq, commit time, previous hash and leaf."""
    heads = dict(state.heads)
    ordinals: dict[tuple[str, str | None], count[int]] = {}
    rows: list[Row] = []
    for seq, each in enumerate(sealed, start=state.size):
        header = replace(each.header, seq=seq, committed_at_us=committed_at_us)
        entry = Entry(
            header=header,
            previous=heads.get(header.stream, EMPTY_STREAM).leaf,
            content_digest=each.content_digest,
            device_signature=each.signature,
        )
        ordinal = None
        if header.idempotency_key is not None:
            ordinal = next(ordinals.setdefault((header.actor, header.idempotency_key), count()))
        row = make_row(entry, encode_entry(entry), each.ciphertext, ordinal)
        heads[header.stream] = StreamHead(version=header.version, leaf=row.leaf)
        rows.append(row)
    return rows
