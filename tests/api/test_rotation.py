"""The log goes from one key to the next, wherever that is interrupted, and stays provable."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.keys.log_key_files import LogKeyFiles
from adapters.keys.signing import is_ed25519_signature
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.export import export_log
from adapters.memory import ManualClock
from adapters.verification.verify import verify_log
from api import rotation
from api.commands import rotate_log_key as command
from api.rotation import rotate
from api.wiring import System, open_system
from domain.errors import RuleViolation
from domain.events.clinic import RecordExported
from domain.events.log_key import LogKeyRotated
from domain.handling import update
from domain.ledger.checkpoint import (
    VerifierKey,
    encode_verifier_key,
    parse_note,
    parse_verifier_key,
)
from domain.ledger.log_keys import follow
from domain.rules.clinic import CLINIC, Clinic, export_record
from domain.values.actor import Actor
from domain.values.content import Digest
from domain.values.identifiers import LogKeyId
from tests.api.portal import START, settings_in
from validation.audit.authority import Trust
from validation.audit.verify_log import verify_log as audit

WHO = Actor.service("test")


@contextmanager
def opened(folder: Path) -> Iterator[System]:
    with open_system(settings_in(folder), clock=ManualClock(START)) as system:
        yield system


def record(system: System, count: int) -> None:
    for number in range(count):
        digest = Digest.of(b"%d" % number)
        decide = partial(exported, digest)
        update(system.log, CLINIC, system.clinic.stream, decide, system.context(WHO))


def exported(digest: Digest, _clinic: Clinic) -> RecordExported:
    return export_record(kind="log", subject=None, digest=digest, purpose="test")


def rotate_twice(system: System) -> None:
    for _ in range(2):
        rotate(system, WHO, overlap=1)
        record(system, 3)
        system.checkpointer.sign()


def signatures(system: System) -> list[tuple[int, int]]:
    return [(each.size, len(parse_note(each.note).signatures)) for each in system.shelf.all()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a record of three records, signed for."""
    folder = tmp_path / "record"
    with opened(folder) as system:
        record(system, 3)
        system.checkpointer.sign()
    return folder


def test_a_log_is_handed_over_with_an_overlap(folder: Path) -> None:
    with opened(folder) as system:
        first = system.checkpointer.key
        rotated = rotate(system, WHO, overlap=4)
        assert (rotated.from_size, rotated.until_size) == (3, 7)
        assert rotated.earlier == encode_verifier_key(first)
        second = system.checkpointer.key
        assert rotated.later == encode_verifier_key(second)
        assert signatures(system) == [(3, 1), (4, 2)]
        with pytest.raises(RuleViolation, match=r"log-key\.overlap"):
            rotate(system, WHO)
        record(system, 4)
        system.checkpointer.sign()
        assert signatures(system)[-1] == (8, 1)
        assert system.log_key_files.load(1) is None
        copies = system.settings.data / "checkpoint-copies"
        assert (copies / "log-key-2.txt").read_text() == rotated.statement
        rotate(system, WHO, overlap=1)
    with opened(folder) as system:
        record(system, 3)
        kept = system.checkpointer.sign()
        assert kept is not None
        terms = [(term.first, term.last) for term in system.checkpointer.keys.terms]
        assert terms == [(0, 7), (3, 9), (8, None)]
        report = verify_log(
            system.log,
            key=system.checkpointer.keys,
            checkpoints=system.shelf.all(),
            blobs=None,
        )
        assert report.intact
        assert len(report.confirmed) == len(system.shelf.all())


@pytest.mark.verifies("REQ-IN-002")
def test_an_auditor_follows_from_any_key_of_the_log(folder: Path, tmp_path: Path) -> None:
    with opened(folder) as system:
        for _ in range(2):
            rotate(system, WHO, overlap=1)
            record(system, 2)
            system.checkpointer.sign()
        folder = tmp_path / "export"
        successions = system.checkpointer.successions()
        export_log(
            system.log,
            folder,
            key=system.checkpointer.key,
            checkpoints=system.shelf.all(),
            successions=successions,
        )
        keys = [term.key for term in system.checkpointer.keys.terms]
    assert len(keys) == 3
    for key in keys:
        assert audit(folder, trust=Trust(log_key=key)).passed
    assert audit(folder).passed
    stranger = VerifierKey(name=keys[0].name, public_key=bytes(32))
    assert not audit(folder, trust=Trust(log_key=stranger)).passed
    # Without the statements only what the trusted key signed can be checked.
    for path in (folder / "log-keys").iterdir():
        path.unlink()
    assert not audit(folder, trust=Trust(log_key=keys[0])).passed
    # Those kept elsewhere do as well.
    assert audit(folder, trust=Trust(log_key=keys[0], successions=successions)).passed
    # One that the earlier key did not sign leads nowhere.
    forged = successions[1].replace(successions[1].splitlines()[-2], b"")
    outcome = audit(folder, trust=Trust(log_key=keys[0], successions=(successions[0], forged)))
    assert not outcome.passed


SEAMS: dict[str, tuple[Any, str, int, bool]] = {
    "before the later key is made": (LogKeyFiles, "provide", 1, False),
    "after the later key was made": (LogKeyFiles, "provide", 1, True),
    "before the earlier key's last word": (Checkpointer, "sign", 1, False),
    "after the earlier key's last word": (Checkpointer, "sign", 1, True),
    "before both sign the statement": (rotation, "sign_succession", 1, False),
    "after both signed the statement": (rotation, "sign_succession", 1, True),
    "before it is recorded": (rotation, "update", 1, False),
    "after it was recorded": (rotation, "update", 1, True),
    "before both sign a checkpoint": (Checkpointer, "sign", 2, False),
    "after both signed a checkpoint": (Checkpointer, "sign", 2, True),
    "before it is copied outside": (Checkpointer, "copy", 1, False),
    "before an earlier key is renamed": (LogKeyFiles, "end", 1, False),
    "after an earlier key ended": (LogKeyFiles, "end", 1, True),
}


def dying(real: Callable[..., Any], turn: int, *, after: bool) -> Callable[..., Any]:
    """Return what does as the real one does, until the process is killed at its nth call."""
    calls = iter(range(1, 1000))

    def call(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever is killed
        if next(calls) != turn:
            return real(*given, **named)
        if after:
            real(*given, **named)
        raise KeyboardInterrupt

    return call


@pytest.mark.parametrize("seam", SEAMS)
def test_killed_at_any_seam_the_log_is_signed_for_and_the_rotation_can_be_finished(
    folder: Path, monkeypatch: pytest.MonkeyPatch, seam: str
) -> None:
    owner, name, turn, after = SEAMS[seam]
    with opened(folder) as system, monkeypatch.context() as patched:
        patched.setattr(owner, name, dying(getattr(owner, name), turn, after=after))
        with pytest.raises(KeyboardInterrupt):
            rotate_twice(system)
    with opened(folder) as system:
        trusted = system.checkpointer.keys.terms[0].key
        record(system, 1)
        kept = system.checkpointer.sign()
        assert kept is not None
        while len(system.checkpointer.keys.terms) < 3:
            record(system, 2)
            system.checkpointer.sign()
            rotate(system, WHO, overlap=1)
        record(system, 3)
        system.checkpointer.sign()
        keys = follow(trusted, system.checkpointer.successions(), is_ed25519_signature)
        for each in system.shelf.all():
            assert keys.open(each.note, is_ed25519_signature).size == each.size
        secrets = {path.name for path in (folder / "secrets").iterdir()}
        assert {each for each in secrets if each.startswith("log-key")} == {"log-key-3"}
        assert signatures(system)[-1][1] == 1


def test_the_command_says_what_it_did_and_ends_an_overlap(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "open_record", lambda: opened(folder))
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    assert command.run(parser.parse_args(["--overlap", "50"])) == 0
    shown = capsys.readouterr()
    key = parse_verifier_key(shown.out.strip())
    assert "until 53 records" in shown.err
    assert command.run(parser.parse_args(["--end-overlap"])) == 0
    assert "1 earlier keys destroyed" in capsys.readouterr().err
    with opened(folder) as system:
        assert system.checkpointer.key == key
        record(system, 1)
        system.checkpointer.sign()
        assert signatures(system)[-1] == (5, 1)
        (recorded,) = system.log.stream(LogKeyId.derived(system.clinic).stream)
        assert isinstance(recorded.event, LogKeyRotated)


def test_a_rotation_never_takes_a_key_that_is_gone(folder: Path) -> None:
    with opened(folder) as system:
        system.log_key_files.end(1)
        with pytest.raises(Exception, match="is gone"):
            rotate(system, WHO)
