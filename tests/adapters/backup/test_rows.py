"""Records come back bit for bit, into whichever database."""

from pathlib import Path

import pytest

from adapters.backup.reading import examine, records
from adapters.backup.rows import put_back, put_checkpoints_back, require_empty
from adapters.database import open_engine
from adapters.eventlog.log import open_event_log
from adapters.ledger.checkpoints import DatabaseShelf
from domain.errors import DigestMismatch, RuleViolation
from domain.ledger.export import StoredRecord
from tests.adapters.backup.bench import Bench
from tests.contracts.logs import CLINIC, QUALITY, Logs, check_whole, databases
from tests.environment.postgres import PostgresServer


def put(dsn: str, found: list[StoredRecord], bench: Bench) -> bytes:
    engine = open_engine(dsn)
    try:
        with engine.connect() as connection:
            require_empty(connection)
            root = put_back(connection, found, clinic=CLINIC)
            put_checkpoints_back(connection, bench.shelf.all())
            connection.commit()
    finally:
        engine.dispose()
    return root


@pytest.mark.verifies("DRV-35")
@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_record_restored_into_either_database_has_the_same_root(
    kept_logs: Logs, tmp_path: Path, postgres_server: PostgresServer, target: str
) -> None:
    bench, folder = Bench(kept_logs), tmp_path / "backup"
    bench.record(1500)
    bench.record(4, request="one request of several records")
    bench.back_up(folder)
    (tmp_path / "other").mkdir()
    for logs in databases(postgres_server).logs(target, tmp_path / "other"):
        survey = examine(folder)
        assert put(logs.dsn, list(records(folder, survey)), bench) == bench.log.tree.root(1504)
        engine = logs.engine()
        assert DatabaseShelf(engine).all() == bench.shelf.all()
        with open_event_log(
            logs.dsn,
            clinic=CLINIC,
            keys=kept_logs.keys,
            clock=kept_logs.clock,
            randomness=kept_logs.randomness,
        ) as log:
            assert check_whole(log) == 1504
            assert log.sealed_after(-1, limit=2000) == bench.log.sealed_after(-1, limit=2000)
            request = str(QUALITY), "one request of several records"
            assert log.recorded(*request) == bench.log.recorded(*request)
        with pytest.raises(RuleViolation, match="1504 rows in records"):
            put(logs.dsn, [], bench)


def test_a_record_with_another_leaf_hash_is_not_put_back(
    postgres_logs: Logs, tmp_path: Path
) -> None:
    bench = Bench(Logs("memory"))
    bench.record(3)
    bench.back_up(tmp_path / "backup")
    found = list(records(tmp_path / "backup", examine(tmp_path / "backup")))
    found[1] = found[1]._replace(leaf=bytes(32))
    with pytest.raises(DigestMismatch, match="record 1"):
        put(postgres_logs.dsn, found, bench)
    assert postgres_logs.open().size() == 0  # all or nothing
