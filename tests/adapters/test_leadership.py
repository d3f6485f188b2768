"""One at a time leads, and whoever lost the lead knows it before another has it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from adapters.leadership import FileLeadership, PostgresLeadership
from adapters.memory import ManualClock
from domain.errors import Unavailable
from domain.values.time import ServerTime
from tests.builders import MORNING
from tests.fleet.processes import wait_until

END_LEADER = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE application_name LIKE 'vultus-leads%%' AND datname = current_database()"
)
END_EVERYBODY = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def end_leaders_connection(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        assert connection.execute(END_LEADER).fetchall() == [(True,)]


def test_losing_the_lead_is_noticed_by_the_one_who_lost_it(postgres_dsn: str) -> None:
    clock = ManualClock(MORNING)
    first, second = (PostgresLeadership(postgres_dsn, clock=clock) for _ in range(2))
    assert first.take()
    assert not second.take()
    assert first.confirm()
    end_leaders_connection(postgres_dsn)
    wait_until(second.take)
    assert not first.confirm()
    assert not first.holds()
    assert not first.take()
    second.release()
    wait_until(first.take)
    first.release()


def test_a_silent_leader_stops_believing_before_the_server_lets_another_lead(
    postgres_dsn: str,
) -> None:
    clock = ManualClock(MORNING)
    first = PostgresLeadership(postgres_dsn, clock=clock, lease_s=2)
    second = PostgresLeadership(postgres_dsn, clock=clock)
    began = time.monotonic()
    assert first.take()
    overlaps: list[bool] = []

    def taken() -> bool:
        believed = first.holds()
        took = second.take()
        if took:
            overlaps.append(believed and first.holds())
        return took

    wait_until(taken)
    assert time.monotonic() - began >= 2
    assert overlaps == [False]
    assert not first.confirm()
    second.release()


class Standing(ManualClock):
    """Stands still when asked for the time, which is just after the lock was taken."""

    asked = threading.Event()
    may_go_on = threading.Event()

    def now(self) -> ServerTime:
        """Return it once told to go on."""
        self.asked.set()
        assert self.may_go_on.wait(60)
        return super().now()


def test_whoever_stands_still_just_after_taking_the_lead_loses_it(postgres_dsn: str) -> None:
    clock = Standing(MORNING)
    first = PostgresLeadership(postgres_dsn, clock=clock, lease_s=1)
    second = PostgresLeadership(postgres_dsn, clock=ManualClock(MORNING))
    with ThreadPoolExecutor(1) as pool:
        taking = pool.submit(first.take)
        assert clock.asked.wait(30)
        wait_until(second.take)
        clock.may_go_on.set()
        assert isinstance(taking.exception(30), Unavailable)
    assert not first.holds()
    second.release()


def test_whoever_asked_long_ago_may_still_take_the_lead(postgres_dsn: str) -> None:
    clock = ManualClock(MORNING)
    first, second = (PostgresLeadership(postgres_dsn, clock=clock, lease_s=1) for _ in range(2))
    assert first.take()
    assert not second.take()
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute(END_EVERYBODY)
    assert second.take()
    second.release()
    first.release()


def test_a_database_that_is_away_gives_the_lead_to_nobody() -> None:
    away = PostgresLeadership(
        "postgresql://nobody@127.0.0.1:1/none", clock=ManualClock(MORNING), lease_s=1
    )
    with pytest.raises(Unavailable, match="nobody can say who leads"):
        away.take()
    assert not away.holds()
    assert not away.confirm()


def test_a_file_gives_the_lead_to_one(tmp_path: Path) -> None:
    first, second = (
        FileLeadership(tmp_path / "lock", clock=ManualClock(MORNING)) for _ in range(2)
    )
    assert first.take()
    assert not second.take()
    assert first.confirm()
    first.release()
    assert not first.holds()
    assert second.take()
    second.release()
    with pytest.raises(Unavailable, match="cannot be opened"):
        FileLeadership(tmp_path / "none" / "lock", clock=ManualClock(MORNING)).take()
