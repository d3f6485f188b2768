"""One minute of the soak: the same harness as ``./vultus benchmark soak``."""

from dataclasses import asdict

import psycopg
import pytest

from domain.errors import MalformedInput
from tests.environment.postgres import OwnServers
from tests.fleet.processes import Note, wait_until
from validation.benchmarks.soak import Soaked, lines, soak
from validation.benchmarks.soak_killer import Plan
from validation.benchmarks.soak_process import open_soaked


@pytest.mark.slow
@pytest.mark.verifies("REQ-IN-002", "DRV-02", "DRV-06")
def test_nothing_is_lost_doubled_or_skipped_while_everybody_is_killed(
    own_postgres: OwnServers, note: Note
) -> None:
    cluster = own_postgres({})
    plan = Plan(seconds=60.0, writers=4, readers=4, seed=7)
    soaked = soak(plan, cluster.dsn(), cluster=cluster)
    for name, value in asdict(soaked.account).items():
        note(name, value)
    assert soaked.good, "\n".join(lines(soaked))
    # It was a soak at all.
    assert soaked.account.answered > 50
    assert soaked.account.records > soaked.account.answered
    assert soaked.pauses > 0
    assert min(soaked.crashes, soaked.connections_ended, *soaked.kills.values()) > 0
    assert soaked.checkpoints > 1
    with pytest.raises(MalformedInput, match="empty database"):
        soak(plan, cluster.dsn())


@pytest.mark.slow
def test_damage_is_a_failed_soak(own_postgres: OwnServers) -> None:
    """The harness is able to fail: a record that is changed meanwhile ends whoever meets it."""
    cluster = own_postgres({})

    def damage(_second: int) -> None:
        if not damaged:
            with open_soaked(cluster.dsn()) as log:
                wait_until(lambda: log.size() >= 5)
            change(cluster.dsn())
            damaged.append(True)

    damaged: list[bool] = []
    plan = Plan(seconds=8.0, writers=2, readers=2, seed=8)
    soaked: Soaked = soak(plan, cluster.dsn(), progress=damage, catch_up_s=1.0)
    assert damaged
    assert not soaked.good
    assert not soaked.intact
    assert soaked.account.failures
    assert any("NOT INTACT" in each for each in lines(soaked))


def change(dsn: str) -> None:
    """Change a stored record as nobody should."""
    with psycopg.connect(dsn) as connection:
        connection.execute("ALTER TABLE records DISABLE TRIGGER ALL")
        connection.execute(
            "UPDATE records SET state = substring(state FROM 2) WHERE notification_id = 3"
        )
