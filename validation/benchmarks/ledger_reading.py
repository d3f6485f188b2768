"""Verifying, auditing, rebuilding, decoding: each beside the least that it must take.

Rules kept here:

1. What is held against reads the same rows in the same way and does nothing else with them.
2. The checks are those of ``./vultus verify``, the rebuild that of ``./vultus rebuild``.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Final, cast

import sqlalchemy as sa

from adapters.database import open_engine
from adapters.eventlog.log import RecordLog
from adapters.eventlog.payload import read_payload
from adapters.eventlog.rows import Checked, Row, check_row
from adapters.eventlog.sealing import opened, unseal
from adapters.keys.signing import Ed25519Signer, verify_p256
from adapters.verification.verify import source_of, verify
from adapters.verification.verifying import Phase
from domain.events.equipment import DeviceEnrolled
from domain.events.record import Draft, Record
from domain.ledger import layout
from domain.ledger.checkpoint import VerifierKey
from domain.ledger.entry import decode_entry, statement_of
from domain.ledger.log_keys import LogKeys
from domain.ports import EventLog, KeyRing
from domain.values.identifiers import SessionId, SubjectId
from projections.audit_trail import PROJECTION
from projections.runner import ProjectionRunner
from projections.writing import Rows
from validation.benchmarks.clinic_house import House
from validation.benchmarks.clinic_scribe import Scribe
from validation.benchmarks.ledger_figures import Figure, compared, microseconds, seconds
from validation.benchmarks.ledger_limits import (
    of_audit,
    of_rebuild,
    of_two_processes,
    of_verification,
)
from validation.benchmarks.ledger_logs import CLINIC, WRITER, Bench, some_events

VERIFY_GOAL: Final = 0.33
PROCESSES_GOAL: Final = 1.8
AUDIT_GOAL: Final = 0.9
REBUILD_GOAL: Final = 50.0
DECODE_GOAL: Final = 0.8
PAGE: Final = 500

_PUBLIC: Final = Ed25519Signer.generate().public_key()
_KEYS: Final = LogKeys.of(VerifierKey(name="benchmark", public_key=_PUBLIC))


def beside_scan(bench: Bench, *, turns: int) -> list[Figure]:
    """Measure chain and tree of every record beside a raw scan, on one process and on two."""
    size = bench.log.size()
    source = source_of(bench.dsn)
    one, two, alone_s = [], [], []
    for _ in range(turns):
        scan = seconds(lambda: deque(source.sealed(0, size), maxlen=0))
        alone = _verify(bench, Phase.CHAIN, processes=1)
        helped = _verify(bench, Phase.CHAIN, processes=2)
        alone_s.append(alone)
        one.append((size / alone, size / scan))
        two.append((size / helped, size / alone))
    return [
        compared(
            f"{bench.kind}, full verification, one process",
            "records checked (order, chain, tree, both hashes of each) ÷ records read: entry, "
            "ciphertext and leaf of the same rows, fetched and dropped",
            one,
            events=size,
            goal=VERIFY_GOAL,
            limits=[of_verification(bench, one)],
        ),
        compared(
            f"{bench.kind}, full verification, two processes",
            "records checked by two processes ÷ by one, the start of the processes included",
            two,
            events=size,
            goal=PROCESSES_GOAL,
            limits=[of_two_processes(size, alone_s)],
        ),
    ]


def write_signed(bench: Bench, number: int) -> None:
    """Append records of which, but for a station's enrolment, each is signed by a station."""
    scribe = Scribe(CLINIC, seed=3)
    house = House(scribe)
    for deed in house.found():
        if any(isinstance(draft.event, DeviceEnrolled) for draft in deed.drafts):
            bench.log.append(deed.drafts)
    events = some_events(100)
    who = SubjectId.derived("signed")
    bench.keys.create(f"subject:{who}")
    signed: list[Draft] = []
    for place in range(number):
        stream = SessionId.derived("signed", str(place // 20)).stream
        station = house.stations[place % len(house.stations)]
        event = events[place % len(events)]
        signed += scribe.write(WRITER, stream, [event], subject=who, station=station).drafts
    for at in range(0, number, PAGE):
        bench.log.append(signed[at : at + PAGE])


def beside_raw_signatures(bench: Bench, *, turns: int) -> Figure:
    """Measure the audit of signatures beside verifying the same signatures, statements made."""
    size = bench.log.size()
    signed = _signed(bench.log)
    rates = []
    for _ in range(turns):
        raw = seconds(_check_each, signed)
        audit = _verify(bench, Phase.SIGNATURES, processes=1)
        rates.append((len(signed) / audit, len(signed) / raw))
    return compared(
        f"{bench.kind}, audit of device signatures, one process",
        f"the {len(signed):,} signatures checked by the audit of a log whose records are signed by "
        "stations ÷ the same "
        "P-256 signatures checked one after the other, statements made and keys loaded before",
        rates,
        events=size,
        goal=AUDIT_GOAL,
        limits=[of_audit(bench, len(signed), rates)],
    )


@dataclass(slots=True)
class _Beginning:
    """A log of which only the first records are seen so far."""

    log: RecordLog
    end: int

    def size(self) -> int:
        return self.end

    def after(self, seq: int, *, limit: int) -> tuple[Record, ...]:
        return self.log.after(seq, limit=min(limit, self.end - seq - 1))


def beside_single_transactions(bench: Bench, *, singles: int, turns: int) -> Figure:
    """Measure a batched rebuild of a projection beside one transaction for each event."""
    rates = []
    size = bench.log.size()
    engine = open_engine(bench.dsn)
    beginning = _Beginning(bench.log, 0)
    one = ProjectionRunner(engine, cast("EventLog", beginning), [PROJECTION])
    whole = ProjectionRunner(engine, bench.log, [PROJECTION])
    try:
        for _ in range(turns):
            first = one.position() + 2
            alone = seconds(_one_by_one, one, beginning, first, singles)
            until = size - singles - 1
            batched = seconds(whole.rebuild, PROJECTION.name, until=until)
            rates.append(((until + 1) / batched, singles / alone))
    finally:
        engine.dispose()
    return compared(
        f"{bench.kind}, rebuild of a projection",
        f"records a rebuild of {PROJECTION.name} applies ÷ records applied with a transaction for "
        "each, reading it from the log and writing rows and position",
        rates,
        events=size,
        goal=REBUILD_GOAL,
        limits=[
            of_rebuild(
                median(1e6 / batched for batched, _ in rates),
                median(1e6 / alone for _, alone in rates),
                decoding_us=_whole_decoding(bench),
                rows_us=_making_rows(bench),
            ),
            *_decoding(bench),
        ],
    )


def decoding(bench: Bench, *, turns: int) -> Figure:
    """Measure stored rows → records beside the same with contents that need no decryption."""
    rows = list(bench.log.stored(max(0, bench.log.size() - 4 * PAGE), bench.log.size()))
    contents = {row.ciphertext: b"".join(opened(row, bench.keys)) for row in rows}
    known = cast("KeyRing", _Opened(contents))
    rates = []
    for _ in range(turns):
        with_it = microseconds(lambda: _decode(rows, bench.keys), len(rows), turns=1)
        without = microseconds(lambda: _decode(rows, known), len(rows), turns=1)
        rates.append((1e6 / with_it, 1e6 / without))
    return compared(
        f"{bench.kind}, decoding",
        "stored rows made into records: columns, hashes and commitment checked, decrypted, parsed "
        "÷ the same with the opened content at hand instead of keys; both in processor time",
        rates,
        events=bench.log.size(),
        goal=DECODE_GOAL,
        limits=_decoding(bench),
    )


class _Opened:
    """Instead of keys, the contents themselves."""

    def __init__(self, contents: dict[bytes, bytes]) -> None:
        self._contents = contents

    def open(self, _key: str, _nonce: bytes, sealed: bytes, _associated: bytes) -> bytes:
        return self._contents[sealed]


def _decode(rows: Sequence[Row], keys: KeyRing) -> list[Record]:
    return [unseal(row, check_row(row), keys) for row in rows]


def _whole_decoding(bench: Bench) -> float:
    """Return the microseconds of processor time that one record costs to decode."""
    rows = list(bench.log.stored(max(0, bench.log.size() - PAGE), bench.log.size()))
    return microseconds(lambda: _decode(rows, bench.keys), len(rows))


def _making_rows(bench: Bench) -> float:
    """Return the microseconds of processor time that one record's rows cost to make."""
    records = bench.log.after(max(-1, bench.log.size() - PAGE - 1), limit=PAGE)
    engine = open_engine(bench.dsn)
    try:
        with engine.connect() as connection:
            return microseconds(lambda: _make_rows(connection, records), len(records))
    finally:
        engine.dispose()


def _make_rows(connection: sa.Connection, records: Sequence[Record]) -> None:
    rows = Rows(connection)
    for record in records:
        PROJECTION.apply(rows, record)


def _decoding(bench: Bench) -> list[str]:
    """Return what one record costs to decode, in microseconds of processor time."""
    rows = list(bench.log.stored(max(0, bench.log.size() - PAGE), bench.log.size()))
    checked = [check_row(row) for row in rows]
    payloads = [opened(row, bench.keys)[1] for row in rows]
    parts = {
        "whole": microseconds(lambda: _decode(rows, bench.keys), len(rows)),
        "of it checking the row": microseconds(lambda: [check_row(row) for row in rows], len(rows)),
        "parsing and building the event": microseconds(
            lambda: [
                read_payload(row.name, row.schema, payload)
                for row, payload in zip(rows, payloads, strict=True)
            ],
            len(rows),
        ),
        "decrypting": microseconds(
            lambda: [
                bench.keys.open(row.key_id, each.said.nonce, row.ciphertext, _bound(row, each))
                for row, each in zip(rows, checked, strict=True)
            ],
            len(rows),
        ),
    }
    said = "; ".join(f"{what} {cost:.1f}" for what, cost in parts.items())
    return [f"µs per record decoded: {said}"]


def _bound(row: Row, checked: Checked) -> bytes:
    return layout.bound(checked.naming, row.key_id, checked.said.commitment)


def _one_by_one(runner: ProjectionRunner, beginning: _Beginning, first: int, singles: int) -> None:
    for end in range(first, first + singles):
        beginning.end = end
        runner.catch_up()


def _check_each(signed: Sequence[tuple[str, bytes, bytes]]) -> None:
    for public_key, signature, statement in signed:
        verify_p256(public_key, signature, statement)


def _verify(bench: Bench, phase: Phase, *, processes: int) -> float:
    """Return the seconds of a phase, and make sure that it found nothing wrong."""
    began = perf_counter()
    found = verify(
        bench.log,
        keys=_KEYS,
        checkpoints=(),
        phases=(phase,),
        dsn=bench.dsn,
        processes=processes,
    )
    took = perf_counter() - began
    if not found.report.intact:
        message = f"the log is not intact: {found.report.problems[0].text}"
        raise RuntimeError(message)
    return took


def _signed(log: RecordLog) -> list[tuple[str, bytes, bytes]]:
    """Return public key, signature and statement of every signed record."""
    keys: dict[str, str] = {}
    signed = []
    for row in log.stored(0, log.size()):
        entry = decode_entry(row.entry)
        if entry.header.name == "DeviceEnrolled":
            event = log.after(row.seq - 1, limit=1)[0].event
            if isinstance(event, DeviceEnrolled):
                keys[str(event.device)] = event.public_key
        if entry.device_signature is not None and entry.header.device is not None:
            statement = statement_of(entry.header)
            signed.append((keys[entry.header.device], entry.device_signature, statement))
    return signed
