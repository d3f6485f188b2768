"""After an erasure no table yields the subject's content, and all other rows are untouched."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from domain.errors import ContentErased, RuleViolation
from domain.values.consent import Purpose
from domain.values.identifiers import SubjectId
from projections.catalogue import ALL
from projections.equipment import last_sequence
from projections.runner import ProjectionRunner
from tests.builders import DEVICE, a_digest
from tests.projections.clinic import Clinic, a_clinic
from tests.projections.dumps import Dump, dump, in_memory, on_disk, rebuilt
from tests.projections.histories import LASTING, History, Steps
from tests.projections.recorded import recorded
from tests.projections.visits import Visit, a_visit

_LEAVE_REMOVED = "PRAGMA secure_delete = OFF"
MARK = "zxplanted"
"""Stands in everything that is written about the subject who will be erased."""

PICTURE = str(a_digest(MARK))
"""Digest of a picture that nobody else brought."""

WRITTEN = {
    "assessment",
    "attempt",
    "capture_session",
    "erasure_request",
    "finding",
    "inference",
    "report",
    "session_content",
    "subject_identity",
    "subject_word",
    "trace_node",
    "trace_edge",
    "work_item",
}
"""The tables in which something of it stands."""

lasting_steps: st.SearchStrategy[Steps] = st.lists(
    st.tuples(st.sampled_from(LASTING), st.integers(0, 59)), max_size=6
)


def a_marked_visit(clinic: Clinic) -> Visit:
    """Return a visit in which everything that can be written is marked."""
    who = clinic.enrol(f"{MARK}-Ada", f"O'{MARK}", f"{MARK}-17")
    clinic.consent(who)
    clinic.consent(who, Purpose.AI_ANALYSIS)
    before = a_visit(clinic, who)
    before.open(imports=True)
    before.bring(picture=MARK, source=f"the phone of {MARK}")
    before.give_up(before.bring(), evidence=f"{MARK} is cut off")
    before.abandon(f"{MARK} had to leave")
    visit = a_visit(clinic, who)
    visit.open()
    visit.block()
    attempt = visit.hand_in(picture=f"{MARK} pair")
    visit.measure(attempt)
    visit.reconstruct(attempt)
    visit.withhold(attempt)
    visit.request(attempt)
    visit.close()
    visit.complete(attempt, ("ita", "redness"), text=f"{MARK} is pale")
    visit.lay_out()
    first, second = visit.findings
    visit.amend(first.finding, text=f"{MARK} is light", reason=f"{MARK} was in the sun")
    visit.reject(second.finding, reason=f"a shadow on {MARK}")
    visit.conclude(f"{MARK} has an even skin tone.")
    visit.sign()
    visit.issue()
    visit.add(f"{MARK} wore makeup.")
    visit.issue()
    visit.flag(reason=f"what was measured of {MARK} is doubtful")
    clinic.export(who)
    clinic.consent(who, answer="withdraw")
    return visit


def a_plain_visit(clinic: Clinic) -> Visit:
    """Return another subject's visit, with the same picture among its own."""
    visit = a_visit(clinic)
    clinic.consent(visit.who)
    visit.open()
    attempt = visit.hand_in(picture=f"{MARK} pair")
    visit.measure(attempt)
    visit.request(attempt)
    visit.close()
    visit.complete(attempt)
    visit.lay_out()
    visit.report()
    return visit


def without(found: Dump, subject: SubjectId) -> Dump:
    """Return the rows that do not mention a subject."""
    return {
        table: [row for row in rows if not any(subject in str(cell) for cell in row)]
        for table, rows in found.items()
    }


def planted(found: Dump) -> set[str]:
    """Return the tables in which anything of the marked subject stands."""
    shown = {table: repr(rows).lower() for table, rows in found.items()}
    return {table for table, text in shown.items() if MARK in text or PICTURE in text}


def about(found: Dump, subject: SubjectId) -> dict[str, int]:
    """Return how many rows of each table mention a subject."""
    left = without(found, subject)
    return {
        table: len(rows) - len(left[table])
        for table, rows in found.items()
        if len(rows) > len(left[table])
    }


@pytest.mark.verifies("DRV-10")
@pytest.mark.verifies("REQ-IN-009")
@pytest.mark.parametrize("order", ["marked first", "marked last"])
def test_nothing_of_an_erased_subject_stands_in_any_table_and_all_else_does(order: str) -> None:
    clinic = a_clinic()
    if order == "marked last":
        a_plain_visit(clinic)
    visit = a_marked_visit(clinic)
    if order == "marked first":
        a_plain_visit(clinic)
    engine = in_memory()
    runner = ProjectionRunner(engine, clinic.log, ALL)
    clinic.request_erasure(visit.who, f"{MARK} asked for it")
    runner.catch_up()
    before = dump(engine)
    assert planted(before) == WRITTEN
    clinic.approve_erasure(visit.who)
    runner.catch_up()
    clinic.destroy(visit.who)
    after = dump(engine)
    assert after == rebuilt(clinic.log)
    assert planted(after) == set()
    assert without(after, visit.who) == without(before, visit.who)
    assert set(about(after, visit.who)) == {
        "audit_trail",
        "projection_erased_key",
        "subject",
        "subject_word",
    }


@pytest.mark.verifies("DRV-10")
def test_the_tables_are_those_of_a_rebuild_whenever_the_key_went() -> None:
    clinic = a_clinic()
    visit = a_marked_visit(clinic)
    clinic.erase(visit.who)
    engine = in_memory()
    ProjectionRunner(engine, clinic.log, ALL).catch_up()
    late = dump(engine)
    assert planted(late) == set()
    assert late == rebuilt(clinic.log)


@pytest.mark.verifies("DRV-10")
def test_what_was_recorded_while_the_erasure_was_under_way_is_not_shown() -> None:
    clinic = a_clinic()
    visit = a_marked_visit(clinic)
    clinic.request_erasure(visit.who)
    clinic.approve_erasure(visit.who)
    visit.add(f"{MARK} was here a moment ago.")  # a worker that had its key in hand
    clinic.consent(visit.who, Purpose.TEACHING)
    engine = in_memory()
    ProjectionRunner(engine, clinic.log, ALL).catch_up()
    clinic.destroy(visit.who)
    assert planted(dump(engine)) == set()
    assert dump(engine) == rebuilt(clinic.log)
    with pytest.raises(ContentErased):
        visit.add("There is nothing to add to.")


@pytest.mark.verifies("DRV-10")
@settings(max_examples=12)
@given(
    steps=lasting_steps,
    chosen=st.integers(0, 2),
    seen=st.integers(0, 60),
    key_goes_first=st.booleans(),
)
def test_whoever_is_erased_whenever_the_tables_are_those_of_a_rebuild(
    steps: Steps, chosen: int, seen: int, *, key_goes_first: bool
) -> None:
    clinic = a_clinic()
    history = History(clinic)
    history.take([("come", 2), ("come", 4), ("hand in", 0), ("hand in", 1), *steps])
    growing = recorded(clinic.log, end=min(seen, clinic.log.size()))
    engine = in_memory()
    ProjectionRunner(engine, growing, ALL).catch_up()
    who = history.visits[chosen % len(history.visits)].who
    clinic.request_erasure(who)
    try:
        clinic.approve_erasure(who)
    except RuleViolation:
        reject()  # a legal hold forbids it
    runner = ProjectionRunner(engine, clinic.log, ALL)
    if key_goes_first:
        clinic.destroy(who)
    runner.catch_up()
    clinic.destroy(who)
    history.take([("come", 0), ("hand in", 0), ("measure", 0)])
    runner.catch_up()
    assert dump(engine) == rebuilt(clinic.log)


@pytest.mark.verifies("DRV-10")
def test_an_erasure_leaves_no_trace_in_the_files_of_the_database(tmp_path: Path) -> None:
    engine = on_disk(tmp_path)
    # As SQLite is unless it was built otherwise: what is removed stays on its page.
    sa.event.listen(engine, "connect", lambda driver, _: driver.execute(_LEAVE_REMOVED))
    clinic = a_clinic(f"sqlite:///{tmp_path}/log.db")
    visit = a_marked_visit(clinic)
    runner = ProjectionRunner(engine, clinic.log, ALL)
    runner.catch_up()
    assert MARK.encode() in files(tmp_path)
    clinic.erase(visit.who)
    runner.catch_up()
    assert MARK.encode() not in files(tmp_path).lower()
    with engine.connect() as connection:
        assert connection.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
    engine.dispose()
    clinic.log.close()


def test_a_refused_erasure_leaves_everything(tmp_path: Path) -> None:
    clinic = a_clinic()
    visit = a_marked_visit(clinic)
    engine = in_memory()
    runner = ProjectionRunner(engine, clinic.log, ALL)
    runner.catch_up()
    before = about(dump(engine), visit.who)
    clinic.hold(visit.who)
    clinic.request_erasure(visit.who)
    runner.catch_up()
    after = about(dump(engine), visit.who)
    assert {table: after[table] for table in before} == before | {
        "audit_trail": before["audit_trail"] + 3
    }
    assert after.keys() - before.keys() == {"erasure_request"}


def test_what_stations_said_is_counted_although_it_was_about_an_erased_subject() -> None:
    clinic = a_clinic()
    visit = a_marked_visit(clinic)
    clinic.erase(visit.who)
    engine = in_memory()
    ProjectionRunner(engine, clinic.log, ALL).catch_up()
    with engine.connect() as connection:
        assert last_sequence(connection, DEVICE) == clinic.sequence


def files(folder: Path) -> bytes:
    """Return every byte of every file of a database."""
    return b"".join(path.read_bytes() for path in folder.iterdir())
