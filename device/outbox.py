"""The durable queue between shutter and receipt.

Rules kept here:

1. A statement, its number and its content are kept in one transaction: after a power cut at any
   instant all of it is there, or none of it, and the next number follows the last one kept.
2. Nothing is deleted before the server acknowledged the statement and every content it names with
   the same digest. What the server refuses for good is kept aside with the reason, and emptied
   only when told to.
3. Everything that says anything about a person is encrypted under the station's storage key.
4. What lies in the clear: numbers, times, sizes, and why something was refused.

Source: SQLite, "Atomic Commit In SQLite" and ``PRAGMA synchronous`` (EXTRA: the journal's removal
is durable too).
"""

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from adapters.system import SystemClock
from device.ports import SecureKey
from device.queued import Aside, Packed, QueueState
from device.statement import Statement
from domain.errors import DigestMismatch, MalformedInput, NotFound, Refusal, Unavailable
from domain.ports import Clock
from domain.values.time import DeviceTime

_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS counter (
        one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL) STRICT""",
    "INSERT OR IGNORE INTO counter VALUES (1, 0)",
    """CREATE TABLE IF NOT EXISTS statement (
        sequence INTEGER PRIMARY KEY, made_us INTEGER NOT NULL, sealed BLOB NOT NULL,
        rule TEXT, evidence TEXT, next_step TEXT, aside_us INTEGER) STRICT""",
    """CREATE TABLE IF NOT EXISTS content (
        sequence INTEGER NOT NULL, place INTEGER NOT NULL, sealed BLOB NOT NULL,
        settled INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (sequence, place)) STRICT""",
    "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT",
)
_SINCE: Final = "ALTER TABLE statement ADD COLUMN aside_us INTEGER"
"""For a queue made before it was kept since when a statement was aside."""

DELIVERED_FOR: Final = timedelta(days=1)
"""How long the station relies on the server having content; the server keeps it for a week."""

_FULL: Final = "the station's disk is full or read-only; nothing was kept"
_ASK: Final = "Free space or let the queue be delivered, then capture again"


class Outbox:
    """Keeps statements until they are acknowledged; may be used by several threads."""

    def __init__(
        self,
        path: Path,
        key: SecureKey,
        *,
        clock: Clock | None = None,
        connect: type[sqlite3.Connection] = sqlite3.Connection,
    ) -> None:
        """Open or make the queue.

        Args:
            path: The file.
            key: Encrypts what is kept.
            clock: The station's clock.
            connect: Kind of connection.

        Raises:
            Unavailable: the disk is full, read-only or away.
            DigestMismatch: the file is damaged.
        """
        self._path = path
        self._key = key
        self._clock = clock or SystemClock()
        self._lock = threading.RLock()
        self._arrived = threading.Condition(self._lock)
        with _disk():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, factory=connect
            )
            self._connection.execute("PRAGMA journal_mode = DELETE")
            self._connection.execute("PRAGMA synchronous = EXTRA")
            self._connection.execute("PRAGMA secure_delete = ON")
            with self._transaction():
                for each in _SCHEMA:
                    self._connection.execute(each)
                columns = self._connection.execute("PRAGMA table_info(statement)").fetchall()
                if "aside_us" not in {name for _, name, *_ in columns}:
                    self._connection.execute(_SINCE)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def put(self, make: Callable[[int], Packed], *, keep: Mapping[str, bytes] | None = None) -> int:
        """Keep the statement made for the next number; return the number once it is durable.

        Args:
            make: Makes and signs the statement, given its number.
            keep: What else to keep in the same step, by name.

        Raises:
            Unavailable: the disk is full or read-only; nothing was kept and no number used.
        """
        with self._lock, _disk():
            with self._transaction():
                (last,) = self._one("SELECT last FROM counter")
                sequence = int(last) + 1
                packed = make(sequence)
                statement = packed.statement
                if statement.sequence != sequence:
                    raise MalformedInput("the statement does not carry the number it was given")
                self._connection.execute("UPDATE counter SET last = ?", (sequence,))
                self._connection.execute(
                    "INSERT INTO statement (sequence, made_us, sealed) VALUES (?, ?, ?)",
                    (
                        sequence,
                        statement.device_time.us,
                        self._seal(statement.to_bytes(), f"statement/{sequence}"),
                    ),
                )
                for place, content in enumerate(packed.content):
                    self._connection.execute(
                        "INSERT INTO content (sequence, place, sealed) VALUES (?, ?, ?)",
                        (sequence, place, self._seal(content, f"content/{sequence}/{place}")),
                    )
                for name, fact in (keep or {}).items():
                    self._keep(name, fact)
            self._arrived.notify_all()
            return sequence

    def waiting(self, limit: int) -> tuple[Statement, ...]:
        """Return the oldest statements that await delivery, in the order of their numbers.

        Raises:
            DigestMismatch: a statement was changed on the disk.
        """
        with self._lock, _disk():
            rows = self._connection.execute(
                "SELECT sequence, sealed FROM statement WHERE rule IS NULL"
                " ORDER BY sequence LIMIT ?",
                (limit,),
            ).fetchall()
        return tuple(self._opened(sequence, sealed) for sequence, sealed in rows)

    def unsettled(self, sequence: int) -> tuple[int, ...]:
        """Return the places of a statement's content that await delivery, or await it again.

        What was delivered long ago, while its statement could not be, may be gone at the server.
        """
        now_us = self._clock.now().us
        since_us = now_us - DELIVERED_FOR // timedelta(microseconds=1)
        with self._lock, _disk():
            rows = self._connection.execute(
                "SELECT place FROM content WHERE sequence = ? AND settled NOT BETWEEN ? AND ?"
                " ORDER BY place",
                (sequence, since_us, now_us),
            ).fetchall()
        return tuple(int(place) for (place,) in rows)

    def content(self, sequence: int, place: int) -> bytes:
        """Return content of a statement.

        Raises:
            NotFound: there is none at this place.
            DigestMismatch: it was changed on the disk.
        """
        with self._lock, _disk():
            row = self._connection.execute(
                "SELECT sealed FROM content WHERE sequence = ? AND place = ?", (sequence, place)
            ).fetchone()
        if row is None:
            raise NotFound("the station keeps no such content")
        return self._key.open(row[0], f"content/{sequence}/{place}".encode())

    def settle(self, sequence: int, place: int) -> None:
        """Note that the server has this content, or will never take it; it is kept all the same."""
        with self._lock, _disk(), self._transaction():
            self._connection.execute(
                "UPDATE content SET settled = ? WHERE sequence = ? AND place = ?",
                (self._clock.now().us, sequence, place),
            )

    def accept(self, sequence: int) -> None:
        """Delete a statement and its content, which the server acknowledged."""
        with self._lock, _disk(), self._transaction():
            for table in ("content", "statement"):
                self._connection.execute(
                    f"DELETE FROM {table} WHERE sequence = ?",  # noqa: S608 - two fixed names
                    (sequence,),
                )

    def set_aside(self, sequence: int, refusal: Refusal) -> None:
        """Keep a statement aside that the server refused for good."""
        with self._lock, _disk(), self._transaction():
            self._connection.execute(
                "UPDATE statement SET rule = ?, evidence = ?, next_step = ?, aside_us = ?"
                " WHERE sequence = ?",
                (
                    refusal.rule,
                    refusal.evidence,
                    refusal.next_step,
                    self._clock.now().us,
                    sequence,
                ),
            )

    def empty(self, sequences: Iterable[int]) -> None:
        """Delete what statements kept aside say and name; numbers, times and reasons stay."""
        with self._lock, _disk(), self._transaction():
            for sequence in sequences:
                mine = "sequence = ? AND rule IS NOT NULL"
                emptied = self._connection.execute(
                    f"UPDATE statement SET sealed = x'' WHERE {mine}",  # noqa: S608 - fixed words
                    (sequence,),
                )
                if emptied.rowcount:
                    self._connection.execute("DELETE FROM content WHERE sequence = ?", (sequence,))

    def aside(self) -> tuple[Aside, ...]:
        """Return what was refused, with the reasons.

        Raises:
            DigestMismatch: a statement was changed on the disk.
        """
        with self._lock, _disk():
            rows = self._connection.execute(
                "SELECT sequence, coalesce(aside_us, made_us), sealed, rule, evidence, next_step"
                " FROM statement WHERE rule IS NOT NULL ORDER BY sequence"
            ).fetchall()
        return tuple(
            Aside(
                sequence=sequence,
                refusal=Refusal(rule=rule, evidence=evidence, next_step=next_step),
                since=DeviceTime(since_us),
                statement=self._opened(sequence, sealed) if sealed else None,
            )
            for sequence, since_us, sealed, rule, evidence, next_step in rows
        )

    def number_from(self, last: int) -> None:
        """Let the next number follow this one, when it is higher than ours.

        A station whose disk was lost would otherwise use numbers again that the server knows.
        """
        with self._lock, _disk(), self._transaction():
            self._connection.execute("UPDATE counter SET last = max(last, ?)", (last,))

    def keep(self, name: str, fact: bytes) -> None:
        """Keep a fact of the station under a name, in place of an older one."""
        with self._lock, _disk(), self._transaction():
            self._keep(name, fact)

    def kept(self, name: str) -> bytes | None:
        """Return the fact kept under a name, or none.

        Raises:
            DigestMismatch: it was changed on the disk.
        """
        with self._lock, _disk():
            row = self._connection.execute(
                "SELECT sealed FROM kept WHERE name = ?", (name,)
            ).fetchone()
        return None if row is None else self._key.open(row[0], f"kept/{name}".encode())

    def state(self) -> QueueState:
        """Return how the queue stands."""
        with self._lock, _disk():
            (last,) = self._one("SELECT last FROM counter")
            waiting, oldest = self._one(
                "SELECT count(*), min(made_us) FROM statement WHERE rule IS NULL"
            )
            (refused,) = self._one("SELECT count(*) FROM statement WHERE rule IS NOT NULL")
        return QueueState(
            waiting=waiting,
            oldest=None if oldest is None else DeviceTime(oldest),
            refused=refused,
            last_sequence=last,
            free_bytes=shutil.disk_usage(self._path.parent).free,
        )

    def wait(self, seconds: float) -> None:
        """Return when a statement is put, or after so many seconds."""
        with self._arrived:
            self._arrived.wait(seconds)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # A full disk may have ended the transaction already.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _keep(self, name: str, fact: bytes) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO kept (name, sealed) VALUES (?, ?)",
            (name, self._seal(fact, f"kept/{name}")),
        )

    def _opened(self, sequence: int, sealed: bytes) -> Statement:
        return Statement.from_bytes(self._key.open(sealed, f"statement/{sequence}".encode()))

    def _seal(self, content: bytes, context: str) -> bytes:
        return self._key.seal(content, context.encode())

    def _one(self, query: str) -> tuple[int, ...]:
        row: tuple[int, ...] = self._connection.execute(query).fetchone()
        return row


@contextmanager
def _disk() -> Iterator[None]:
    """Say what to do when the disk fails inside."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable(f"{_FULL} ({error}). {_ASK}.") from error
    except OSError as error:
        raise Unavailable(f"{_FULL} ({error.strerror or error}). {_ASK}.") from error
    except sqlite3.DatabaseError as error:
        raise DigestMismatch(f"the station's queue is damaged: {error}") from error
