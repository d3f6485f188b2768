"""Every place where this program changes a disk or a database, and a way to die at one of them.

Rules kept here:

1. A seam is a call that may change something outside the process: a file call of ``os``, a
   statement that writes, a commit. The process dies just before it or just after it.
2. The calls are replaced in the libraries themselves, so what dies is the program as shipped.
3. It dies of SIGKILL: no handler runs, nothing is flushed, no lock is given back by hand.
"""

import os
import signal
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import psycopg
from eventsourcing.sqlite import SQLiteConnection, SQLiteCursor
from sqlalchemy.engine.default import DefaultDialect

FILES: Final = ("open", "write", "fsync", "link", "unlink", "mkdir", "rename", "replace", "rmdir")
WRITING: Final = ("INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "COMMIT", "LOCK", "COPY")
STATEMENTS: Final = (
    (DefaultDialect, "do_execute", 2),
    (DefaultDialect, "do_executemany", 2),
    (DefaultDialect, "do_execute_no_params", 2),
    (SQLiteCursor, "execute", 1),
    (SQLiteCursor, "executemany", 1),
    (psycopg.Cursor, "execute", 1),
    (psycopg.Cursor, "executemany", 1),
    (psycopg.Cursor, "copy", 1),
)
"""Class, method and the place of the statement among what it is given, the object first."""

COMMITS: Final = (
    (DefaultDialect, "do_commit"),
    (SQLiteConnection, "commit"),
    (psycopg.Transaction, "__exit__"),
    (psycopg.Pipeline, "__exit__"),
)


class Seams:
    """Counts seams in the order they are met; dies at one of them."""

    def __init__(self, *, at: int | None = None, after: bool = False) -> None:
        """Die at this seam, counted from 0, before or after it; nowhere without one."""
        self.count = 0
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

    def _seam(
        self, done: Callable[..., Any], *, statement_at: int | None = None
    ) -> Callable[..., Any]:
        @wraps(done)
        def seam(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - any call
            reads = statement_at is not None and not _writes(given[statement_at])
            if reads or self._inside:  # a call of one layer goes through the layers below it
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
