"""A way to a database that is cut just after a commit, before anybody is told of it.

Rules kept here:

1. Bytes are passed on as they come. Only the commit of an append is watched for: one on a
   connection that locked the writers' table since its last commit.
2. A commit that is cut has happened: PostgreSQL's answer was received here, and kept.
"""

import select
import socket
import threading
from typing import Final

from psycopg.conninfo import conninfo_to_dict

_LOCKS: Final = b"log_writer"
_COMMIT: Final = b"COMMIT"
_COMMITTED: Final = b"COMMIT\0"
"""How a server's answer to a commit ends."""
_READ: Final = 1 << 16


class CuttableWay:
    """Listens on a port of its own and passes everything on, until told to cut."""

    def __init__(self, dsn: str) -> None:
        """Lead to a database."""
        found = conninfo_to_dict(dsn)
        self._to = (str(found["host"]), int(str(found["port"])))
        self._database = str(found["dbname"])
        self._user = str(found["user"])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._cuts_left = 0
        self._stay_closed = False
        self._open: set[socket.socket] = set()
        self.closed = False
        """Whether the way leads nowhere."""
        self.cuts = 0
        """Commits that nobody was told of."""
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    @property
    def dsn(self) -> str:
        """The database's address by this way."""
        port = self._listener.getsockname()[1]
        return f"postgresql://{self._user}@127.0.0.1:{port}/{self._database}"

    def cut(self, *, stay_closed: bool) -> None:
        """Cut after the next commit of an append; then let nobody through, if told so."""
        with self._lock:
            self._cuts_left = 1
            self._stay_closed = stay_closed

    def end(self) -> None:
        """Close every connection."""
        self.closed = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._drop_all()
        for thread in self._threads:
            thread.join()

    def _drop_all(self) -> None:
        with self._lock:
            for each in self._open:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # it was closed at the other end

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.closed:
                client.close()
                continue
            thread = threading.Thread(target=self._pass_on, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._to) as server:
            ends = {client, server}
            with self._lock:
                self._open |= ends
            try:
                self._both_ways(client, server)
            except OSError:
                pass  # cut, or closed at either end
            finally:
                with self._lock:
                    self._open -= ends

    def _both_ways(self, client: socket.socket, server: socket.socket) -> None:
        appends, untold = False, None
        while True:
            ready, _, _ = select.select([client, server], [], [])
            for end in ready:
                content = end.recv(_READ)
                if not content:
                    return
                if end is client:
                    appends = appends or _LOCKS in content
                    commits = appends and _COMMIT in content
                    appends = appends and not commits
                    if commits and self._cuts_now():
                        untold = b""
                    server.sendall(content)
                elif untold is None:
                    client.sendall(content)
                else:
                    untold += content  # answers to what came before may be among it
                    if _COMMITTED in untold:
                        self.cuts += 1
                        if self.closed:
                            self._drop_all()
                        return

    def _cuts_now(self) -> bool:
        with self._lock:
            if not self._cuts_left:
                return False
            self._cuts_left = 0
            self.closed = self._stay_closed
            return True
