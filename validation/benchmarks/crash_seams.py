"""Every place where this program changes a disk or a database, and a way to die at one of them.

Rules kept here:

1. A seam is a call that may change something outside the process: a file call of ``os``, a
   statement that writes, a commit. The process dies just before it or just after it.
2. The calls are replaced in the libraries themselves, so what dies is the program as shipped.
3. It dies of SIGKILL: no handler runs, nothing is flushed, no lock is given back by hand.
"""

import os
import signal
import sqlite3
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Final

import psycopg
from sqlalchemy.engine.default import DefaultDialect

FILES: Final = ("open", "write", "fsync", "link", "unlink", "mkdir", "rename", "replace", "rmdir")
WRITING: Final = ("INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "COMMIT", "LOCK", "COPY")
STATEMENTS: Final = (
    (DefaultDialect, "do_execute", 2),
    (DefaultDialect, "do_executemany", 2),
    (DefaultDialect, "do_execute_no_params", 2),
    (psycopg.Cursor, "execute", 1),
    (psycopg.Cursor, "executemany", 1),
    (psycopg.Cursor, "copy", 1),
)
"""Class, method and the place of the statement among what it is given, the object first."""

COMMITS: Final = (
    (DefaultDialect, "do_commit"),
    (psycopg.Transaction, "__exit__"),
    (psycopg.Pipeline, "__exit__"),
)


class Seams:
    """Counts seams in the order they are met; dies at one of them."""

    def __init__(self, *, at: int | None = None, after: bool = False, reads: bool = False) -> None:
        """Die at this seam, counted from 0, before or after it; nowhere without one.

        Args:
            at: The seam.
            after: Whether to die after it rather than before it.
            reads: Whether statements that only read are seams, too.
        """
        self.count = 0
        self.armed = True
        self._reads = reads
        self._at = at
        self._after = after
        self._inside = False

    def watch(self) -> None:
        """Watch this process from now on; there is no way back."""
        for name in FILES:
            setattr(os, name, self._seam(getattr(os, name)))
        for owner, name, place in STATEMENTS:
            setattr(owner, name, self._seam(getattr(owner, name), statement_at=place))
        for commits, name in COMMITS:
            setattr(commits, name, self._seam(getattr(commits, name)))
        sqlite3.connect = partial(sqlite3.connect, factory=self._sqlite_connection())  # type: ignore[assignment]

    def _sqlite_connection(self) -> type[sqlite3.Connection]:
        """Return connections whose statements, and those of their cursors, are seams."""

        def watched(driver: type[Any]) -> dict[str, Callable[..., Any]]:
            names = ("execute", "executemany")
            return {each: self._seam(getattr(driver, each), statement_at=1) for each in names}

        cursor = type("WatchedCursor", (sqlite3.Cursor,), watched(sqlite3.Cursor))
        plain = sqlite3.Connection.cursor
        methods = watched(sqlite3.Connection) | {
            "commit": self._seam(sqlite3.Connection.commit),
            "cursor": lambda connection, factory=cursor: plain(connection, factory),
        }
        return type("WatchedConnection", (sqlite3.Connection,), methods)

    def _seam(
        self, done: Callable[..., Any], *, statement_at: int | None = None
    ) -> Callable[..., Any]:
        @wraps(done)
        def seam(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - any call
            reads = statement_at is not None and not _writes(given[statement_at])
            left_out = not self.armed or (reads and not self._reads)
            if left_out or self._inside:  # a call of one layer goes through the layers below it
                return done(*given, **named)
            self._inside = True
            try:
                return self._step(lambda: done(*given, **named))
            finally:
                self._inside = False

        return seam

    def _step(self, do: Callable[[], Any]) -> Any:  # noqa: ANN401 - any call
        last = self.count == self._at
        self.count += 1
        if last and not self._after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = do()
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result


def _writes(statement: object) -> bool:
    text = statement.decode() if isinstance(statement, bytes) else str(statement)
    return text.lstrip().upper().startswith(WRITING)
