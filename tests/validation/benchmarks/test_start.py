"""Measuring a start: what counts as one, and that an offline one is offline."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from validation.benchmarks import start
from validation.benchmarks.cli import main

SERVES = """#!/bin/sh
echo "told before" >&2
echo "Sign in at http://127.0.0.1:1" >&2
"""
FAILS = """#!/bin/sh
echo "Sign in at http://127.0.0.1:1" >&2
exit 1
"""
ASKS = (
    "import socket, sys\n"
    "with socket.create_server(('127.0.0.1', 0)) as here:\n"
    "    socket.create_connection(here.getsockname()).close()\n"
    "with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:\n"
    "    try:\n"
    "        out.connect(('192.0.2.1', 9))\n"
    "    except OSError:\n"
    "        sys.exit(0)\n"
    "sys.exit(1)\n"
)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose launcher a test writes."""
    made = tmp_path / "checkout"
    made.mkdir()
    monkeypatch.setattr(start, "ROOT", made)
    return made


def launching(checkout: Path, launcher: str) -> None:
    (checkout / "vultus").write_text(launcher)
    (checkout / "vultus").chmod(0o755)
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", "a launcher"]):
        subprocess.run([shutil.which("git") or "git", *command], cwd=checkout, check=True)


def test_both_starts_are_timed(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    launching(checkout, SERVES)
    assert main(["start"]) == 0
    said = capsys.readouterr().out
    assert "first" in said
    assert "second" in said
    assert "never" not in said


def test_a_start_that_fails_is_none(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    launching(checkout, FAILS)
    assert main(["start"]) == 1
    found = capsys.readouterr()
    assert "never" in found.out
    assert "≤ 20" not in found.out  # there is no second start then
    assert "the first start never came to the sign-in page" in found.err


def test_a_start_without_a_network_reaches_this_machine_and_nothing_else() -> None:
    if not start.can_cut_network():
        pytest.skip("this machine does not let a process take its network away")
    command = start.without_network([sys.executable, "-c", ASKS])
    assert subprocess.run(command, check=False).returncode == 0
