"""Opening a record: new, again, interrupted, incomplete, restored from a backup."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.keys.key_ring import FileKeyRing
from adapters.memory import ManualClock
from api import wiring
from api.serving import opened as opened_whole
from api.wiring import open_system
from domain.errors import (
    ContentErased,
    IntegrityFailure,
    MalformedInput,
    RecordsError,
    RuleViolation,
    Unavailable,
)
from tests.api.portal import Clinic, Portal, settings_in
from tests.api.test_subjects import asked


def test_a_new_folder_gets_everything_it_needs_and_keeps_it(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet" / "there"
    with open_system(settings_in(folder)) as first:
        assert first.log.size() == 0
        assert first.checkpointer.sign() is None
        clinic, key = first.clinic, first.checkpointer.key
    with open_system(settings_in(folder)) as second:
        assert second.clinic == clinic
        assert second.checkpointer.key == key
    assert (folder / "checkpoint-copies").is_dir()
    for secret in (*(folder / "secrets").iterdir(), folder / "vultus.sqlite"):
        assert not secret.stat().st_mode & 0o077, secret


def test_two_processes_may_have_the_same_record_open(tmp_path: Path) -> None:
    with open_system(settings_in(tmp_path)) as one, open_system(settings_in(tmp_path)) as two:
        assert one.clinic == two.clinic
        one.keys.create("subject:00000000-0000-4000-8000-000000000000")
        sealed = one.keys.seal(two.clinic_key, bytes(12), b"content", b"")
        assert two.keys.open(one.clinic_key, bytes(12), sealed, b"") == b"content"


STEPS = [
    "create_master_key_file",
    "create_private",
    "FileKeyRing",
    "migrate",
    "open_event_log",
    "open_engine",
    "open_blobs",
    "Accounts",
    "_signing_key",
    "Checkpointer",
]


@pytest.mark.parametrize("step", STEPS)
def test_a_first_start_interrupted_anywhere_is_made_good_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(wiring, step, die)
        with pytest.raises(KeyboardInterrupt), open_system(settings_in(tmp_path)):
            pass
    with open_system(settings_in(tmp_path)) as system:
        assert system.log.size() == 0
        clinic = system.clinic
    with open_system(settings_in(tmp_path)) as system:
        assert system.clinic == clinic


def broken(text: bytes) -> Callable[[Path], None]:
    return lambda folder: _ignored((folder / "clinic").write_bytes(text))


def _ignored(_result: object) -> None:
    """Forget a result."""


DAMAGE: dict[str, tuple[Callable[[Path], None], type[RecordsError], str]] = {
    "an empty clinic": (broken(b""), IntegrityFailure, "does not hold a clinic's identifier"),
    "half a clinic": (broken(b"7d5cb1f0-5f"), IntegrityFailure, "does not hold"),
    "a strange clinic": (broken(b"\xff\xfe"), IntegrityFailure, "does not hold"),
    "no clinic": (lambda folder: (folder / "clinic").unlink(), IntegrityFailure, "is gone"),
    "another clinic": (
        broken(b"00000000-0000-4000-8000-000000000000"),
        RecordsError,
        "clinic|wrapping|key",
    ),
    "an open master key": (
        lambda folder: (folder / "secrets" / "master-key").chmod(0o644),
        RuleViolation,
        "open to other users",
    ),
    "half a master key": (
        lambda folder: _ignored((folder / "secrets" / "master-key").write_bytes(b"vultus")),
        MalformedInput,
        "not a master key",
    ),
    "no master key": (
        lambda folder: (folder / "secrets" / "master-key").unlink(),
        RecordsError,
        "master key|key",
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_folder_is_refused_with_what_is_wrong_and_never_begun_anew(
    tmp_path: Path, what: str
) -> None:
    with open_system(settings_in(tmp_path)):
        pass
    damage, kind, words = DAMAGE[what]
    damage(tmp_path)
    for _ in range(2):
        with pytest.raises(kind, match=words), open_system(settings_in(tmp_path)):
            pass


def test_an_outside_folder_that_is_missing_is_named_before_anything_is_made(
    tmp_path: Path,
) -> None:
    outside = tmp_path / "mounted" / "elsewhere"
    settings = settings_in(tmp_path / "data", VULTUS_CHECKPOINT_COPIES=str(outside))

    missing = pytest.raises(Unavailable, match="VULTUS_CHECKPOINT_COPIES")
    with missing as refused, open_system(settings):
        pass
    assert str(outside) in str(refused.value)
    assert not (tmp_path / "data").exists()
    outside.mkdir(parents=True)
    with open_system(settings) as system:
        assert system.log.size() == 0


def test_what_was_opened_is_closed_when_opening_fails_half_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    original = FileKeyRing.close

    def close(self: FileKeyRing) -> None:
        closed.append("keys")
        original(self)

    monkeypatch.setattr(FileKeyRing, "close", close)

    def die(*_arguments: object, **_named: object) -> None:
        message = "the disk is full"
        raise Unavailable(message)

    monkeypatch.setattr(wiring, "open_blobs", die)
    with pytest.raises(Unavailable), open_system(settings_in(tmp_path)):
        pass
    assert closed == ["keys"]


@pytest.mark.verifies("REQ-IN-206", "REQ-IN-213")
def test_keys_and_content_brought_back_by_a_backup_are_destroyed_again(
    portal: Portal, clinic: Clinic, tmp_path: Path
) -> None:
    data = portal.system.settings.data
    shutil.copytree(data / "keys", tmp_path / "backup")
    privacy = portal.sign_in("privacy")
    digest = asked(portal.sign_in("practitioner"), clinic)
    assert privacy.approve(f"/subjects/{clinic.subject}/erasure", digest).json()["erased"]
    # A careless restore: everything that was there comes back, the tombstone goes.
    shutil.rmtree(data / "keys")
    shutil.copytree(tmp_path / "backup", data / "keys")
    key = f"subject:{clinic.subject}"

    with opened_whole(
        settings_in(data), say=lambda _text: None, clock=ManualClock(portal.clock.now())
    ) as system:
        assert system.keys.destroyed(key)
        with pytest.raises(ContentErased):
            system.keys.derive(key, b"anything")
