"""One at a time leads, and whoever lost the lead knows it before another has it."""

from pathlib import Path

import psycopg
import pytest

from adapters.leadership import FileLeadership, PostgresLeadership
from adapters.memory import ManualClock
from domain.errors import Unavailable
from tests.builders import MORNING
from tests.fleet.processes import wait_until

END_LEADER = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE application_name LIKE 'vultus-leads%%' AND datname = current_database()"
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
    first = PostgresLeadership(postgres_dsn, clock=clock, lease_s=0.4)
    second = PostgresLeadership(postgres_dsn, clock=clock)
    assert first.take()
    overlaps: list[bool] = []

    def taken() -> bool:
        believed = first.holds()
        took = second.take()
        if took:
            overlaps.append(believed and first.holds())
        return took

    assert wait_until(taken, within_s=10) >= 0.2
    assert overlaps == [False]
    assert not first.confirm()
    second.release()


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
