"""The log in memory, with the same promises as long as the process lives.

Rules kept here:

1. The same append, the same rows and the same tree as in a database; only the shelf differs.
2. Readers take the writer's lock, so they see an append whole or not at all.
"""

import threading
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence

from adapters.eventlog.appending import Appender, Batch, Found, Head, Last, Place, Request
from adapters.eventlog.grouping import answered
from adapters.eventlog.rows import Row
from adapters.ledger.tree_store import NodeRow
from domain.ports import Clock


class MemoryRecords:
    """Rows in lists."""

    positions = None
    """Nobody else can write here, so there is nothing to subscribe to."""

    def __init__(self, *, clinic: str, clock: Clock) -> None:
        """Hold nothing yet."""
        self._appender = Appender(clinic=clinic, clock=clock)
        self._owner: str | None = None
        self._rows: list[Row] = []
        self._streams: dict[str, list[Row]] = {}
        self._requests: dict[tuple[str, str | None], list[Row]] = {}
        self._keys: dict[str, list[Row]] = {}
        self._nodes: dict[int, bytes] = {}
        self._lock = threading.RLock()

    def append(self, batch: Batch) -> tuple[Row, ...]:
        """Record sealed drafts, or return what stands in their place already."""
        with self._lock:
            appended = self._appender.append(self, [batch])
            self._appender.committed(appended)
        return answered(appended.outcomes[0])

    def owner(self) -> str | None:
        """Return the clinic whose log it is; None before the first record."""
        return self._owner

    def size(self) -> int:
        """Return the number of records."""
        with self._lock:
            return len(self._rows)

    def stream(self, stream: str, after_version: int) -> list[Row]:
        """Return a stream's rows after a version."""
        with self._lock:
            return self._streams.get(stream, [])[after_version:]

    def first(self, stream: str) -> list[Row]:
        """Return a stream's first row; none for a new stream."""
        return self.stream(stream, 0)[:1]

    def after(self, position: int, limit: int) -> list[Row]:
        """Return at most ``limit`` rows after a position."""
        with self._lock:
            return self._rows[position : position + limit]

    def recorded(self, actor: str, idempotency_key: str) -> list[Row]:
        """Return the rows of one request."""
        with self._lock:
            return list(self._requests.get((actor, idempotency_key), []))

    def of_key(self, key: str, position: int, limit: int) -> list[Row]:
        """Return at most ``limit`` rows under a data key after a position."""
        with self._lock:
            rows = self._keys.get(key, [])
            first = bisect_right(rows, position, key=lambda row: row.position)
            return rows[first : first + limit]

    def nodes(self, seqs: Collection[int]) -> Mapping[int, bytes]:
        """Return the tree's rows for these seqs."""
        with self._lock:
            return {seq: self._nodes[seq] for seq in seqs if seq in self._nodes}

    def find(self, streams: Collection[str], requests: Collection[Request]) -> Found:
        """Return what stands in the log now."""
        last = Last()
        if self._rows:
            row = self._rows[-1]
            last = Last(row.position, row.committed_at_us, row.leaf)
        heads: dict[str, Head] = {}
        for stream in streams:
            if stream in self._streams:
                row = self._streams[stream][-1]
                heads[stream] = (row.version, row.leaf)
        recorded = [row for each in requests for row in self._requests.get(each, [])]
        return Found(last, heads, recorded)

    def at(self, places: Collection[Place]) -> list[Row]:
        """Return the rows at these places, in order of the log."""
        rows = (self.stream(stream, version - 1)[:1] for stream, version in places)
        return sorted(row for each in rows for row in each)

    def insert(self, owner: str | None, rows: Sequence[Row], nodes: Sequence[NodeRow]) -> None:
        """Keep rows and tree."""
        if owner is not None:
            self._owner = owner
        for row in rows:
            self._streams.setdefault(row.stream, []).append(row)
            self._keys.setdefault(row.key_id, []).append(row)
            if row.idempotency_key is not None:
                self._requests.setdefault((row.actor, row.idempotency_key), []).append(row)
        self._nodes.update(nodes)
        self._rows.extend(rows)

    def close(self) -> None:
        """Do nothing: the rows end with the object."""
