"""The log's private keys by number: made once, met again, ended in one step."""

from pathlib import Path

import pytest

from adapters.keys import log_key_files
from adapters.keys.log_key_files import LogKeyFiles
from adapters.keys.master_key import create_master_key_file
from adapters.keys.signing import Ed25519Signer
from domain.errors import DigestMismatch, RuleViolation


@pytest.fixture
def files(tmp_path: Path) -> LogKeyFiles:
    """Return an empty folder of keys."""
    return LogKeyFiles(tmp_path / "secrets", master=create_master_key_file(tmp_path / "master"))


def test_a_key_is_made_once_and_met_again(files: LogKeyFiles, tmp_path: Path) -> None:
    assert files.load(1) is None
    first, second = files.provide(1), files.provide(2)
    assert first.public_key() != second.public_key()
    for number, signer in ((1, first), (2, second)):
        found = files.load(number)
        assert found is not None
        assert found.public_key() == files.provide(number).public_key() == signer.public_key()
    names = sorted(path.name for path in (tmp_path / "secrets").iterdir())
    assert names == ["log-key", "log-key-2"]


def test_no_key_stands_for_another(files: LogKeyFiles, tmp_path: Path) -> None:
    files.provide(1)
    (tmp_path / "secrets" / "log-key").rename(tmp_path / "secrets" / "log-key-2")
    with pytest.raises(DigestMismatch):
        files.load(2)


def test_an_ended_key_is_gone_for_good(files: LogKeyFiles, tmp_path: Path) -> None:
    files.provide(1)
    files.end(1)
    files.end(1)
    files.end(7)
    assert files.load(1) is None
    assert list((tmp_path / "secrets").iterdir()) == []


def test_an_end_that_was_interrupted_leaves_no_half_key_and_is_finished(
    files: LogKeyFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.provide(1)

    def die(_path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(log_key_files, "destroy_private", die)
        with pytest.raises(KeyboardInterrupt):
            files.end(1)
    assert files.load(1) is None
    files.end(1)
    assert list((tmp_path / "secrets").iterdir()) == []


def test_a_key_that_another_process_made_meanwhile_is_taken(
    files: LogKeyFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = files.provide(1)
    found = iter((None,))
    with monkeypatch.context() as patched:
        patched.setattr(LogKeyFiles, "load", lambda _self, _number: next(found))
        assert files.provide(1).public_key() == made.public_key()
    with pytest.raises(RuleViolation):
        Ed25519Signer.create(files._path(1), name="log", master=files._master)
