"""Verify the live log: chain and tree, device signatures, stored contents.

Rules kept here:

1. The mathematics is the auditor's own; this only brings records, content and keys to it.
2. Each kind of check is a phase of its own, so that the quick one can be had alone. All of them
   can use several processes; how the log is cut for them does not change what is found.
3. Memory grows with the number of streams and devices, not with the number of records.
4. What was verified before is gone on from only where its root is proven, and what was not looked
   at again is said.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from adapters.database import sqlite_name
from adapters.eventlog.rows import Row
from adapters.keys.signing import is_ed25519_signature
from adapters.ledger.checkpoints import KeptCheckpoint
from adapters.ledger.tree_store import TreeStore
from adapters.verification.crew import Crew
from adapters.verification.earlier import Earlier
from adapters.verification.phases import Reading
from adapters.verification.postgres_source import PostgresSource
from adapters.verification.sources import OpenLog, RecordSource
from adapters.verification.sqlite_source import SqliteSource
from adapters.verification.verified import SeenDevice, Verified
from adapters.verification.verifying import Phase, Progress, Timing, Work
from domain.ledger.checkpoint import VerifierKey
from domain.ledger.log_check import LogReport
from domain.ledger.log_keys import LogKeys
from domain.ports import BlobStore
from domain.values.time import ServerTime

ALL: Final = tuple(Phase)

RANGE: Final = 1 << 14
"""So many records are checked at a time by one process; a power of two."""


class Verifiable(Protocol):
    """What verification needs of a log."""

    tree: TreeStore

    def size(self) -> int:
        """Return the number of records."""
        ...

    def stored(self, begin: int, end: int) -> Iterator[Row]:
        """Yield the rows of a range as stored."""
        ...

    def disclose(self, seq: int) -> tuple[bytes, bytes]:
        """Return salt and payload of a record."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a verification did and found.

    Attributes:
        report: What was found.
        timings: What was done, phase by phase.
        processes: How many processes were asked for.
        since: What an earlier verification had found intact and was not looked at again.
        outside: How many checkpoints that were kept apart from the log it was held against.
        covered: The newest checkpoint, if it covers exactly what was verified.
        devices: The devices as the verified part leaves them.
    """

    report: LogReport
    timings: tuple[Timing, ...]
    processes: int
    since: Verified | None
    outside: int
    covered: bytes | None
    devices: dict[str, SeenDevice]

    @property
    def complete(self) -> bool:
        """Whether every kind of check was done."""
        return {timing.phase for timing in self.timings} == set(ALL)

    def verified(self, at: ServerTime) -> Verified | None:
        """Return from where the next verification may go on, if anything allows it to."""
        if not (self.complete and self.report.intact and self.covered):
            return None
        return Verified(note=self.covered, verified_at=at, devices=self.devices)


def verify_log(
    log: Verifiable,
    *,
    key: VerifierKey | LogKeys,
    checkpoints: Sequence[KeptCheckpoint | bytes],
    blobs: BlobStore | None,
    dsn: str | None = None,
    processes: int = 1,
) -> LogReport:
    """Verify every record there is now in every way, and return what was found; see ``verify``."""
    keys = key if isinstance(key, LogKeys) else LogKeys.of(key)
    return verify(
        log, keys=keys, checkpoints=checkpoints, blobs=blobs, dsn=dsn, processes=processes
    ).report


def verify(
    log: Verifiable,
    *,
    keys: LogKeys,
    checkpoints: Sequence[KeptCheckpoint | bytes],
    outside: Sequence[bytes] = (),
    blobs: BlobStore | None = None,
    phases: Collection[Phase] = ALL,
    dsn: str | None = None,
    processes: int = 1,
    since: Verified | None = None,
    end: int | None = None,
    range_size: int = RANGE,
    progress: Progress | None = None,
) -> Verification:
    """Verify the log.

    Args:
        log: The log.
        keys: The log's verifier keys.
        checkpoints: What the log must agree with, kept beside it.
        outside: Signed checkpoints that were kept elsewhere.
        blobs: Where stored content lies; none leaves content unchecked.
        phases: What to check.
        dsn: Where the log is stored, so that other processes can read it.
        processes: How many processes check at once; more than one need the DSN.
        since: Go on from what was verified before; what it covers is not looked at again.
        end: Number of records to verify; all there are now, if not given.
        range_size: Records in one task; a power of two.
        progress: Told how far it is.

    Raises:
        MalformedInput: an outside checkpoint cannot be read.
        IntegrityFailure: what was verified before is not signed by the log.
        Unavailable: database or blobs cannot be read, or a process was killed.
    """
    size = log.size() if end is None else min(end, log.size())
    source = OpenLog(log) if dsn is None else source_of(dsn)
    earlier = None
    if since is not None:
        opened = keys.open(since.note, is_ed25519_signature)
        earlier = Earlier(checkpoint=opened, tree=log.tree, source=source)
    begin = earlier.size if earlier else 0
    with Crew(1 if dsn is None else processes) as crew:
        reading = Reading(
            source=source,
            crew=crew,
            begin=begin,
            end=size,
            range_size=range_size,
            gapless=source.holds(begin, size),
        )
        work = Work(log, keys, reading, earlier, progress)
        lost = work.lost()
        if lost is None:
            work.run(
                [each if isinstance(each, bytes) else each.note for each in checkpoints],
                outside,
                frozenset(phases),
                blobs,
                since,
            )
    return Verification(
        report=lost or work.report(),
        timings=tuple(work.timings),
        processes=processes,
        since=since,
        outside=len(outside),
        covered=work.covered,
        devices=work.devices,
    )


def source_of(dsn: str) -> RecordSource:
    """Return the source behind a DSN; it can be shared.

    Raises:
        MalformedInput: the DSN names neither an SQLite file nor a PostgreSQL database.
    """
    name = sqlite_name(dsn)
    if name is None:
        return PostgresSource(dsn)
    return SqliteSource(f"{name.partition('?')[0]}?mode=ro")
