"""A primary and a standby that follows it, waited for or not."""

from dataclasses import dataclass

import psycopg
import pytest

from tests.environment.postgres import OwnServers, StandbyOf
from tests.fleet.processes import wait_until
from validation.benchmarks.postgres import PostgresCluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A primary and its standby."""

    primary: PostgresCluster
    standby: PostgresCluster

    @property
    def writes(self) -> str:
        """Whichever of them takes writes."""
        ports = f"{self.primary.port},{self.standby.port}"
        return (
            f"postgresql://postgres@/postgres?host=127.0.0.1,127.0.0.1&port={ports}"
            "&target_session_attrs=read-write"
        )

    @property
    def reads(self) -> str:
        """The standby, while there is one."""
        ports = f"{self.standby.port},{self.primary.port}"
        return (
            f"postgresql://postgres@/postgres?host=127.0.0.1,127.0.0.1&port={ports}"
            "&target_session_attrs=prefer-standby"
        )


def replicating(cluster: PostgresCluster) -> str | None:
    """Return how a primary's standby follows: sync or async; none where none does."""
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        found = connection.execute("SELECT sync_state FROM pg_stat_replication").fetchone()
    return None if found is None else str(found[0])


def replayed(pair: Pair) -> bool:
    """Return whether a standby has applied everything its primary has written by now."""
    with psycopg.connect(pair.primary.dsn(), autocommit=True) as primary:
        written = primary.execute("SELECT pg_current_wal_lsn()::text").fetchone()
    with psycopg.connect(pair.standby.dsn(), autocommit=True) as standby:
        applied = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
        return standby.execute(applied, written).fetchone() == (True,)


def wait_for_standby(cluster: PostgresCluster) -> None:
    """Have the primary acknowledge nothing that its standby has not applied."""
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'second'")
        connection.execute("SELECT pg_reload_conf()")
    wait_until(lambda: replicating(cluster) == "sync")


@pytest.fixture
def pair(own_postgres: OwnServers, standby_of: StandbyOf) -> Pair:
    """Return a primary and its synchronous standby."""
    primary = own_postgres({"synchronous_commit": "remote_apply", "hot_standby_feedback": "on"})
    standby = standby_of(primary, "second")
    wait_for_standby(primary)
    return Pair(primary=primary, standby=standby)


@pytest.fixture
def loose_pair(own_postgres: OwnServers, standby_of: StandbyOf) -> Pair:
    """Return a primary that waits for nobody, and its standby."""
    primary = own_postgres({})
    standby = standby_of(primary, "second")
    wait_until(lambda: replicating(primary) == "async")
    return Pair(primary=primary, standby=standby)
