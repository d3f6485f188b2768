"""A mirror of the keys: destroyed keys leave it, and none of them comes back from it."""

import shutil
from pathlib import Path

import pytest

from adapters.backup.keys import destroyed_in, key_path, mirror_keys, put_keys_back
from adapters.keys.key_ring import FileKeyRing
from adapters.keys.master_key import create_master_key_file, load_master_key_file
from adapters.keys.signing import Ed25519Signer
from domain.errors import DigestMismatch, RuleViolation, Unavailable
from domain.values.identifiers import ClinicId
from tests.adapters.keys.rings import subject_key

CLINIC = ClinicId.derived("backup of keys")
KEPT, GONE = subject_key("kept"), subject_key("gone")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with two subjects' keys."""
    folder = tmp_path / "data"
    master = create_master_key_file(folder / "secrets" / "master-key")
    Ed25519Signer.create(folder / "secrets" / "log-key", name="log", master=master)
    (folder / "clinic").write_text(str(CLINIC))
    with ring(folder) as keys:
        for key in (f"clinic:{CLINIC}", KEPT, GONE):
            keys.create(key)
    return folder


def ring(data: Path) -> FileKeyRing:
    master = load_master_key_file(data / "secrets" / "master-key")
    return FileKeyRing(data / "keys", clinic=CLINIC, master=master)


def mirrored(data: Path, mirror: Path, *, master_key: bool = True) -> tuple[int, int, int]:
    done = mirror_keys(data, mirror, master_key=master_key)
    return done.keys, done.added, done.destroyed


def restored(mirror: Path, data: Path, *gone: str, master_key: Path | None = None) -> FileKeyRing:
    data.mkdir(mode=0o700)
    put_keys_back(mirror, data, clinic=CLINIC, gone=gone, master_key=master_key)
    return ring(data)


def test_a_mirror_gets_what_is_new_and_is_enough_to_restore(data: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    assert mirrored(data, mirror) == (3, 3, 0)
    assert mirrored(data, mirror) == (3, 0, 0)
    with ring(data) as keys:
        keys.create(subject_key("new"))
        derived = keys.derive(KEPT, b"purpose")
    assert mirrored(data, mirror) == (4, 1, 0)
    with restored(mirror, tmp_path / "restored") as keys:
        assert keys.derive(KEPT, b"purpose") == derived
        assert len(keys.living()) == 4
    assert not [path for path in mirror.rglob("*") if path.stat().st_mode & 0o077]


@pytest.mark.verifies("DRV-10")
def test_a_destroyed_key_is_overwritten_in_the_mirror(data: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirrored(data, mirror)
    # Another name for the same bytes on the disk shows what becomes of them.
    (tmp_path / "bytes").hardlink_to(key_path(mirror, GONE))
    with ring(data) as keys:
        keys.destroy(GONE)
    assert mirrored(data, mirror) == (2, 0, 1)
    assert not key_path(mirror, GONE).exists()
    assert set((tmp_path / "bytes").read_bytes()) == {0}
    assert list(destroyed_in(mirror)) == [GONE]
    with restored(mirror, tmp_path / "restored") as keys:
        assert keys.destroyed(GONE)
        assert not keys.destroyed(KEPT)


@pytest.mark.verifies("DRV-10")
def test_a_key_that_is_known_to_be_gone_is_not_put_back(data: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirrored(data, mirror)
    with restored(mirror, tmp_path / "restored", GONE) as keys:
        assert keys.living() == (f"clinic:{CLINIC}", KEPT)


def test_a_key_that_differs_from_its_copy_is_named(data: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirrored(data, mirror)
    copy = key_path(mirror, KEPT)
    copy.write_bytes(copy.read_bytes()[::-1])
    with pytest.raises(DigestMismatch, match=copy.name):
        mirrored(data, mirror)


def test_the_master_key_may_be_kept_elsewhere(data: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirrored(data, mirror, master_key=False)
    assert [path.name for path in (mirror / "secrets").iterdir()] == ["log-key"]
    with pytest.raises(RuleViolation, match="--master-key"):
        restored(mirror, tmp_path / "without")
    given = data / "secrets" / "master-key"
    for number, source in enumerate((mirror, data)):
        with restored(source, tmp_path / f"{number}", master_key=given) as keys:
            assert keys.derive(KEPT, b"")


def test_a_renewed_secret_replaces_its_copy(data: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirrored(data, mirror)
    (data / "secrets" / "log-key").unlink()
    master = load_master_key_file(data / "secrets" / "master-key")
    Ed25519Signer.create(data / "secrets" / "log-key", name="log", master=master)
    mirrored(data, mirror)
    for name in ("log-key", "master-key"):
        assert (mirror / "secrets" / name).read_bytes() == (data / "secrets" / name).read_bytes()


def test_the_keys_of_two_clinics_never_meet(data: Path, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirrored(data, mirror)
    (data / "clinic").write_text(str(ClinicId.derived("another")))
    with pytest.raises(RuleViolation, match="another clinic"):
        mirrored(data, mirror)
    other = ClinicId.derived("another")
    (tmp_path / "restored").mkdir()
    with pytest.raises(RuleViolation, match="does not hold the keys"):
        put_keys_back(mirror, tmp_path / "restored", clinic=other, gone=(), master_key=None)
    with pytest.raises(RuleViolation, match="does not hold the keys"):
        put_keys_back(
            tmp_path / "nowhere", tmp_path / "restored", clinic=CLINIC, gone=(), master_key=None
        )


def test_a_mirror_that_is_open_to_others_or_cannot_be_written_is_refused(
    data: Path, tmp_path: Path
) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir(mode=0o755)
    with pytest.raises(RuleViolation, match="open to other users"):
        mirrored(data, mirror)
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable):
        mirrored(data, tmp_path / "file" / "mirror")
    shutil.rmtree(mirror)
    assert mirrored(data, mirror)[0] == 3
