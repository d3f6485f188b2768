"""What a standby is for: reading what it has, losing nothing; what it loses unless waited for."""

import threading
from pathlib import Path

import psycopg
import pytest

from adapters.keys.signing import Ed25519Signer
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import DatabaseShelf
from adapters.ledger.outside import Copies
from adapters.ledger.outside_folder import OutsideFolder
from adapters.memory import ManualClock
from api import screen_reads
from api.screen_reads import AWAY, BEHIND, STANDBY
from api.settings import from_environment
from api.wiring import System, open_system
from domain.errors import ChainBroken, Unavailable
from domain.events.clinic import RecordExported
from domain.handling import update
from domain.rules.clinic import CLINIC as CLINIC_RULES
from domain.values.content import Digest
from projections.tables import POSITION
from tests.api.portal import SERVICE, Portal, found_clinic
from tests.builders import MORNING
from tests.contracts.logs import CLINIC, Logs, a_draft, a_run, check_whole
from tests.fleet.processes import wait_until
from tests.fleet.replicas import Pair, replayed
from validation.benchmarks.postgres import PostgresCluster

WAITS = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
END_WAITING = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
SIGNER = Ed25519Signer.generate()


def do(cluster: PostgresCluster, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        return connection.execute(statement.encode()).fetchall()


def record_something(system: System) -> None:
    event = RecordExported(kind="log", subject=None, digest=Digest.of(b""), purpose="standby")
    update(system.log, CLINIC_RULES, system.clinic.stream, lambda _: event, system.context(SERVICE))


def read(system: System) -> tuple[int, int, dict[str, int]]:
    """Read as a screen does; return what had to be seen, what was, and who answered so far."""
    system.runner.catch_up()
    position = system.runner.position()
    with system.screens.open(position) as (connection, found):
        seen = connection.execute(POSITION.select()).all()
    assert min(row.seq for row in seen) >= position
    return position, found, system.screens.counts()


@pytest.mark.slow
@pytest.mark.verifies("DRV-34")
def test_a_standby_that_is_behind_or_away_leaves_the_answer_to_the_primary(
    loose_pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen_reads, "LEFT_ALONE_S", 0.0)
    monkeypatch.setattr(screen_reads, "MOMENT_S", 2.0)
    primary, standby = loose_pair.primary, loose_pair.standby
    settings = from_environment(
        {
            "VULTUS_DATA": str(tmp_path / "record"),
            "VULTUS_DATABASE": primary.dsn(),
            "VULTUS_DATABASE_READS": standby.dsn(),
        }
    )
    with open_system(settings) as system:
        system.runner.prepare()
        found_clinic(Portal(system, ManualClock(MORNING)))
        system.runner.catch_up()
        wait_until(lambda: replayed(loose_pair))
        position, found, counts = read(system)
        assert found == position
        assert counts == {STANDBY: 1, BEHIND: 0, AWAY: 0}

        do(standby, "SELECT pg_wal_replay_pause()::text")
        monkeypatch.setattr(screen_reads, "MOMENT_S", 0.0)
        record_something(system)
        assert read(system)[2] == {STANDBY: 1, BEHIND: 1, AWAY: 0}
        do(standby, "SELECT pg_wal_replay_resume()::text")
        wait_until(lambda: read(system)[2][STANDBY] == 2)

        behind = system.screens.counts()[BEHIND]
        standby.stop("immediate")
        assert read(system)[2] == {STANDBY: 2, BEHIND: behind, AWAY: 1}
        standby.start()
        wait_until(lambda: read(system)[2][STANDBY] == 3)
        standby.stop("immediate")
        monkeypatch.setattr(screen_reads, "LEFT_ALONE_S", 60.0)
        away = read(system)[2][AWAY]
        standby.start()
        assert read(system)[2][AWAY] == away + 1  # not even asked


@pytest.mark.slow
@pytest.mark.verifies("DRV-03")
def test_what_a_standby_loses_that_was_not_waited_for_is_shown_by_the_outside_checkpoint(
    loose_pair: Pair, tmp_path: Path
) -> None:
    """Records that were acknowledged are gone; nobody goes on as if they had never been."""
    outside = tmp_path / "outside"
    outside.mkdir()

    def checkpointer(logs: Logs) -> Checkpointer:
        log = logs.open()
        return Checkpointer(
            clinic=CLINIC,
            size=log.size,
            tree=log.tree,
            shelf=DatabaseShelf(logs.engine()),
            signer=SIGNER,
            clock=logs.clock,
            copies=Copies([OutsideFolder(outside)], clock=logs.clock),
        )

    before = Logs(loose_pair.primary.dsn())
    stream = before.new_stream()
    log = before.open()
    log.append(a_run(stream, 5))
    wait_until(lambda: applied(loose_pair))
    loose_pair.standby.stop("immediate")
    log.append(a_run(stream, 3, version=5))
    signed = checkpointer(before).sign()
    assert signed is not None
    assert signed.size == 8
    before.close()
    loose_pair.primary.stop("immediate")
    loose_pair.standby.start()
    loose_pair.standby.promote()

    after = Logs(loose_pair.standby.dsn(), migrated=True)
    assert check_whole(after.open()) == 5  # whole by itself; only the copy outside knows better
    with pytest.raises(ChainBroken, match="the log has 5 records, and 8 were signed for"):
        checkpointer(after).sign()
    after.close()


def applied(pair: Pair) -> bool:
    """Return whether the standby has applied everything."""
    asked = "SELECT replay_lsn = pg_current_wal_lsn() FROM pg_stat_replication"
    return do(pair.primary, asked) == [(True,)]


@pytest.mark.slow
@pytest.mark.verifies("REQ-IN-002")
@pytest.mark.parametrize("way", ["append", "recorded"])
def test_nothing_is_acknowledged_that_the_standby_does_not_have_however_often_it_is_asked(
    pair: Pair, way: str
) -> None:
    """A connection that ends while it waits for the standby leaves the record at the primary."""
    logs = Logs(pair.primary.dsn())
    log = logs.open()
    stream = logs.new_stream()
    draft = a_draft(stream, request="asked once")
    pair.standby.stop("immediate")
    done: list[object] = []

    def append() -> None:
        done.append(log.append([draft]))

    thread = threading.Thread(target=append)
    thread.start()
    wait_until(lambda: bool(do(pair.primary, WAITS)))
    do(pair.primary, END_WAITING)
    asked = thread
    if way == "recorded":
        asked = threading.Thread(
            target=lambda: done.append(log.recorded(str(draft.actor), "asked once"))
        )
        wait_until(lambda: log.size() == 1)
        asked.start()
    # Another one waits in place of the first, and nobody was answered.
    count = 2 if way == "recorded" else 1
    wait_until(lambda: bool(done) or len(do(pair.primary, WAITS)) >= count)
    assert done == []
    pair.standby.start()
    thread.join(30)
    asked.join(30)
    assert len(done) == count
    assert check_whole(log) == 1
    logs.close()


@pytest.mark.slow
def test_a_database_that_only_reads_takes_no_record_and_leads_nobody(loose_pair: Pair) -> None:
    Logs(loose_pair.primary.dsn()).close()
    wait_until(lambda: applied(loose_pair))
    logs = Logs(loose_pair.standby.dsn(), migrated=True)
    with pytest.raises(Unavailable):
        logs.open().append([a_draft(logs.new_stream())])
    logs.close()
