"""Appending: chained and encrypted beside bare, beside the library, beside the disk.

Rules kept here:

1. In each turn ours is written first, then exactly those rows, made before, by the other side.
2. What is invented, and made ready for the other side, is not timed.
3. A limit is measured as processor time on the same drafts, without any database.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from itertools import count
from statistics import median
from typing import Final, TypeVar
from zlib import crc32

from adapters.eventlog.library import LibraryRecords, as_library_events
from adapters.eventlog.log import RecordLog
from adapters.eventlog.memory import MemoryRecords
from adapters.eventlog.payload import write_payload
from adapters.eventlog.sealing import Sealed, seal
from adapters.system import SystemClock, SystemRandomness
from domain.events.names import Event
from domain.events.record import Draft
from validation.benchmarks.disks import flushes_per_s
from validation.benchmarks.ledger_figures import Figure, Spent, compared, microseconds, seconds
from validation.benchmarks.ledger_limits import Busy, of_disk, of_threads, questions_us
from validation.benchmarks.ledger_logs import CLINIC, Bench, own_drafts, some_events

T = TypeVar("T")

SINGLE: Final = 1
BATCH: Final = 100
GOALS: Final = {SINGLE: 0.90, BATCH: 0.80}
LIBRARY_GOAL: Final = 3.0
DISK_GOAL: Final = 1.0
THREADS: Final = (1, 8, 32)
FLUSHED_S: Final = 0.3

_IDENTICAL: Final = (
    "chained, encrypted append through the product ÷ INSERT of the identical rows (records and "
    "tree, made before), same tables, indexes, triggers, transaction size and durability"
)
_writers = count()


def beside_bare(bench: Bench, size: int, *, transactions: int, turns: int) -> Figure:
    """Measure one writer, so many drafts in a transaction, beside the bare INSERT."""
    rates = []
    our_cpu, bare_cpu = Spent(), Spent()
    for _ in range(turns):
        batches = bench.drafts.batches(transactions, size)
        records = transactions * size
        ours = our_cpu.on(records, _each, bench.log.append, batches)
        parts = bench.parts(size)
        rates.append(
            (records / ours, records / bare_cpu.on(records, _each, bench.bare.write, parts))
        )
    in_the_run = (
        f"µs of this thread's processor time per record in the run: ours {our_cpu.each_us:.0f}, "
        f"bare {bare_cpu.each_us:.0f}"
    )
    return compared(
        f"{bench.kind}, {_in_words(size)}",
        _IDENTICAL,
        rates,
        events=bench.log.size(),
        goal=GOALS[size],
        limits=[in_the_run, *_costs(bench, size, rates)],
    )


def two_writers_beside_bare(bench: Bench, size: int, *, transactions: int, turns: int) -> Figure:
    """Measure two writers of one process: one computes while the other's rows are written."""
    rates, busy = [], Busy()
    for _ in range(turns):
        drafts = bench.drafts.take(transactions * size)
        # Each stream has one writer, so that every draft still follows the one before it.
        work = [
            _batches([draft for draft in drafts if crc32(draft.stream.encode()) % 2 == side], size)
            for side in (0, 1)
        ]
        ours = busy.on(len(drafts), partial(_together, bench.log.append, work))
        rates.append(_beside(bench, size, len(drafts) / ours))
    return compared(
        f"{bench.kind}, {_in_words(size)}, two threads",
        f"{_IDENTICAL}; two threads of one process append, the bare INSERT has one",
        rates,
        events=bench.log.size(),
        goal=None,
        limits=[of_threads(busy)],
    )


def beside_library(
    bench: Bench, library: LibraryRecords, *, transactions: int, turns: int
) -> Figure:
    """Measure batches of 100 beside the event-sourcing library's own append."""
    rates, bare = [], []
    for _ in range(turns):
        batches = bench.drafts.batches(transactions, BATCH)
        ours = seconds(_each, bench.log.append, batches)
        parts = bench.parts(BATCH)
        stored = [as_library_events(rows) for rows, _ in parts]
        theirs = seconds(_each, library.insert, stored)
        done = transactions * BATCH
        bare.append((done / seconds(_each, bench.bare.write, parts), done / theirs))
        rates.append((done / ours, done / theirs))
    alone = median(ours / theirs for ours, theirs in bare)
    return compared(
        "postgresql, by 100, beside the library",
        "chained, encrypted append by 100 ÷ the library's insert_events by 100 into its own table: "
        "same streams and versions, contents of the same bytes, neither chain nor encryption",
        rates,
        events=bench.log.size(),
        goal=LIBRARY_GOAL,
        limits=[
            f"no append passes the bare INSERT of its rows, here {alone:.2f} times the library's",
            *_costs(bench, BATCH, bare),
        ],
    )


def beside_disk(bench: Bench, threads: int, *, each: int, turns: int) -> Figure:
    """Measure single appends of many threads beside the disk's own flushes."""
    events = some_events(BATCH)
    rates, busy = [], Busy()
    for _ in range(turns):
        work = _shares(events, threads, each, SINGLE)
        flushes = flushes_per_s(bench.folder, seconds=FLUSHED_S)
        ours = busy.on(threads * each, partial(_together, bench.log.append, work))
        flushes = (flushes + flushes_per_s(bench.folder, seconds=FLUSHED_S)) / 2
        rates.append((threads * each / ours, flushes))
    _each(bench.bare.write, bench.parts(BATCH))
    goal = DISK_GOAL if threads == max(THREADS) else None
    return compared(
        f"{bench.kind}, one at a time, threads: {threads}, beside the disk",
        "single appends (one draft each, durable once it returns) by threads of one process ÷ "
        "4 KiB blocks appended to a file in the same folder, each flushed with fdatasync",
        rates,
        events=bench.log.size(),
        goal=goal,
        limits=[of_disk(busy, rates)],
    )


def _beside(bench: Bench, size: int, ours: float) -> tuple[float, float]:
    """Write bare what was just appended; return both rates in records per second."""
    parts = bench.parts(size)
    theirs = seconds(_each, bench.bare.write, parts)
    return ours, sum(len(rows) for rows, _ in parts) / theirs


def _shares(
    events: Sequence[Event], threads: int, batches: int, size: int
) -> list[list[list[Draft]]]:
    return [own_drafts(events, str(next(_writers)), batches, size) for _ in range(threads)]


def _batches(drafts: list[Draft], size: int) -> list[list[Draft]]:
    return [drafts[at : at + size] for at in range(0, len(drafts), size)]


def _together(
    append: Callable[[list[Draft]], object], work: Sequence[Sequence[list[Draft]]]
) -> float:
    """Return the seconds that threads take, each for its own share, threads already running."""
    with ThreadPoolExecutor(len(work)) as pool:
        list(pool.map(lambda _: None, work))
        return seconds(lambda: list(pool.map(lambda share: _each(append, share), work)))


def _costs(bench: Bench, size: int, rates: Sequence[tuple[float, float]]) -> list[str]:
    """Return what one draft costs, in microseconds, beside the bare INSERT."""
    (drafts,) = own_drafts(some_events(BATCH), "costs", 1, BATCH)
    keys, randomness = bench.keys, SystemRandomness()
    sealed = seal(drafts, keys=keys, randomness=randomness)
    payloads = [write_payload(draft.event)[2] for draft in drafts]
    hashed = [
        data
        for payload, each in zip(payloads, sealed, strict=True)
        for data in (payload, each.ciphertext, each.naming + each.circumstances)
    ]
    batches = _batches(drafts, size)
    whole = microseconds(lambda: _append_nowhere(bench, batches), BATCH)
    parts = {
        "the whole append": whole,
        "of it sealing": microseconds(
            lambda: seal(drafts, keys=keys, randomness=randomness), BATCH
        ),
        "of that writing the payload": microseconds(
            lambda: [write_payload(draft.event) for draft in drafts], BATCH
        ),
        "placing, tree and rows": microseconds(lambda: _place(sealed), BATCH),
        "of all the bare SHA-256": microseconds(
            lambda: [sha256(data).digest() for data in hashed], BATCH
        ),
    }
    bare = median(1e6 / theirs for _, theirs in rates)
    said = "; ".join(f"{what} {cost:.1f}" for what, cost in parts.items())
    known = (
        f"µs per record: bare INSERT and commit {bare:.1f}; ours beside it, at its quickest and "
        f"where there is no database: {said}"
    )
    asked = 0.0 if bench.kind == "sqlite" else questions_us(bench.dsn) / size
    further = f" and what it asks the database before it writes, {asked:.1f}," if asked else ""
    at_best = bare / (bare + whole + asked)
    return [f"{known}; with the whole append{further} alone the figure would be {at_best:.2f}"]


def _append_nowhere(bench: Bench, batches: Sequence[list[Draft]]) -> None:
    store = MemoryRecords(clinic=str(CLINIC), clock=SystemClock())
    log = RecordLog(store, keys=bench.keys, randomness=SystemRandomness())
    _each(log.append, batches)


def _place(sealed: Sequence[Sealed]) -> None:
    MemoryRecords(clinic=str(CLINIC), clock=SystemClock()).append(sealed)


def _each(act: Callable[[T], object], items: Sequence[T]) -> None:
    for each in items:
        act(each)


def _in_words(size: int) -> str:
    return "one at a time" if size == SINGLE else f"by {size}"
