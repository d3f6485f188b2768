"""Waiting for new records, on the library's subscriptions.

Rules kept here:

1. Notice of a record says that there is one, never what it is; records are read from the log.
2. A notice may be lost and waiting still ends: whoever waits looks for itself now and then.
3. An append in this process wakes at once, one in another process within ``POLL_S`` on SQLite
   and by NOTIFY on PostgreSQL.
4. All threads here are daemons: a program that forgets to close the log still ends.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from eventsourcing.persistence import (
    ApplicationRecorder,
    ConnectionPoolClosedError,
    ListenNotifySubscription,
    Notification,
    PersistenceError,
    ShutDown,
    Subscription,
)
from eventsourcing.postgres import PostgresSubscription
from eventsourcing.sqlite import SQLiteApplicationRecorder

POLL_S = 0.05
LOOK_AGAIN_S = 2.0


class SqliteSubscription(ListenNotifySubscription[SQLiteApplicationRecorder]):
    """Records of an SQLite file as they come, from whichever process; the library has none."""

    def __init__(
        self,
        recorder: SQLiteApplicationRecorder,
        gt: int | None = None,
        topics: Sequence[str] = (),
    ) -> None:
        """Begin after position ``gt`` and listen."""
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._listen_thread = threading.Thread(target=self._listen)
        self._listen_thread.start()

    def __exit__(self, *args: object, **kwargs: object) -> None:
        try:
            super().__exit__(*args, **kwargs)
        finally:
            self._listen_thread.join()

    def _listen(self) -> None:
        """Ask the database whether it changed; this reads shared memory, not the disk."""
        try:
            with self._recorder.datastore.get_connection(commit=False) as connection:
                seen = None
                while not self._has_been_stopped:
                    cursor = connection.cursor()
                    cursor.execute("PRAGMA data_version")
                    version = cursor.fetchone()[0]
                    if version != seen:
                        seen = version
                        self._has_been_notified.set()
                    time.sleep(POLL_S)
        except BaseException as error:  # noqa: BLE001 - raised to whoever iterates
            if self._thread_error is None:
                self._thread_error = error
            self.stop()


class _PositionsOnly(ListenNotifySubscription[ApplicationRecorder]):
    """Reads no records, only how far the log has come."""

    def _pull(self) -> None:
        self._has_been_notified.clear()
        newest = self._recorder.max_notification_id() or 0
        if newest > (self._last_notification_id or 0):
            self._last_notification_id = newest
            notice = Notification(
                originator_id="", originator_version=0, topic="", state=b"", id=newest
            )
            with suppress(ShutDown):
                self._notifications_queue.put([notice])


class SqlitePositions(_PositionsOnly, SqliteSubscription):
    """Newest positions of an SQLite file as they come."""


class PostgresPositions(_PositionsOnly, PostgresSubscription):
    """Newest positions of a PostgreSQL log as they come."""


class Follows(Protocol):
    """Begins a subscription to newest positions after the one given."""

    def __call__(self, gt: int) -> Subscription[ApplicationRecorder]:
        """Begin."""
        ...


class Arrivals:
    """Knows how many records there are at least, and wakes whoever waits for more."""

    def __init__(self, size: Callable[[], int], follow: Follows | None) -> None:
        """Learn of other processes' records through ``follow``, where there can be any."""
        self._size = size
        self._follow = follow
        self._known = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._subscription: Subscription[ApplicationRecorder] | None = None

    def note(self, size: int) -> None:
        """Learn that there are ``size`` records."""
        with self._changed:
            if size > self._known:
                self._known = size
                self._changed.notify_all()

    def wait(self, size: int, *, timeout_s: float) -> bool:
        """Return true as soon as there are more than ``size`` records; false after the time-out."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.note(self._size())
            with self._changed:
                self._begin()
                left = deadline - time.monotonic()
                self._changed.wait_for(
                    lambda: self._known > size or self._closed, max(0.0, min(left, LOOK_AGAIN_S))
                )
                if self._known > size:
                    return True
                if self._closed or left <= 0:
                    return False

    def close(self) -> None:
        """Let everybody go who waits, and stop listening."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            subscription, thread = self._subscription, self._thread
        if subscription is not None:
            subscription.stop()
        if thread is not None:
            thread.join()

    def _begin(self) -> None:
        if self._thread is None and self._follow is not None and not self._closed:
            self._thread = threading.Thread(
                target=self._listen, args=(self._follow,), name="log-arrivals", daemon=True
            )
            self._thread.start()

    def _listen_once(self, follow: Follows) -> None:
        with follow(self._known) as subscription:
            with self._changed:
                self._subscription = subscription
                if self._closed:
                    subscription.stop()
            for notice in subscription:
                self.note(notice.id)

    def _listen(self, follow: Follows) -> None:
        while not self._closed:
            # A lost connection ends a subscription; the next one looks at what came meanwhile.
            with suppress(PersistenceError, ConnectionPoolClosedError, sqlite3.Error):
                self._listen_once(follow)
            with self._changed:
                self._changed.wait_for(lambda: self._closed, POLL_S)
