"""A real log in a folder of its own, what is appended to it, and the same rows written bare.

Rules kept here:

1. The log is the product's: keys in files, sealed, chained, in the tree, durable at every commit.
2. Bare means: the identical rows, made before, with the same statements, into an equal database
   with the same settings and as many rows already in it.
3. Events are those of an invented clinic, made as they are needed: memory does not grow with them.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import count, islice
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from adapters.database import LOCK_TIMEOUT_S, connect_sqlite, migrate, sqlite_name
from adapters.eventlog import postgres, sqlite
from adapters.eventlog.log import RecordLog, open_event_log
from adapters.eventlog.rows import Row
from adapters.keys.key_ring import FileKeyRing
from adapters.keys.master_key import create_master_key_file
from adapters.ledger.tree_store import EMPTY_EDGE, Edge, NodeRow, grow
from adapters.system import SystemClock, SystemRandomness
from domain.events.names import Event
from domain.events.record import Draft
from domain.values.actor import Actor
from domain.values.identifiers import ClinicId, SessionId
from validation.benchmarks.clinic_years import ClinicYears
from validation.benchmarks.postgres import PostgresCluster

CLINIC = ClinicId.derived("benchmark")
CLINIC_KEY = f"clinic:{CLINIC}"
WRITER = Actor.service("benchmark")
KINDS = ("sqlite", "postgresql")
WORKING = 1500
"""After so many records the clinic is founded and works."""

Part = tuple[Sequence[Row], Sequence[NodeRow]]
"""Rows and tree rows that are written in one transaction."""


class Drafts:
    """What an invented clinic records, draft by draft, each a request of its own."""

    def __init__(self, keys: FileKeyRing, *, seed: int = 1) -> None:
        """Begin with the clinic's first day; data keys are made when they are needed."""
        self._keys = keys
        self._drafts = self._endless(seed)

    def take(self, number: int) -> list[Draft]:
        """Return the next drafts."""
        return list(islice(self._drafts, number))

    def batches(self, number: int, size: int) -> list[list[Draft]]:
        """Return the next drafts in so many batches of one size."""
        return [self.take(size) for _ in range(number)]

    def _endless(self, seed: int) -> Iterator[Draft]:
        numbers = count()
        for deed in ClinicYears(CLINIC, seed=seed).deeds():
            if deed.new_subject is not None:
                self._keys.create(f"subject:{deed.new_subject}")
            for draft in deed.drafts:
                yield replace(draft, idempotency_key=f"{draft.idempotency_key}-{next(numbers)}")


@cache
def some_events(number: int) -> list[Event]:
    """Return events that follow one another in the clinic's daily work."""
    drafts = (draft for deed in ClinicYears(CLINIC, seed=2).deeds() for draft in deed.drafts)
    return [draft.event for draft in islice(drafts, WORKING, WORKING + number)]


def own_drafts(events: Sequence[Event], writer: str, batches: int, size: int) -> list[list[Draft]]:
    """Return batches for a stream that nobody else writes to, each a request of its own."""
    stream = SessionId.derived("benchmark", writer).stream
    return [
        [
            Draft(
                stream=stream,
                expected_version=batch * size + place,
                event=events[(batch * size + place) % len(events)],
                key=CLINIC_KEY,
                actor=WRITER,
                correlation=str(CLINIC),
                idempotency_key=f"{writer}-{batch}-{place}",
            )
            for place in range(size)
        ]
        for batch in range(batches)
    ]


class Bare(Protocol):
    """Writes rows that were made before."""

    def write(self, part: Part) -> None:
        """Write a part in one transaction, durable once this returns."""
        ...

    def close(self) -> None:
        """Let the database go."""
        ...


class BareSqlite:
    """A file with the product's settings."""

    def __init__(self, dsn: str) -> None:
        """Open a migrated file."""
        self._connection = connect_sqlite(str(sqlite_name(dsn)), lock_timeout_s=LOCK_TIMEOUT_S)

    def write(self, part: Part) -> None:
        """Write a part in one transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        sqlite.insert_rows(self._connection, *part)
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class BarePostgres:
    """A database on the same server, with everything of a transaction sent at once."""

    def __init__(self, dsn: str) -> None:
        """Connect to a migrated database."""
        self._connection: psycopg.Connection[Any] = psycopg.connect(
            dsn, autocommit=True, row_factory=dict_row
        )

    def write(self, part: Part) -> None:
        """Write a part in one transaction."""
        with postgres.transaction(self._connection):
            postgres.insert_rows(self._connection, *part)

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()


@dataclass(slots=True, kw_only=True)
class Bench:
    """A log and its bare double.

    Attributes:
        kind: ``sqlite`` or ``postgresql``.
        dsn: Where the log is.
        folder: Where its files lie.
        log: The log.
        keys: Its data keys.
        drafts: What to append next.
        bare: The double.
        copied: Records in the double.
        edge: The tree's edge over them.
    """

    kind: str
    dsn: str
    folder: Path
    log: RecordLog
    keys: FileKeyRing
    drafts: Drafts
    bare: Bare
    copied: int = 0
    edge: Edge = EMPTY_EDGE

    def parts(self, size: int) -> list[Part]:
        """Return what the log has and the double has not, in transactions of one size."""
        rows = list(self.log.stored(self.copied, self.log.size()))
        parts: list[Part] = []
        for at in range(0, len(rows), size):
            some = rows[at : at + size]
            self.edge, nodes = grow(self.edge, [row.leaf for row in some])
            parts.append((some, nodes))
        self.copied += len(rows)
        return parts

    def fill(self, events: int, *, batch: int = 500) -> None:
        """Append until the log has so many records, and bring the double along."""
        while (size := self.log.size()) < events:
            self.log.append(self.drafts.take(min(batch, events - size)))
            for part in self.parts(batch):
                self.bare.write(part)

    def size_bytes(self) -> int:
        """Return the size of the log's database."""
        if self.kind == "sqlite":
            return sum(each.stat().st_size for each in self.folder.glob("log.db*"))
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(row[0]) if row else 0


class Places:
    """Makes benches in a folder; PostgreSQL runs there, too, once one is asked for."""

    def __init__(self, folder: Path) -> None:
        """Use an empty folder, through which the database's own user may pass."""
        self._folder = folder
        self._stack = ExitStack()
        self._server: PostgresCluster | None = None
        self._numbers = count()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def empty(self, kind: str) -> tuple[Path, str]:
        """Return a new folder and the DSN of a new database."""
        number = next(self._numbers)
        folder = self._folder / f"{kind}-{number}"
        folder.mkdir()
        if kind == "sqlite":
            return folder, f"sqlite:///{folder}/log.db"
        if self._server is None:
            self._server = PostgresCluster.make(self._folder / "server")
            self._server.start()
            self._stack.callback(self._server.stop)
        name = f"bench_{number}"
        with psycopg.connect(self._server.dsn(), autocommit=True) as connection:
            made = sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
            connection.execute(made)
        return folder, self._server.dsn(name)

    @contextmanager
    def bench(self, kind: str) -> Iterator[Bench]:
        """Yield an empty log and its double, both migrated."""
        folder, dsn = self.empty(kind)
        _, double = self.empty(kind)
        for each in (dsn, double):
            migrate(each)
        with ExitStack() as stack:
            master = create_master_key_file(folder / "master.key")
            keys = stack.enter_context(FileKeyRing(folder / "keys", clinic=CLINIC, master=master))
            keys.create(CLINIC_KEY)
            log = open_event_log(
                dsn,
                clinic=CLINIC,
                keys=keys,
                clock=SystemClock(),
                randomness=SystemRandomness(),
                lock_timeout_s=LOCK_TIMEOUT_S,
            )
            stack.callback(log.close)
            bare = BareSqlite(double) if kind == "sqlite" else BarePostgres(double)
            stack.callback(bare.close)
            yield Bench(
                kind=kind,
                dsn=dsn,
                folder=folder,
                log=log,
                keys=keys,
                drafts=Drafts(keys),
                bare=bare,
            )
