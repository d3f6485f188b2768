"""What a record of years took on one database, which stated bounds it broke, and how it is said."""

from collections.abc import Iterator
from dataclasses import dataclass

from validation.benchmarks.clinic_build import Built
from validation.benchmarks.memory import Growth
from validation.benchmarks.screens import Answered

LIMIT_MS = 100.0
FLAT = 0.9
JUDGED = 10_000
"""A tenth of fewer records says nothing about rates."""

REBUILT = "audit-trail"
"""The longest projection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything measured on one database.

    Attributes:
        database: ``sqlite`` or ``postgresql``.
        built: Writing.
        verified_s: Seconds of verifying chain, tree, checkpoint and signatures of all records.
        caught_up_s: Seconds of bringing every projection from nothing to the end.
        rebuilt_s: Seconds of rebuilding the longest projection.
        log_bytes: Size of the database with the log only.
        all_bytes: Size of the database with log and projections.
        growths: What each phase took of memory on a tenth of the record and on all of it.
        processes: How many processes verified.
        answers: What every screen asked.
    """

    database: str
    built: Built
    verified_s: float
    caught_up_s: float
    rebuilt_s: float
    log_bytes: int
    all_bytes: int
    growths: list[Growth]
    processes: int
    answers: list[Answered]


def broken(measured: Measured) -> list[str]:
    """Return the stated bounds that are broken, in words."""
    built, said = measured.built, []
    ours = built.flat / built.bare_flat
    long = built.events // 10 >= JUDGED
    length = built.flat if built.flat_beside is None else built.flat_beside
    if long and length < FLAT:
        said.append(f"the last tenth was appended at {length:.2f} of the rate of a first")
    if long and ours < FLAT:
        said.append(f"appends fell to {ours:.2f} of what the bare INSERT fell to")
    said += [
        f"memory grows with the record: {each}" for each in measured.growths if not each.constant
    ]
    said += [
        f"{each.question} took {each.p95_ms:.0f} ms (p95)"
        for each in measured.answers
        if each.p95_ms > LIMIT_MS
    ]
    return said


def report(measured: Measured) -> Iterator[str]:
    """Yield what was measured, line by line."""
    built, events = measured.built, measured.built.events
    yield f"\n{measured.database}: {events:,} events, {built.sessions:,} sessions, "
    yield f"  {built.visits:,} visits, {built.clients:,} clients, written in {built.wall_s:.0f} s"
    yield f"  appended per second, by tenth: {', '.join(f'{rate:,.0f}' for rate in built.tenths)}"
    if built.flat_beside is not None:
        yield (
            f"  last tenth / first tenth of a young record, in turn: {built.flat_beside:.2f} "
            f"(at least {FLAT})"
        )
    bare, beside = built.bare_flat, built.flat / built.bare_flat
    yield (
        f"  last tenth / first tenth, minutes apart: {built.flat:.2f}; bare INSERT of the same "
        f"rows: {bare:.2f}; ours beside it: {beside:.2f} (at least {FLAT})"
    )
    memory = ", ".join(f"{size:.0f} MB at {at} %" for at, size in built.memory_mb.items())
    yield f"  memory while writing: {memory}"
    yield from (f"  memory, {each}" for each in measured.growths)
    yield f"  data keys: {built.clients / built.keys_s:,.0f} made per second"
    for what, seconds in (
        (
            f"verified (chain, tree, signatures; {measured.processes} processes)",
            measured.verified_s,
        ),
        ("all projections from nothing", measured.caught_up_s),
        (f"{REBUILT} rebuilt", measured.rebuilt_s),
    ):
        yield f"  {what}: {seconds:.1f} s, {events / seconds:,.0f} records per second"
    sizes = measured.log_bytes / events, measured.all_bytes / events
    yield f"  database: {sizes[0]:,.0f} bytes per event, {sizes[1]:,.0f} with projections"
    yield f"  {'question':<40} {'p50 ms':>8} {'p95 ms':>8} {'slowest':>8} {'p95/limit':>10}"
    for each in measured.answers:
        ratio = each.p95_ms / LIMIT_MS
        yield (
            f"  {each.question:<40} {each.p50_ms:>8.1f} {each.p95_ms:>8.1f} "
            f"{each.slowest_ms:>8.1f} {ratio:>10.2f}{'' if ratio <= 1 else '  over'}"
        )
    slow = sum(each.p95_ms > LIMIT_MS for each in measured.answers)
    yield f"  {len(measured.answers) - slow} of {len(measured.answers)} within {LIMIT_MS:.0f} ms"
    bounds = broken(measured)
    yield f"  {'BROKEN: ' + '; '.join(bounds) if bounds else 'every stated bound is kept'}"
