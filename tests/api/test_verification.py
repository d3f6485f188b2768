"""Verifying from the service and from the command line: what is kept, said and answered."""

import json
from pathlib import Path

import pytest

from adapters.verification.verifying import Phase
from api.cli import main
from api.verification import verify_and_record, verify_system
from domain.errors import DigestMismatch
from domain.ledger.problem import ProblemKind
from domain.values.actor import Actor
from tests.api.portal import Portal

AUDITOR = Actor.service("auditor")


@pytest.mark.verifies("DRV-03", "DRV-28")
def test_what_was_verified_is_gone_on_from(portal: Portal) -> None:
    system = portal.system
    whole = verify_system(system, processes=1)
    assert whole.report.intact, whole.report.problems
    assert (whole.since, whole.outside) == (None, 0)
    shown = verify_and_record(system, AUDITOR)
    assert shown["intact"]
    assert shown["whole"]
    after = verify_system(system, processes=1, since_last=True)
    assert after.report.intact
    assert (after.report.begin, after.report.size) == (shown["size"], int(shown["size"]) + 1)


def test_what_was_verified_is_itself_held_against_the_log(portal: Portal) -> None:
    verify_system(portal.system, processes=1)
    again = verify_system(portal.system, processes=1, phases=[Phase.CHAIN])
    assert (again.report.intact, again.outside) == (True, 1)


def test_a_forged_note_of_what_was_verified_is_not_gone_on_from(portal: Portal) -> None:
    system = portal.system
    verify_system(system, processes=1)
    path = system.settings.data / "verified"
    path.write_bytes(path.read_bytes().replace(b"vultus/", b"vultos/", 1))
    with pytest.raises(DigestMismatch, match="verify everything"):
        verify_system(system, processes=1, since_last=True)
    assert verify_system(system, processes=1).report.intact
    assert verify_system(system, processes=1, since_last=True).report.intact


def test_a_log_that_is_not_signed_any_more_is_still_looked_through(portal: Portal) -> None:
    system = portal.system
    system.checkpointer.sign()
    with system.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER tree_nodes_no_update")
        connection.exec_driver_sql("UPDATE tree_nodes SET hashes = zeroblob(length(hashes))")
    report = verify_system(system, processes=1).report
    (problem,) = report.problems
    assert problem.kind is ProblemKind.CHECKPOINT_DIFFERS
    assert "nothing more is signed" in problem.text
    assert not (system.settings.data / "verified").exists()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which the command line keeps a new record."""
    monkeypatch.setenv("VULTUS_DATA", str(tmp_path / "record"))
    return tmp_path


@pytest.mark.verifies("DRV-03")
def test_the_command_line_says_what_was_looked_at(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--json", str(folder / "first.json")]) == 0
    assert "no checkpoint from elsewhere was given" in capsys.readouterr().err
    said = json.loads((folder / "first.json").read_text())
    assert (said["intact"], said["first_record_looked_at"]) == (True, 0)
    assert [phase["phase"] for phase in said["phases"]] == list(Phase)

    copies = folder / "record" / "checkpoint-copies"
    assert main(["verify", "--since-last", "--against", str(copies), "--processes", "2"]) == 0
    err = capsys.readouterr().err
    assert "not looked at again: the first" in err
    assert "only found by a full verification" in err
    assert "no checkpoint from elsewhere" not in err

    assert main(["verify", "--only", "chain"]) == 0
    assert "not looked at: signatures, content" in capsys.readouterr().err


@pytest.mark.verifies("DRV-03")
def test_the_command_line_answers_by_its_exit_code(folder: Path) -> None:
    assert main(["verify", "--since-last"]) == 0
    note = next((folder / "record" / "checkpoint-copies").glob("*.txt"))
    other = folder / "other.txt"
    other.write_bytes(note.read_bytes().replace(b"\n1\n", b"\n9\n"))
    assert main(["verify", "--against", str(other)]) == 1
    other.write_bytes(b"garbage")
    assert main(["verify", "--against", str(other)]) == 2
    assert main(["verify", "--against", str(folder / "nothing")]) == 2
