"""Who does what only one process may do at a time.

Rules kept here:

1. At most one holder at a time believes to lead. On PostgreSQL the lock belongs to a connection of
   its own; the server ends that connection when its holder was silent for the lease, and the
   holder stops believing a lease after it last asked, which is earlier. No clocks are compared.
2. A holder that ends, is killed, is cut off or stands still loses the lead, and another may have
   it within seconds. The lease is asked for before the lock, so no pause leaves one without the
   other. A lock on a file knows no lease: who stands still with it keeps it until ended.
3. What was begun under a lost lead may still come to its end; see decision 0012 for why that does
   no harm.
4. Only a server that takes writes gives the lead.
"""

import fcntl
import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Protocol

import psycopg
import sqlalchemy as sa

from adapters.database import connection_parameters, engine_errors
from domain.errors import MalformedInput, Unavailable
from domain.ports import Clock
from domain.values.time import ServerTime

LEASE_S: Final = 6.0
CONFIRM_S: Final = 0.5
"""How often a holder confirms; many times within a lease."""

_LOCK: Final = 0x76756C74_776F726B  # any fixed number; it must differ from other programs'
_MARK: Final = "vultus-leads"
_NAME_BYTES: Final = 63
_HOST_BYTES: Final = 24  # with all else it fits into the name of a connection
_LEADER: Final = sa.text(
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) "
    "WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND classid = :high AND objid = :low "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leader:
    """Who leads.

    Attributes:
        who: Machine and process, as it names itself; empty where that cannot be seen.
        since: When it took the lead; none where that cannot be seen.
    """

    who: str
    since: ServerTime | None


class Leadership(Protocol):
    """One candidate for the lead; used by one thread, but for ``holds``."""

    def take(self) -> bool:
        """Take the lead; false while another has it.

        Raises:
            Unavailable: nobody can be asked.
        """
        ...

    def confirm(self) -> bool:
        """Ask whether we still lead, and so go on leading."""
        ...

    def holds(self) -> bool:
        """Return whether we lead for all we know, without asking; any thread may."""
        ...

    def release(self) -> None:
        """Give the lead away; nothing happens where we have none."""
        ...


def this_process() -> str:
    """Return how this process names itself."""
    return f"{socket.gethostname()[:_HOST_BYTES]}:{os.getpid()}"


class PostgresLeadership:
    """The lead as an advisory lock of one connection, with a lease that the server keeps."""

    def __init__(self, dsn: str, *, clock: Clock, lease_s: float = LEASE_S) -> None:
        """Stand for the lead of the record in a database."""
        self._parameters = connection_parameters(dsn)
        self._parameters["options"] += f" -c idle_session_timeout={round(lease_s * 1000)}"
        self._clock = clock
        self._lease_s = lease_s
        self._connection: psycopg.Connection | None = None
        self._until = 0.0

    def take(self) -> bool:
        """Take the lead; false while another has it."""
        kept = self._connection is not None
        try:
            if self._connection is None:
                self._connection = psycopg.connect(**self._parameters, autocommit=True)
            sent = time.monotonic()
            # A lock is also given by a standby, where it would mean nothing.
            taken = self._connection.execute(
                "SELECT CASE WHEN pg_is_in_recovery() THEN false ELSE pg_try_advisory_lock(%s) END",
                (_LOCK,),
            ).fetchone()
            if taken is None or not taken[0]:
                return False
            name = f"{_MARK} {self._clock.now().us} {this_process()}"
            self._connection.execute(
                "SELECT set_config('application_name', %s, false)", (name[:_NAME_BYTES],)
            )
        except psycopg.Error as error:
            self.release()
            if kept:  # whoever asks seldom finds a connection that was ended for its silence
                return self.take()
            message = f"nobody can say who leads ({error.sqlstate or type(error).__name__})"
            raise Unavailable(message) from error
        self._until = sent + self._lease_s
        return True

    def confirm(self) -> bool:
        """Ask whether we still lead; a connection that answers still has its lock."""
        sent = time.monotonic()
        if self._connection is None or not self.holds():
            self.release()  # whoever does not believe to lead shall not keep others from it
            return False
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            self.release()
            return False
        self._until = sent + self._lease_s
        return True

    def holds(self) -> bool:
        """Return whether the lease has time left."""
        return time.monotonic() < self._until

    def release(self) -> None:
        """End the connection, and with it the lock."""
        self._until = 0.0
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()


class FileLeadership:
    """The lead as a lock on a file, for processes of one machine."""

    def __init__(self, path: Path, *, clock: Clock) -> None:
        """Stand for the lead of the record beside which the file lies."""
        self._path = path
        self._clock = clock
        self._file: IO[str] | None = None

    def take(self) -> bool:
        """Take the lead; false while another has it."""
        try:
            file = self._path.open("a+", encoding="utf-8")
        except OSError as error:
            message = f"the lock of the workers cannot be opened: {error.strerror}"
            raise Unavailable(message) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        json.dump({"who": this_process(), "since": self._clock.now().us}, file)
        file.flush()
        self._file = file
        return True

    def confirm(self) -> bool:
        """Return whether we lead; nobody can take a file's lock away."""
        return self.holds()

    def holds(self) -> bool:
        """Return whether we lead."""
        return self._file is not None

    def release(self) -> None:
        """Close the file, and with it end the lock."""
        file, self._file = self._file, None
        if file is not None:
            file.close()


def postgres_leader(engine: sa.Engine) -> Leader | None:
    """Return who leads the record in this database; none when nobody does.

    Raises:
        Unavailable: the database cannot be read.
    """
    high, low = divmod(_LOCK, 1 << 32)
    with engine_errors(), engine.connect() as connection:
        found = connection.execute(_LEADER, {"high": high, "low": low}).one_or_none()
    if found is None:
        return None
    mark, _, told = (found[0] or "").partition(" ")
    since, _, who = told.partition(" ")
    if mark != _MARK or not since.isdigit():
        return Leader(who="", since=None)
    return Leader(who=who, since=ServerTime(int(since)))


def file_leader(path: Path) -> Leader | None:
    """Return who leads the record beside which the file lies; none when nobody does."""
    try:
        file = path.open(encoding="utf-8")
    except OSError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            with suppress(ValueError, KeyError, TypeError, MalformedInput):
                told = json.load(file)
                return Leader(who=str(told["who"]), since=ServerTime(told["since"]))
            return Leader(who="", since=None)
    return None
