"""The auditor's command: what it prints, and with which code it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from domain.ledger.checkpoint import encode_verifier_key
from tests.domain.ledger.logs import clinic_log
from tests.validation.audit.packing import LOG_KEY, pack, sign, write_export, write_zip
from tests.validation.audit.stories import clinic_story
from validation.audit.cli import FAILED, PASSED, UNUSABLE, main

KEY = encode_verifier_key(LOG_KEY)
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Return an honest bundle."""
    return write_zip(tmp_path / "bundle.zip", pack(clinic_story()))


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Return an honest export."""
    return write_export(tmp_path / "export", clinic_log())


@pytest.mark.verifies("DRV-25")
def test_an_honest_bundle_ends_with_zero_and_numbered_steps(bundle: Path, capsys: Captured) -> None:
    assert main([str(bundle)]) == PASSED
    text = capsys.readouterr().out
    assert "10. [ok] The report leads back to its origins" in text
    assert text.endswith("\nPASSED\n")


@pytest.mark.verifies("DRV-25")
def test_a_tampered_bundle_ends_with_one_and_the_step(tmp_path: Path, capsys: Captured) -> None:
    files = pack(clinic_story())
    files["entries/6.entry"] = files["entries/7.entry"]
    assert main([str(write_zip(tmp_path / "bundle.zip", files)), "--json"]) == FAILED
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] is False
    assert told["steps"][1]["passed"] is False


def test_key_and_checkpoint_can_be_given_as_files(bundle: Path, tmp_path: Path) -> None:
    key, checkpoint = tmp_path / "key.txt", tmp_path / "checkpoint.txt"
    key.write_text(KEY + "\n")
    checkpoint.write_bytes(sign(clinic_story().log().checkpoint(7)))
    assert main([str(bundle), "--log-key", str(key), "--checkpoint", str(checkpoint)]) == PASSED


def test_another_key_than_the_logs_ends_with_one(bundle: Path) -> None:
    other = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    assert main([str(bundle), "--log-key", other]) == FAILED


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing.zip"],
        ["{bundle}", "--log-key", "no key"],
        ["{bundle}", "--checkpoint", "nothing.txt"],
        ["log", "nothing"],
    ],
)
def test_what_cannot_be_checked_ends_with_two(
    bundle: Path, capsys: Captured, arguments: list[str]
) -> None:
    given = [argument.replace("{bundle}", str(bundle)) for argument in arguments]
    assert main(given) == UNUSABLE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("vultus-verify: ")


@pytest.mark.parametrize(
    "arguments", [[], ["--no-such-option"], ["log"], ["log", "x", "--processes", "0"]]
)
def test_a_wrong_call_ends_with_two(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == UNUSABLE
    assert "usage: vultus-verify" in capsys.readouterr().err


def test_an_honest_export_ends_with_zero(exported: Path, tmp_path: Path, capsys: Captured) -> None:
    checkpoint = tmp_path / "kept.txt"
    checkpoint.write_bytes(sign(clinic_log().checkpoint(9)))
    arguments = ["log", str(exported), "--log-key", KEY, "--checkpoint", str(checkpoint)]
    assert main(arguments) == PASSED
    captured = capsys.readouterr()
    assert captured.out.endswith("\nPASSED\n")
    assert captured.err == ""


def test_an_export_may_be_checked_by_several_processes(exported: Path) -> None:
    assert main(["log", str(exported), "--processes", "2"]) == PASSED


def test_progress_is_shown_to_people_only(
    exported: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["log", str(exported), "--json"]) == PASSED
    captured = capsys.readouterr()
    assert captured.err == "20 of 20 records\n"
    assert json.loads(captured.out)["passed"] is True


@pytest.mark.verifies("DRV-25")
def test_the_command_runs_by_itself_without_any_of_the_system_around_it(bundle: Path) -> None:
    loaded = (
        "import sys; from validation.audit.cli import main; code = main(sys.argv[1:]); "
        "ours = {name.split('.')[0] for name in sys.modules} & {'adapters', 'api', 'device', "
        "'projections', 'sqlalchemy', 'eventsourcing', 'numpy'}; "
        "ours |= {n for n in sys.modules if n.startswith(('domain.events', 'domain.rules'))}; "
        "sys.exit(code or len(ours))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", loaded, str(bundle)], capture_output=True, check=False, text=True
    )
    assert (ran.returncode, ran.stderr) == (PASSED, "")
