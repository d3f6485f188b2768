"""No screen makes a database read a table that grows with the clinic from end to end."""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from adapters.database import migrate, open_engine
from domain.values.identifiers import SubjectId
from projections import (
    assessment,
    audit_trail,
    capture_drift,
    capture_session,
    equipment,
    inference,
    practitioner,
    practitioner_worklist,
    subject,
    traceability,
)
from projections import runner as running
from projections.catalogue import ALL
from projections.field_check import last_field_check
from projections.runner import ProjectionRunner
from tests.builders import DEVICE, PRACTITIONER
from tests.environment.postgres import PostgresServer
from tests.projections.clinic import Clinic, a_clinic
from tests.projections.dumps import in_memory
from tests.projections.histories import EVERY_STEP, History

FEW = {
    "acquisition_protocol",
    "clinic",
    "device",
    "model_release",
    "practitioner",
    "projection_position",
    "projection_erased_key",
    "software",
    "sqlite_schema",
}
"""Tables with a row for each of the few things a clinic has."""

ID = str(SubjectId.derived("any"))

QUERIES: dict[str, Callable[[sa.Connection], object]] = {
    "worklist": practitioner_worklist.worklist,
    "worklist before": lambda c: practitioner_worklist.worklist(c, ("done", "signed"), before=50),
    "worklist by number": lambda c: practitioner_worklist.worklist(c, query="R-1F2E"),
    "worklist by pseudonym": lambda c: practitioner_worklist.worklist(c, query="p-0001"),
    "worklist's counts": practitioner_worklist.counts,
    "session": lambda c: capture_session.session(c, ID),
    "content": lambda c: capture_session.content(c, ID, "sha256:0"),
    "sessions": capture_session.sessions,
    "sessions before": lambda c: capture_session.sessions(c, before=50),
    "open sessions": lambda c: capture_session.sessions(c, state="open"),
    "a subject's sessions": lambda c: capture_session.sessions(c, subject=ID, before=50),
    "a station's drift": lambda c: capture_drift.capture_drift(c, DEVICE, "epipolar_residual"),
    "a station's orders": lambda c: capture_session.open_for_device(c, DEVICE),
    "assessment": lambda c: assessment.assessment(c, ID),
    "a session's assessment": lambda c: assessment.of_session(c, ID),
    "previous assessment": lambda c: assessment.previous(c, ID, 50),
    "report": lambda c: assessment.report(c, ID),
    "report by code": lambda c: assessment.report_by_code(c, "AAAA"),
    "runs": lambda c: inference.of_session(c, ID),
    "run": lambda c: inference.inference(c, ID),
    "artefact": lambda c: inference.artefact(c, ID, "sha256:0"),
    "changes": lambda c: inference.changes_of(c, ID),
    "subject": lambda c: subject.subject(c, ID),
    "subjects": lambda c: subject.subjects(c, identified=True),
    "subjects before": lambda c: subject.subjects(c, identified=True, before=50),
    "subjects by name": lambda c: subject.subjects(c, query="ada byron", identified=True),
    "subjects by pseudonym": lambda c: subject.subjects(c, query="p-0001", identified=False),
    "pseudonyms": lambda c: subject.pseudonyms(c, {ID}),
    "stations": equipment.devices,
    "station": lambda c: equipment.device(c, DEVICE),
    "last field check": lambda c: last_field_check(c, DEVICE, ID),
    "last number": lambda c: equipment.last_sequence(c, DEVICE),
    "person": lambda c: practitioner.practitioner(c, PRACTITIONER),
    "clinic": practitioner.clinic_row,
    "trace": lambda c: traceability.trace_report(c, ID),
    "affected": lambda c: traceability.affected(c, f"device:{DEVICE}"),
    "trail": audit_trail.trail,
    "trail before": lambda c: audit_trail.trail(c, before=50),
    "trail by actor": lambda c: audit_trail.trail(c, before=50, actor="service:test"),
    "trail by stream": lambda c: audit_trail.trail(c, stream=f"subject-{ID}"),
    "trail by name": lambda c: audit_trail.trail(c, name="SubjectEnrolled"),
    "trail by subject": lambda c: audit_trail.trail(c, subject=ID),
    "story": lambda c: audit_trail.story(c, ID),
    "story before": lambda c: audit_trail.story(c, ID, before=50),
    "last verification": lambda c: audit_trail.newest(c, "IntegrityVerified", "DeviceEnrolled"),
    "end of a stream": lambda c: audit_trail.version_of(c, f"subject-{ID}"),
    "serials": equipment.serials,
}

_SCAN = re.compile(r"SCAN (\w+)")
_POSTGRES_SCAN = re.compile(r"(Seq|Index|Index Only|Bitmap Heap) Scan.* on (\w+)")


@pytest.fixture(scope="module")
def full(eventful: Clinic) -> sa.Engine:
    """Return tables in which everything happened."""
    engine = in_memory()
    ProjectionRunner(engine, eventful.log, ALL).catch_up()
    return engine


def statements(
    engine: sa.Engine, query: Callable[[sa.Connection], object]
) -> list[tuple[str, Any]]:
    """Return every statement that a query executes."""
    made: list[tuple[str, Any]] = []

    def note(
        _connection: object,
        _cursor: object,
        statement: str,
        parameters: Any,  # noqa: ANN401 - as the driver takes them
        *_: object,
    ) -> None:
        made.append((statement, parameters if isinstance(parameters, dict) else tuple(parameters)))

    sa.event.listen(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        query(connection)
    sa.event.remove(engine, "before_cursor_execute", note)
    return made


def plan(engine: sa.Engine, statement: str, parameters: tuple[object, ...]) -> list[str]:
    """Return SQLite's plan, a line a step."""
    with engine.connect() as connection:
        steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [str(step[3]) for step in steps]


def full_scans(steps: list[str], statement: str) -> list[str]:
    """Return the steps that read a table that grows from end to end.

    Following an index in the order that is asked for, up to a limit, is none.
    """
    in_order = "LIMIT" in statement and "USE TEMP B-TREE FOR ORDER BY" not in steps
    found = []
    for step in steps:
        scanned = _SCAN.match(step)
        if scanned is None or scanned[1] in FEW or "CONSTANT" in step:
            continue
        if scanned[1] == "reached" or scanned[1].startswith("anon_"):
            continue  # no table: what a part of the query found, whose own steps stand beside it
        if not (in_order and "USING INDEX" in step):
            found.append(step)
    return found


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_of_a_screen_reads_a_growing_table_from_end_to_end(
    full: sa.Engine, name: str
) -> None:
    asked = statements(full, QUERIES[name])
    assert asked
    for statement, parameters in asked:
        steps = plan(full, statement, parameters)
        assert full_scans(steps, statement) == [], "\n".join((statement, *steps))


@pytest.fixture(scope="module")
def served(eventful: Clinic, postgres_server: PostgresServer) -> Iterator[sa.Engine]:
    """Return the same tables in PostgreSQL, where reading from end to end is the last resort."""
    database = f"plans_{os.getpid()}"
    dsn = postgres_server.create(database)
    migrate(dsn)
    # So few rows would be read whole; a plan must show what serves a million.
    off = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
    options = quote(" ".join(f"-c {each}=off" for each in off))
    engine = open_engine(f"{dsn}?options={options}")
    ProjectionRunner(engine, eventful.log, ALL).catch_up()
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    yield engine
    engine.dispose()
    postgres_server.drop(database)


def scanned(
    engine: sa.Engine,
    statement: str,
    parameters: Any,  # noqa: ANN401 - as the driver takes them
) -> set[str]:
    """Return the growing tables for which PostgreSQL finds no index that serves.

    Which of several indexes it follows where there is a limit or a join depends on how many rows
    there are, and says nothing here.
    """
    with engine.connect() as connection:
        explained = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars()
        nodes = "\n".join(explained).split("->")
    any_serves = any(word in each for each in nodes for word in ("Limit", "Nested Loop"))
    found = set()
    for node in nodes:
        scan = _POSTGRES_SCAN.search(node)
        if scan is None or scan[1] == "Bitmap Heap":  # its index stands in a node of its own
            continue
        if scan[1] == "Seq" or not ("Index Cond" in node or any_serves):
            found.add(scan[2])
    return found - FEW


@pytest.mark.parametrize("name", QUERIES)
def test_postgresql_finds_an_index_for_every_query_of_a_screen(
    served: sa.Engine, name: str
) -> None:
    for statement, parameters in statements(served, QUERIES[name]):
        assert scanned(served, statement, parameters) == set(), statement


def test_an_unindexed_question_would_be_found_on_postgresql(served: sa.Engine) -> None:
    statement = "SELECT * FROM audit_trail WHERE length(name) = 3"
    assert scanned(served, statement, None) == {"audit_trail"}


SESSIONS = 5_000
_A_LONG_TRACE = f"""
INSERT INTO trace_edge (source, target, label)
SELECT replace(source, '#', n::text), replace(replace(target, '#', n::text), '%', (n / 100)::text),
       label
  FROM generate_series(1, {SESSIONS}) AS n, (VALUES
       ('attempt:#', 'calibration:%', 'uses'), ('attempt:#', 'session:#', 'in'),
       ('inference:#', 'attempt:#', 'on'), ('inference:#', 'session:#', 'in'),
       ('assessment:#', 'inference:#', 'draws on'), ('report:#', 'assessment:#', 'rests on')
       ) AS made (source, target, label)
"""  # noqa: S608 - our own number
_A_LONG_TRACE_OF_NODES = """
INSERT INTO trace_node (id, kind, title, detail, seq, at, stream)
SELECT DISTINCT source, split_part(source, ':', 1), '', '', 0, '', '' FROM trace_edge
"""


@pytest.fixture
def uncounted(postgres_server: PostgresServer) -> Iterator[sa.Engine]:
    """Return PostgreSQL as it is served, with a long trace that it has not counted."""
    database = f"uncounted_{os.getpid()}"
    dsn = postgres_server.create(database)
    migrate(dsn)
    engine = open_engine(dsn)
    with engine.begin() as connection:
        for table in ("trace_edge", "trace_node"):
            connection.exec_driver_sql(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        connection.execute(sa.text(_A_LONG_TRACE))
        connection.execute(sa.text(_A_LONG_TRACE_OF_NODES))
    yield engine
    engine.dispose()
    postgres_server.drop(database)


@pytest.mark.verifies("DRV-14")
def test_a_long_trace_is_walked_by_its_indexes_before_and_after_it_is_counted(
    uncounted: sa.Engine,
) -> None:
    def affected(connection: sa.Connection) -> tuple[list[str], list[str]]:
        return traceability.affected(connection, "calibration:7")

    def trace(connection: sa.Connection) -> tuple[list[Any], list[Any]]:
        return traceability.trace_report(connection, "777")

    for _ in ("before", "after"):
        with uncounted.connect() as connection:
            assert [len(each) for each in affected(connection)] == [100, 100]
            assert [len(each) for each in trace(connection)] == [4, 3]
        for query in (affected, trace):
            for statement, parameters in statements(uncounted, query):
                with uncounted.connect() as connection:
                    explain = f"EXPLAIN {statement}"
                    steps = "\n".join(connection.exec_driver_sql(explain, parameters).scalars())
                assert "Seq Scan on trace_" not in steps, steps
        with uncounted.begin() as connection:
            connection.exec_driver_sql("ANALYZE")


def test_keeping_up_reads_no_growing_table_from_end_to_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "BATCH", 1)  # so that nothing is known from records before
    clinic = a_clinic()
    history = History(clinic)
    history.take(EVERY_STEP)
    clinic.erase(history.visits[0].who)
    engine = in_memory()
    runner = ProjectionRunner(engine, clinic.log, ALL)
    asked = dict(statements(engine, lambda _: runner.catch_up()))
    changing = {
        statement: parameters
        for statement, parameters in asked.items()
        if statement.startswith(("UPDATE", "DELETE", "SELECT"))
    }
    assert len(changing) > 40
    for statement, parameters in changing.items():
        steps = plan(engine, statement, parameters)
        assert full_scans(steps, statement) == [], "\n".join((statement, *steps))


@pytest.mark.parametrize("table", ["audit_trail", "attempt", "trace_node", "subject_word"])
def test_an_unindexed_question_would_be_found(full: sa.Engine, table: str) -> None:
    statement = f"SELECT * FROM {table} WHERE rowid % 2 = ? ORDER BY rowid LIMIT 5"  # noqa: S608
    assert full_scans(plan(full, statement, (1,)), statement)


def test_no_screen_asks_more_often_the_more_there_is(full: sa.Engine) -> None:
    asked = {name: len(statements(full, query)) for name, query in QUERIES.items()}
    assert asked["subjects"] == asked["sessions"] == asked["trail"] == asked["story"] == 1
    assert asked["worklist"] == asked["worklist's counts"] == 1
    assert asked["trace"] == 2
    assert asked["affected"] == 1
