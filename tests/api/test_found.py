"""A clinic's record is begun at the terminal, once, and its administrator can sign in."""

import base64
import io
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from adapters.one_time_password import STEP_S, code_at
from api.cli import main
from api.commands import found as command
from api.commands.opening import open_record
from api.founding import Founding, found, founded
from api.proving import prove
from domain.errors import MalformedInput, RuleViolation
from domain.handling import load
from domain.rules.clinic import CLINIC
from domain.values.actor import Actor

PASSWORD = "a long password"
WORDS = (
    *("--clinic", "Clinic by the harbour", "--time-zone", "Australia/Sydney"),
    *("--account", "first", "--name", "First administrator"),
)


@pytest.fixture(autouse=True)
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name an empty folder as the record's."""
    monkeypatch.setenv("VULTUS_DATA", str(tmp_path / "record"))
    monkeypatch.delenv("VULTUS_DATABASE", raising=False)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what lets a line come in as if it was piped."""

    def come(line: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(line + "\n"))

    return come


def code_of(uri: str, now_s: float) -> str:
    """Return the one-time code that an authenticator application shows."""
    key = parse_qs(urlparse(uri).query)["secret"][0]
    secret = base64.b32decode(key + "=" * (-len(key) % 8))
    return code_at(secret, int(now_s) // STEP_S)


def test_whoever_founds_a_record_can_sign_in_and_nobody_founds_it_again(
    typed: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    typed(PASSWORD)
    assert main(["found", *WORDS]) == 0
    uri = capsys.readouterr().out.strip()
    assert uri.startswith("otpauth://totp/Vultus:first?")
    with open_record() as system:
        state, _ = load(system.log, CLINIC, system.clinic.stream)
        assert state.registered is not None
        assert (state.registered.name, state.registered.demo) == ("Clinic by the harbour", False)
        code = code_of(uri, system.clock.now().us / 1e6)
        person = prove(system, account="first", password=PASSWORD, code=code)
        assert {role.value for role in person.roles} == {"administrator"}
    size = _size()
    typed("another password")
    assert main(["found", *WORDS]) == 1
    assert "this record belongs to a clinic" in capsys.readouterr().err
    assert _size() == size


def _size() -> int:
    with open_record() as system:
        return system.log.size()


def test_an_interrupted_founding_is_finished_by_the_same_words(
    typed: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    typed(PASSWORD)
    assert main(["found", *WORDS]) == 0
    first = capsys.readouterr().out
    typed(PASSWORD)
    assert main(["found", *WORDS]) == 0
    assert capsys.readouterr().out == first
    typed(PASSWORD)
    assert main(["found", *WORDS[:-4], "--account", "second", "--name", "Somebody else"]) == 1
    typed(PASSWORD)
    assert main(["found", "--clinic", "Another clinic", *WORDS[2:]]) == 1


def test_what_cannot_be_founded_is_said_and_nothing_is_recorded(
    typed: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["found", *WORDS[:2], "--time-zone", "Atlantis", *WORDS[4:]]) == 2
    assert "'Atlantis' is no time zone" in capsys.readouterr().err
    typed("short")
    assert main(["found", *WORDS]) == 2
    assert "at least 12 characters" in capsys.readouterr().err
    assert main(["found", *WORDS[:4], "--account", "me", *WORDS[6:]]) == 2
    assert "an account has at least 3 characters" in capsys.readouterr().err
    with open_record() as system:
        assert not founded(system)


def test_two_passwords_that_differ_found_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([PASSWORD, "another password"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    parser = ArgumentParser()
    command.arguments(parser)
    with pytest.raises(MalformedInput, match="differ"):
        command.run(parser.parse_args(WORDS))
    with open_record() as system:
        assert not founded(system)


def test_a_record_that_is_in_use_is_not_founded_by_code_either() -> None:
    founding = Founding(
        clinic="One", time_zone="UTC", account="first", name="First", profession="manager"
    )
    other = Founding(
        clinic="Other", time_zone="UTC", account="first", name="First", profession="manager"
    )
    with open_record() as system:
        by = Actor.service("test")
        assert found(system, founding, password=PASSWORD, by=by)
        with pytest.raises(RuleViolation, match="belongs to a clinic"):
            found(system, other, password=PASSWORD, by=by)
