"""Waiting ends when there are records, also after notices were lost."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from eventsourcing.persistence import InterfaceError, Notification

from adapters.eventlog import subscription
from adapters.eventlog.subscription import Arrivals
from tests.contracts.logs import Logs, a_draft


class Notices:
    """A subscription that gives one notice and then ends."""

    def __iter__(self) -> Iterator[Notification]:
        yield Notification("", 0, "", b"", id=7)

    def stop(self) -> None:
        """Do nothing: it ends by itself."""


def test_a_lost_notice_only_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "LOOK_AGAIN_S", 0.02)
    sizes = iter([0, 0, 0, 1])
    arrivals = Arrivals(lambda: next(sizes), None)
    assert arrivals.wait(0, timeout_s=20)


def test_a_subscription_that_fails_is_begun_again() -> None:
    begun: list[int] = []

    @contextmanager
    def follow(gt: int) -> Iterator[Notices]:
        begun.append(gt)
        if len(begun) == 1:
            raise InterfaceError
        yield Notices()

    arrivals = Arrivals(lambda: 0, follow)  # type: ignore[arg-type]
    assert arrivals.wait(6, timeout_s=20)
    assert len(begun) >= 2
    arrivals.close()
    assert not arrivals.wait(7, timeout_s=20)


def test_listeners_whose_connections_were_cut_listen_again(kept_logs: Logs) -> None:
    log, other, stream = kept_logs.open(), kept_logs.open(), kept_logs.new_stream()
    assert not log.wait(-1, timeout_s=0.2)
    if "sqlite" not in kept_logs.dsn:
        kept_logs.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    waiting = threading.Thread(target=lambda: log.wait(-1, timeout_s=20))
    waiting.start()
    other.append([a_draft(stream)])
    waiting.join(20)
    assert not waiting.is_alive()
