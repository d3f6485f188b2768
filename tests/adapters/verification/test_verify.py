"""Verification finds what is wrong, in whatever phase, range or process it is."""

from pathlib import Path

import pytest

from adapters.ledger.log_signing import origin
from adapters.verification.crew import Crew
from adapters.verification.verify import verify_log
from adapters.verification.verifying import Phase
from domain.errors import MalformedInput, Unavailable
from domain.ledger.checkpoint import VerifierKey
from domain.ledger.problem import ProblemKind
from tests.adapters.eventlog.test_tampering import allow_changes
from tests.adapters.verification.deaths import fail_itself, kill_itself
from tests.adapters.verification.tampering import Clinic
from tests.contracts.logs import CLINIC, Logs, a_draft

SESSIONS = 8


@pytest.fixture
def clinic(kept_logs: Logs) -> Clinic:
    """Return a clinic with some sessions in a database, signed for half-way and at the end."""
    return filled(kept_logs)


@pytest.fixture
def sqlite_clinic(sqlite_logs: Logs) -> Clinic:
    """Return the same in an SQLite file."""
    return filled(sqlite_logs)


def filled(logs: Logs) -> Clinic:
    """Return a clinic with some sessions."""
    clinic = Clinic(logs)
    for place in range(SESSIONS):
        clinic.session()
        if place == SESSIONS // 2:
            clinic.sign()
    for place in range(SESSIONS):
        clinic.go_on(place)
    clinic.sign()
    return clinic


def found(clinic: Clinic, **options: object) -> list[tuple[ProblemKind, int]]:
    """Return kinds and places of what verification finds."""
    return [(each.kind, each.seq) for each in clinic.verify(**options).report.problems]


@pytest.mark.verifies("REQ-IN-002", "DRV-02", "DRV-03", "DRV-05")
def test_an_untouched_log_is_intact_in_every_phase(clinic: Clinic) -> None:
    told: list[tuple[Phase, int, int]] = []
    verification = clinic.verify(range_size=8, progress=lambda *step: told.append(step))
    report = verification.report
    assert report.problems == ()
    assert (report.size, report.begin, report.streams) == (33, 0, 9)
    assert (report.signatures, report.blobs, report.uncovered) == (8, 8, 0)
    assert (report.confirmed, report.root) == ((16, 33), clinic.log.tree.root(33))
    assert verification.complete
    assert [timing.phase for timing in verification.timings] == list(Phase)
    assert [step for step in told if step[1] == 33] == [(phase, 33, 33) for phase in Phase]


def test_one_phase_alone_says_only_what_it_looked_at(sqlite_clinic: Clinic) -> None:
    for phase in Phase:
        verification = sqlite_clinic.verify(phases=[phase])
        report = verification.report
        assert (report.intact, report.size, verification.complete) == (True, 33, False)
        assert bool(report.root) == (phase is Phase.CHAIN)
        assert report.signatures == 8 * (phase is Phase.SIGNATURES)
        assert report.blobs == 8 * (phase is Phase.CONTENT)
        assert verification.verified(sqlite_clinic.logs.clock.now()) is None


def test_a_log_that_is_open_is_verified_without_its_address(logs: Logs) -> None:
    log, stream = logs.open(), logs.new_stream()
    log.append([a_draft(stream, version) for version in range(5)])
    key = VerifierKey(name=origin(CLINIC), public_key=bytes(32))
    report = verify_log(log, key=key, checkpoints=(), blobs=None)
    assert (report.intact, report.size, report.uncovered) == (True, 5, 5)


@pytest.mark.verifies("REQ-IN-002")
def test_each_kind_of_damage_is_named_by_its_phase(clinic: Clinic) -> None:
    allow_changes(clinic.logs)
    clinic.set_column(4, "state", b"another content")
    clinic.set_column(7, "entry", clinic.column(7, "entry")[:-1] + b"\x01")
    clinic.set_column(10, "originator_id", "capture-session-of-nobody")
    clinic.set_column(13, "actor", "service:another")
    assert found(clinic, phases=[Phase.CHAIN]) == [
        (ProblemKind.CONTENT_CHANGED, 4),
        (ProblemKind.UNREADABLE, 7),
        (ProblemKind.CHAIN_BROKEN, 8),
    ]
    assert found(clinic, phases=[Phase.CONTENT]) == [
        (ProblemKind.UNREADABLE, 7),
        (ProblemKind.COLUMNS_DIFFER, 10),
        (ProblemKind.COLUMNS_DIFFER, 13),
    ]


@pytest.mark.verifies("REQ-IN-002")
def test_a_changed_or_missing_blob_is_named(sqlite_clinic: Clinic) -> None:
    first, second = sorted(sqlite_clinic.blobs._stored)[:2]
    sqlite_clinic.blobs._stored[first] = b"another"
    del sqlite_clinic.blobs._stored[second]
    kinds = {kind for kind, _ in found(sqlite_clinic, phases=[Phase.CONTENT])}
    assert kinds == {ProblemKind.BLOB_CHANGED, ProblemKind.BLOB_MISSING}
    assert found(sqlite_clinic, blobs=None) == []


@pytest.mark.verifies("DRV-05")
def test_a_forged_signature_is_named_whatever_the_range(sqlite_clinic: Clinic) -> None:
    allow_changes(sqlite_clinic.logs)
    entry = bytes(sqlite_clinic.column(5, "entry"))
    sqlite_clinic.set_column(5, "entry", entry[:-1] + bytes([entry[-1] ^ 1]))
    for size in (1, 4, 64):
        report = sqlite_clinic.verify(phases=[Phase.SIGNATURES], range_size=size).report
        assert [(each.kind, each.seq) for each in report.problems] == [
            (ProblemKind.SIGNATURE_WRONG, 5)
        ]
        assert report.signatures == 8


@pytest.mark.verifies("REQ-IN-002")
@pytest.mark.parametrize("hole", [False, True])
def test_two_processes_find_what_one_finds(sqlite_clinic: Clinic, *, hole: bool) -> None:
    allow_changes(sqlite_clinic.logs)
    sqlite_clinic.set_column(4, "state", b"another content")
    sqlite_clinic.set_column(17, "leaf", bytes(32))
    sqlite_clinic.set_column(20, "entry", b"garbage")
    entry = bytes(sqlite_clinic.column(8, "entry"))
    sqlite_clinic.set_column(8, "entry", entry[:-1] + bytes([entry[-1] ^ 1]))
    sqlite_clinic.logs.sql(
        "UPDATE records SET rowid = 999 WHERE rowid = 23",
        "UPDATE records SET rowid = 23 WHERE rowid = 24",
        "UPDATE records SET rowid = 24 WHERE rowid = 999",
    )
    if hole:
        sqlite_clinic.logs.sql("DELETE FROM records WHERE rowid = 12")
    alone = sqlite_clinic.verify(processes=1).report
    assert len({each.kind for each in alone.problems}) > 5
    assert sqlite_clinic.verify(processes=1, range_size=4).report == alone
    assert sqlite_clinic.verify(processes=2, range_size=8).report == alone


def test_a_record_far_beyond_the_others_does_not_stop_verification(sqlite_clinic: Clinic) -> None:
    allow_changes(sqlite_clinic.logs)
    sqlite_clinic.logs.sql("UPDATE records SET rowid = 40 WHERE rowid = 33")
    assert found(sqlite_clinic, processes=2, range_size=4) == [(ProblemKind.COLUMNS_DIFFER, 32)]
    assert sqlite_clinic.verify(end=None).report.size == 33


def test_a_checkpoint_that_the_log_did_not_sign_is_named(clinic: Clinic) -> None:
    allow_changes(clinic.logs)
    note = clinic.shelf.all()[0].note
    clinic.logs.sql("DELETE FROM checkpoints WHERE size = 16")
    forged = note.replace(b"\n16\n", b"\n15\n")
    report = clinic.verify(outside=[forged]).report
    (problem,) = report.problems
    assert problem.kind is ProblemKind.CHECKPOINT_UNSIGNED
    assert "outside checkpoint of 15 records" in problem.text
    with pytest.raises(MalformedInput):
        clinic.verify(outside=[b"garbage"])


def test_a_process_that_is_killed_is_reported_and_nothing_concluded() -> None:
    with Crew(2) as crew, pytest.raises(Unavailable, match="killed"):
        list(crew.each(kill_itself, range(8)))
    with Crew(2) as crew:
        with pytest.raises(Unavailable, match="cannot be read"):
            list(crew.each(fail_itself, range(8)))
        assert list(crew.each(abs, range(30))) == list(range(30))


def test_a_database_that_is_none_is_not_intact(sqlite_clinic: Clinic, tmp_path: Path) -> None:
    dsn = f"sqlite:///{tmp_path}/none.db"
    (tmp_path / "none.db").write_bytes(b"nothing" * 1000)
    with pytest.raises(Exception, match="damaged"):
        sqlite_clinic.verify(dsn=dsn)
    (tmp_path / "none.db").unlink()
    with pytest.raises(Unavailable, match="cannot be read"):
        sqlite_clinic.verify(dsn=dsn)
