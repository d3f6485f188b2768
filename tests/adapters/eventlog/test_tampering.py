"""Whoever changes a stored byte behind our back is found out when it is read."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.eventlog.log import RecordLog
from adapters.eventlog.memory import MemoryRecords
from adapters.eventlog.rows import Row
from adapters.eventlog.statements import STORED_COLUMNS
from domain.errors import IntegrityFailure
from domain.ledger.proof import check_inclusion
from tests.contracts.logs import (
    CLINIC_KEY,
    QUALITY,
    Logs,
    a_draft,
    a_run,
    an_attestation,
    an_event,
)

APPEND_ONLY = ("records", "tree_nodes", "checkpoints", "log_owner")


def fill(logs: Logs) -> RecordLog:
    """Record something in every column."""
    log, stream = logs.open(), logs.new_stream()
    log.append(a_run(stream, 2))
    full = replace(
        a_draft(stream, 2, request="request"), causation=1, attestation=an_attestation(an_event())
    )
    log.append([full, a_draft(stream, 3, request="request")])
    log.append(a_run(logs.new_stream(), 1))
    return log


def changed(value: object, choose: Callable[[int], int]) -> Any:  # noqa: ANN401 - any column
    """Return a stored value with one bit, digit or letter changed; absent becomes present."""
    if value is None:
        return 1
    if isinstance(value, int):
        return value ^ 1 << choose(40)
    if isinstance(value, str):
        at = choose(len(value))
        return value[:at] + ("x" if value[at] != "x" else "y") + value[at + 1 :]
    assert isinstance(value, bytes)
    at = choose(len(value) * 8)
    flipped = bytearray(value)
    flipped[at // 8] ^= 1 << at % 8
    return bytes(flipped)


def read_everything(log: RecordLog) -> None:
    """Read every record by every way there is."""
    records = log.after(-1, limit=100)
    for record in records:
        log.stream(record.stream)
    log.recorded(str(QUALITY), "request")
    assert len(records) == log.size() == 5


@pytest.mark.verifies("REQ-IN-002")
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_changed_bit_of_a_row_is_found(data: st.DataObject) -> None:
    log = fill(Logs("memory"))
    store = log._store
    assert isinstance(store, MemoryRecords)
    place = data.draw(st.integers(0, 4))
    column = data.draw(st.sampled_from(Row._fields))
    row = store._rows[place]
    value = changed(getattr(row, column), lambda count: data.draw(st.integers(0, count - 1)))
    tampered = Row(*(value if name == column else getattr(row, name) for name in Row._fields))
    for shelf in (store._rows, *store._streams.values(), *store._requests.values()):
        with suppress(ValueError):
            shelf[shelf.index(row)] = tampered
    with pytest.raises(IntegrityFailure):
        read_everything(log)


@pytest.mark.verifies("REQ-IN-002")
def test_a_changed_column_is_found(kept_logs: Logs) -> None:
    log = fill(kept_logs)
    allow_changes(kept_logs)
    position = "rowid" if "sqlite" in kept_logs.dsn else "notification_id"
    for column in (*STORED_COLUMNS, position):  # the position last: it finds the row
        ((value,),) = kept_logs.sql(f"SELECT {column} FROM records WHERE {position} = 3")  # noqa: S608
        new = changed(value, random.Random(column).randrange)
        update = f"UPDATE records SET {column} = {{}} WHERE {position} = 3"  # noqa: S608
        kept_logs.sql(update.format(literal(kept_logs, new)))
        with pytest.raises(IntegrityFailure):
            read_everything(log)
        if column != position:
            kept_logs.sql(update.format(literal(kept_logs, value)))
            read_everything(log)


@pytest.mark.verifies("REQ-IN-002")
def test_an_exchanged_ciphertext_is_found(kept_logs: Logs) -> None:
    log = fill(kept_logs)
    allow_changes(kept_logs)
    kept_logs.sql("UPDATE records SET state = (SELECT state FROM records WHERE causation = 1)")
    assert [seq for seq, _ in log.faults(-1, limit=10)] == [0, 1, 3, 4]
    with pytest.raises(IntegrityFailure):
        read_everything(log)


@pytest.mark.verifies("REQ-IN-002")
def test_a_removed_record_is_found(kept_logs: Logs) -> None:
    log = fill(kept_logs)
    allow_changes(kept_logs)
    kept_logs.sql("DELETE FROM records WHERE originator_version = 3")
    with pytest.raises(IntegrityFailure):
        log.after(-1, limit=10)
    with pytest.raises(IntegrityFailure):
        log.recorded(str(QUALITY), "request")
    (stream,) = {str(row[0]) for row in kept_logs.sql(
        "SELECT originator_id FROM records WHERE originator_version = 4"
    )}  # fmt: skip
    with pytest.raises(IntegrityFailure):
        log.stream(stream)  # type: ignore[arg-type]
    assert log.faults(-1, limit=10) == ((2, "record 3 stands where record 2 belongs"),)


@pytest.mark.verifies("REQ-IN-002")
def test_a_changed_tree_does_not_prove_anything(kept_logs: Logs) -> None:
    log = fill(kept_logs)
    root, leaf = log.tree.root(5), log.tree.leaf(2)
    allow_changes(kept_logs)
    kept_logs.sql("UPDATE tree_nodes SET hashes = (SELECT hashes FROM tree_nodes WHERE seq = 4)")
    with pytest.raises(IntegrityFailure):
        check_inclusion(index=2, size=5, leaf=leaf, proof=log.tree.inclusion(2, 5), root=root)
    kept_logs.sql("DELETE FROM tree_nodes WHERE seq = 3")
    with pytest.raises(IntegrityFailure):
        log.tree.root(5)
    with pytest.raises(IntegrityFailure):
        kept_logs.open().append(a_run(kept_logs.new_stream(), 1))


def test_a_missing_data_key_is_not_an_erasure(logs: Logs) -> None:
    log = fill(logs)
    logs.keys._keys.pop(CLINIC_KEY)
    logs.keys._ciphers.pop(CLINIC_KEY)
    with pytest.raises(IntegrityFailure):
        log.after(-1, limit=1)


def allow_changes(logs: Logs) -> None:
    """Remove the triggers that refuse changes, as somebody with all rights can."""
    if "sqlite" not in logs.dsn:
        logs.sql(*(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in APPEND_ONLY))
        return
    triggers = logs.sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    logs.sql(*(f"DROP TRIGGER {name}" for (name,) in triggers))


def literal(logs: Logs, value: object) -> str:
    """Return a value as SQL."""
    if isinstance(value, bytes):
        return f"X'{value.hex()}'" if "sqlite" in logs.dsn else f"'\\x{value.hex()}'::bytea"
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else f"'{value}'"
