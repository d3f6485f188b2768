"""The tables themselves refuse every change, gap and replacement, whoever asks."""

import sqlite3

import psycopg
import pytest

from adapters.database import APPEND_ONLY, migrate
from adapters.eventlog.log import open_event_log
from domain.errors import IntegrityFailure, Unavailable
from tests.contracts.logs import CLINIC, Logs, a_draft, a_run, check_whole

REFUSED = (sqlite3.IntegrityError, psycopg.errors.IntegrityError)


@pytest.fixture
def filled(kept_logs: Logs) -> Logs:
    """Return a log with records, tree and a checkpoint."""
    kept_logs.open().append(a_run(kept_logs.new_stream(), 3))
    note = "X'00'" if "sqlite" in kept_logs.dsn else "'\\x00'"
    kept_logs.sql(f"INSERT INTO checkpoints (size, signed_at_us, note) VALUES (3, 1, {note})")  # noqa: S608
    return kept_logs


# A row's own rights are not asked: whoever serves may be the owner of the tables. [trap 8]
@pytest.mark.verifies("REQ-IN-001", "REQ-IN-003")
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_nothing_is_changed_or_removed(filled: Logs, table: str) -> None:
    before = filled.sql(f"SELECT * FROM {table}")  # noqa: S608
    assert before
    column = {"records": "actor", "tree_nodes": "hashes", "log_owner": "clinic"}.get(table, "note")
    for statement in (
        f"UPDATE {table} SET {column} = {column}",  # noqa: S608
        f"DELETE FROM {table}",  # noqa: S608
        f"DELETE FROM {table} WHERE 1 = 1",  # noqa: S608
    ):
        with pytest.raises(REFUSED):
            filled.sql(statement)
    if "sqlite" not in filled.dsn:
        with pytest.raises(REFUSED):
            filled.sql(f"TRUNCATE {table} CASCADE")
    assert filled.sql(f"SELECT * FROM {table}") == before  # noqa: S608
    check_whole(filled.open())


@pytest.mark.verifies("DRV-02")
def test_a_place_is_taken_once_and_none_is_skipped(filled: Logs) -> None:
    position = "rowid" if "sqlite" in filled.dsn else "notification_id"
    columns = (
        "topic, schema, committed_at_us, actor, device, device_sequence, correlation, causation, "
        "idempotency_key, ordinal, key_id, previous, leaf, entry, state"
    )
    verbs = ("INSERT", "INSERT OR REPLACE") if "sqlite" in filled.dsn else ("INSERT",)
    for verb in verbs:
        for place, version in ((3, 3), (4, 3), (4, 5), (5, 4), (3, 4)):
            with pytest.raises(REFUSED):
                filled.sql(
                    f"{verb} INTO records ({position}, originator_id, originator_version, "  # noqa: S608
                    f"{columns}) SELECT {place}, originator_id, {version}, {columns} "
                    f"FROM records WHERE {position} = 3"
                )
    assert check_whole(filled.open()) == 3


def test_replacing_by_an_idempotency_key_is_refused_on_sqlite(kept_logs: Logs) -> None:
    if "sqlite" not in kept_logs.dsn:
        with pytest.raises(psycopg.errors.SyntaxError):
            kept_logs.sql("INSERT OR REPLACE INTO records DEFAULT VALUES")
        return
    log, stream = kept_logs.open(), kept_logs.new_stream()
    log.append([a_draft(stream, 0, request="request")])
    with pytest.raises(REFUSED):
        kept_logs.sql(
            "INSERT OR REPLACE INTO records SELECT rowid + 1, originator_id || 'x', 1, topic, "
            "schema, committed_at_us, actor, device, device_sequence, correlation, causation, "
            "idempotency_key, ordinal, key_id, previous, leaf, entry, state FROM records"
        )
    assert log.size() == 1


def test_a_checkpoint_and_an_owner_stay_what_they_are(filled: Logs) -> None:
    empty = "X'00'" if "sqlite" in filled.dsn else "'\\x00'"
    verbs = ("INSERT", "INSERT OR REPLACE") if "sqlite" in filled.dsn else ("INSERT",)
    for verb in verbs:
        with pytest.raises(REFUSED):
            filled.sql(f"{verb} INTO checkpoints VALUES (3, 1, {empty})")
        with pytest.raises(REFUSED):
            filled.sql(f"{verb} INTO log_owner VALUES (1, 'me')")
        with pytest.raises(REFUSED):
            filled.sql(f"{verb} INTO tree_nodes VALUES (1, {empty})")


def test_a_record_that_the_tables_refuse_raises_the_alarm(kept_logs: Logs) -> None:
    log, stream = kept_logs.open(), kept_logs.new_stream()
    log.append([a_draft(stream)])
    if "sqlite" in kept_logs.dsn:
        trigger = "BEFORE INSERT ON tree_nodes BEGIN SELECT RAISE(ABORT, 'no'); END"
        kept_logs.sql(f"CREATE TRIGGER refuse_all {trigger}")
    else:
        trigger = "BEFORE INSERT ON tree_nodes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        kept_logs.sql(f"CREATE TRIGGER refuse_all {trigger}")
    with pytest.raises(IntegrityFailure):
        log.append([a_draft(stream, 1)])
    assert check_whole(log) == 1


# Migrations run as the owner, the service as a role that may add and no more. [trap 8]
@pytest.mark.verifies("REQ-IN-003")
def test_the_service_role_may_add_and_read_and_no_more(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS vultus_service")
        owner.execute("CREATE ROLE vultus_service LOGIN")
    service = postgres_dsn.replace("postgres@", "vultus_service@")
    logs = Logs(postgres_dsn)
    with pytest.raises(Unavailable):
        open_event_log(
            service,
            clinic=CLINIC,
            keys=logs.keys,
            clock=logs.clock,
            randomness=logs.randomness,
        )
    migrate(postgres_dsn, service_role="vultus_service")
    with open_event_log(
        service, clinic=CLINIC, keys=logs.keys, clock=logs.clock, randomness=logs.randomness
    ) as log:
        log.append(a_run(logs.new_stream(), 3))
        assert check_whole(log) == 3
        for table in APPEND_ONLY:
            for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):  # noqa: S608
                with (
                    psycopg.connect(service) as connection,
                    pytest.raises(psycopg.errors.InsufficientPrivilege),
                ):
                    connection.execute(statement.encode())
    with psycopg.connect(postgres_dsn, autocommit=True) as owner:
        owner.execute("DROP OWNED BY vultus_service")
        owner.execute("DROP ROLE vultus_service")
