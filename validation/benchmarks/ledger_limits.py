"""What takes the time where a goal is not reached, measured in the same run.

Rules kept here:

1. A limit is made of figures of this run, and says what could be reached at best with them.
2. Parts are measured on the same rows, without what they are not part of.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from statistics import median
from typing import Final

import psycopg

from adapters.eventlog.postgres import transaction
from adapters.verification.crew import Crew
from adapters.verification.verify import RANGE, source_of
from domain.ledger.merkle import Tree
from domain.ledger.range_check import check_range
from domain.ledger.skim import skim_signed
from validation.benchmarks.ledger_figures import microseconds, seconds
from validation.benchmarks.ledger_logs import Bench

LOOKED_AT: Final = 10_000
"""Records on which the parts of a check are measured."""

ASKED: Final = 200
QUESTIONS: Final = 5
"""What an append on PostgreSQL asks and the bare INSERT does not: the lock, the end of the log, the
end of the stream, the request, and that whoever waits be told."""

HASHED: Final = 50_000
_BLOCK: Final = bytes(1024)

Rates = Sequence[tuple[float, float]]


class Busy:
    """Processor time of the whole process beside the time on the wall."""

    def __init__(self) -> None:
        """Have done nothing yet."""
        self._busy = self._wall = 0.0
        self._count = 0

    def on(self, count: int, act: Callable[[], float]) -> float:
        """Do ``count`` things in an act that returns how long it took; return that."""
        began = time.process_time()
        took = act()
        self._busy += time.process_time() - began
        self._wall += took
        self._count += count
        return took

    @property
    def each_us(self) -> float:
        """Microseconds of processor time for one of them."""
        return self._busy / self._count * 1e6

    @property
    def cores(self) -> float:
        """How many cores were busy on average."""
        return self._busy / self._wall


def of_threads(busy: Busy) -> str:
    """Return what bounds threads of one interpreter."""
    return (
        f"µs of the process's time per record {busy.each_us:.0f}, {busy.cores:.2f} cores busy on "
        f"average; one interpreter appends at most {1e6 / busy.each_us:,.0f} per second at that"
    )


def of_disk(busy: Busy, rates: Rates) -> str:
    """Return what bounds single appends beside the disk's flushes."""
    flush_us = median(1e6 / flushes for _, flushes in rates)
    ours_us = median(1e6 / ours for ours, _ in rates)
    return (
        f"{of_threads(busy)}; "
        f"µs per record {ours_us:.0f}, per flush of the disk {flush_us:.0f}; even if no append "
        f"waited for a flush, the figure would be {flush_us / busy.each_us:.2f}"
    )


def of_verification(bench: Bench, rates: Rates) -> str:
    """Return what one record costs to verify, and the figure that hashing alone would allow."""
    source, size = source_of(bench.dsn), min(LOOKED_AT, bench.log.size())
    sealed = list(source.sealed(0, size))
    read = median(1e6 / scanned for _, scanned in rates)
    leaves = [leaf for _, _, leaf in sealed if leaf is not None]
    hashing = microseconds(
        lambda: [
            (sha256(b"\x00" + entry).digest(), sha256(content).digest())
            for entry, content, _ in sealed
        ],
        size,
    )
    growing = microseconds(lambda: _grow(leaves), size)
    checking = microseconds(lambda: check_range(iter(sealed), begin=0, sizes=frozenset()), size)
    return (
        f"µs per record: reading {read:.1f}, checking it {checking:.1f}; of that two bare SHA-256 "
        f"{hashing:.1f} and the tree {growing:.1f}; with reading and these alone the figure would "
        f"be {read / (read + hashing + growing):.2f}"
    )


def of_two_processes(size: int, alone_s: Sequence[float]) -> str:
    """Return what starting costs, and how much faster than one two cores of this machine are."""
    if size <= RANGE:
        return f"{size:,} records are one range of at most {RANGE:,}: no second process was started"
    with Crew(2) as crew:
        started = seconds(lambda: deque(crew.each(_hash, [1, 1]), maxlen=0))
        both = min(seconds(lambda: deque(crew.each(_hash, [HASHED] * 2), maxlen=0)) for _ in "123")
    one = min(seconds(_hash, HASHED) for _ in "123")
    cores = 2 * one / both
    alone = median(alone_s)
    at_best = alone / (alone / cores + started)
    return (
        f"starting two processes took {started:.2f} s, one alone verified for {alone:.2f} s; two "
        f"processes that only hash did {cores:.2f} times as much as one ({os.cpu_count()} cores); "
        f"with both the figure would be at most {at_best:.2f}"
    )


def of_audit(bench: Bench, signatures: int, rates: Rates) -> str:
    """Return what the audit of a signature costs beside the signature."""
    source, size = source_of(bench.dsn), bench.log.size()
    raw = median(1e6 / theirs for _, theirs in rates)
    whole = median(1e6 / ours for ours, _ in rates)
    entries = [entry for _, entry in source.entries(0, size)]
    reading = seconds(lambda: deque(source.entries(0, size), maxlen=0)) / signatures * 1e6
    taking = microseconds(lambda: [skim_signed(each) for each in entries], signatures)
    return (
        f"µs per signature: bare {raw:.1f}, audited {whole:.1f}; of the difference reading entries "
        f"{reading:.1f}, taking statements out of them {taking:.1f}; with these alone the figure "
        f"would be {raw / (raw + reading + taking):.2f}"
    )


def of_rebuild(batched_us: float, single_us: float, *, decoding_us: float, rows_us: float) -> str:
    """Return what a record costs in a rebuild and alone."""
    both = decoding_us + rows_us
    return (
        f"µs per record: rebuilt {batched_us:.1f}, alone {single_us:.0f}; of the first, in "
        f"processor time, decoding {decoding_us:.1f} and making its rows {rows_us:.1f}, before the "
        f"database is given any; with these alone the figure would be {single_us / both:.0f}"
    )


def questions_us(dsn: str) -> float:
    """Return how much longer a transaction takes in which an append's questions are asked, µs.

    They are asked as an append asks them, in a round trip of their own, but need no work.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        empty, asking = partial(_transact, connection, 0), partial(_transact, connection, QUESTIONS)
        for _ in range(ASKED):
            empty()
            asking()
        each = [(seconds(empty), seconds(asking)) for _ in range(ASKED)]
    return (median(long for _, long in each) - median(short for short, _ in each)) * 1e6


def _transact(connection: psycopg.Connection, questions: int) -> None:
    with transaction(connection) as pipeline:
        asked = [connection.execute("SELECT 1", prepare=True) for _ in range(questions)]
        if asked:
            pipeline.sync()
            for each in asked:
                each.fetchall()


def _grow(leaves: Sequence[bytes]) -> None:
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)


def _hash(count: int) -> int:
    """Hash so many blocks; in another process, too."""
    for _ in range(count):
        sha256(_BLOCK).digest()
    return count
