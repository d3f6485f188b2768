"""What is looked for after a crash of the drill: everything acknowledged, and nothing half done.

Rules kept here:

1. The check opens the record as any start does and repairs nothing by itself.
2. Everything that was acknowledged is there; what was not may be there whole or not at all, and
   doing it again under the same key leaves it there once.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from adapters.positions import DatabasePositions
from adapters.verification.verify import verify_log
from api.serving import opened
from api.settings import Settings
from api.wiring import System
from domain.errors import NotFound, RecordsError
from projections.catalogue import ALL
from validation.benchmarks import crash_delivery
from validation.benchmarks.crash_day import (
    ACTOR,
    BEFORE,
    CONTENT,
    DIGEST,
    READER,
    TODAY,
    live,
    quiet,
)

ONCE: Final = {"erase-before": 1, "enrol-station": 1}
"""Records of a request, by its idempotency key; of every other there are two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a check found.

    Attributes:
        lost: Acknowledged things that are not there.
        problems: What the verifier, the comparison of projections or a repeated day found.
    """

    lost: list[str]
    problems: list[str]


def check(settings: Settings, noted: list[dict[str, Any]]) -> Findings:
    """Open the record after a crash, look for everything noted, and live the day again."""
    lost: list[str] = []
    problems: list[str] = []
    with _collected(problems):
        with opened(settings, say=quiet) as system:
            problems += _verified(system)
            lost += [missing for each in noted for missing in _missing(system, each)]
            problems += _projections_differ(system)
        live(settings, lambda _: None)
        with opened(settings, say=quiet) as system:
            problems += _verified(system)
            problems += _doubled(system)
            problems += crash_delivery.wrong(system)
            problems += _forgotten(system)
    return Findings(lost=lost, problems=problems)


@contextmanager
def _collected(problems: list[str]) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the drill looks for
        problems.append(f"{type(error).__name__}: {error}")


def _missing(system: System, noted: dict[str, Any]) -> Iterator[str]:
    """Yield what was acknowledged and is not there."""
    for seq, leaf in noted.get("leaves", ()):
        if seq >= system.log.size() or system.log.tree.leaf(seq).hex() != leaf:
            yield f"record {seq} of {noted['request']}"
    if "key" in noted and "blob" not in noted:
        with _missed() as missed:
            system.keys.derive(f"subject:{noted['key']}", b"drill")
        yield from missed
    if "blob" in noted:
        with _missed() as missed:
            found = b"".join(system.blobs.read(DIGEST, key=f"subject:{noted['key']}"))
            if found != CONTENT:
                yield "stored content"
        yield from missed
    if "checkpoint" in noted:
        kept = {each.size: each.note.decode() for each in system.shelf.all()}
        outside = system.settings.data / "checkpoint-copies" / f"{noted['checkpoint']}.txt"
        if kept.get(noted["checkpoint"]) != noted["note"]:
            yield f"the checkpoint of {noted['checkpoint']}"
        if not outside.exists() or outside.read_text() != noted["note"]:
            yield f"the outside copy of the checkpoint of {noted['checkpoint']}"
    yield from crash_delivery.missing(system, noted)
    if "position" in noted and DatabasePositions(system.engine).load(READER) < noted["position"]:
        yield "a reader's position"
    if "erased" in noted:
        key = f"subject:{noted['erased']}"
        if not system.keys.destroyed(key) or any(_stored(system, key)):
            yield "an erasure"


@contextmanager
def _missed() -> Iterator[list[str]]:
    missed: list[str] = []
    try:
        yield missed
    except RecordsError as error:
        missed.append(f"{type(error).__name__}: {error}")


def _stored(system: System, key: str) -> Iterator[bytes]:
    for name in system.blobs_of_key(key):
        with suppress(NotFound):
            yield from system.blobs.stored(name)


def _verified(system: System) -> list[str]:
    system.checkpointer.sign()
    report = verify_log(
        system.log,
        key=system.checkpointer.key,
        checkpoints=system.shelf.all(),
        blobs=system.blobs,
    )
    return [each.text for each in report.problems]


def _projections_differ(system: System) -> list[str]:
    system.runner.catch_up()
    live = _rows(system)
    for each in ALL:
        system.runner.rebuild(each.name)
    rebuilt = _rows(system)
    return [
        f"table {name} is not what the log says" for name in live if live[name] != rebuilt[name]
    ]


def _rows(system: System) -> dict[str, list[str]]:
    with system.reads.connect() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(sa.select(table)))
            for projection in ALL
            for table in projection.tables
        }


def _doubled(system: System) -> list[str]:
    counted = Counter(
        record.idempotency_key
        for record in system.log.after(-1, limit=system.log.size())
        if record.actor == ACTOR
    )
    return [
        f"{key} is recorded {count} times"
        for key, count in counted.items()
        if count != ONCE.get(str(key), 2)
    ]


def _forgotten(system: System) -> list[str]:
    """Return stored content that neither a record names nor anybody waits for a record of."""
    keys = (system.clinic_key, f"subject:{BEFORE}", f"subject:{TODAY}")
    known = {name.hex() for key in keys for name in system.blobs_of_key(key)}
    stored = (system.settings.data / "blobs").glob("??/??/*")
    return [f"content {path.name} is known to nobody" for path in stored if path.name not in known]
