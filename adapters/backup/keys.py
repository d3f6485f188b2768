"""Keys in a backup of their own: a mirror that destroyed keys leave, and the way back from it.

Rules kept here:

1. Keys never lie with the record they open: in one long-lived backup, an erasure would end with
   its retention and not when it was promised.
2. The mirror holds what there is now, and no generations: a key that was destroyed is overwritten
   and removed there by the next run, and its tombstone stays.
3. A key is made once and never changes, so a copy that differs is damage on one side; which, a
   person must find out.
4. Nothing that is known to be destroyed is put back, whatever a mirror still holds.

The folder: ``clinic``, ``keys/`` and ``secrets/`` as in a data folder, which may stand for one.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.backup.document import appearing
from adapters.keys.durable_file import (
    create_private,
    destroy_private,
    disk_errors,
    make_private_folder,
    read_private,
)
from domain.errors import DigestMismatch, RuleViolation
from domain.values.identifiers import ClinicId

CLINIC_PATH: Final = "clinic"
KEYS_FOLDER: Final = "keys"
SECRETS_FOLDER: Final = "secrets"
MASTER_KEY: Final = "master-key"
_WRAPPING: Final = "wrapping"
_KEY: Final = ".key"
_TOMBSTONE: Final = ".destroyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """What a mirror holds now.

    Attributes:
        keys: Data keys.
        added: Those that were new.
        destroyed: Those that were overwritten and removed by this run.
    """

    keys: int
    added: int
    destroyed: int


def mirror_keys(data: Path, mirror: Path, *, master_key: bool) -> Mirrored:
    """Bring a mirror of all keys of a data folder up to date.

    Args:
        data: The data folder.
        mirror: The mirror; made where it is missing.
        master_key: Whether the master key goes with them; without it they open nothing.

    Raises:
        RuleViolation: the mirror holds another clinic's keys, or is open to others.
        DigestMismatch: a key differs from its copy.
        Unavailable: the disk is full or read-only.
    """
    with disk_errors("backing up keys"):
        clinic = (data / CLINIC_PATH).read_bytes()
        make_private_folder(mirror)
        create_private(mirror / CLINIC_PATH, clinic)
        if (mirror / CLINIC_PATH).read_bytes() != clinic:
            raise RuleViolation(
                "backup-keys.same-clinic",
                f"{mirror} holds the keys of another clinic",
                "Name the folder of this clinic's own keys.",
            )
        make_private_folder(mirror / SECRETS_FOLDER)
        for secret in _files(data / SECRETS_FOLDER):
            if master_key or secret.name != MASTER_KEY:
                _replace(mirror / SECRETS_FOLDER / secret.name, read_private(secret) or b"")
        for folder in _folders(data / KEYS_FOLDER):
            make_private_folder(mirror / KEYS_FOLDER)
            make_private_folder(mirror / KEYS_FOLDER / folder.name)
        destroyed = _destroy_copies(data, mirror)
        added = sum(_add(key, mirror, data) for key in _key_files(data))
        # What was destroyed while this ran must not have been copied behind its back.
        destroyed += _destroy_copies(data, mirror)
        keys = sum(1 for each in _key_files(mirror) if each.parent.name != _WRAPPING)
    return Mirrored(keys=keys, added=added, destroyed=destroyed)


def put_keys_back(
    mirror: Path, data: Path, *, clinic: ClinicId, gone: Collection[str], master_key: Path | None
) -> None:
    """Put keys into a new data folder, but none that is gone.

    Raises:
        RuleViolation: these are another clinic's keys, are open to others, or lack the master key.
        Unavailable: the disk is full, or cannot be read.
    """
    with disk_errors(f"reading the keys in {mirror}"):
        found = mirror / CLINIC_PATH
        if not found.exists() or found.read_bytes() != str(clinic).encode():
            raise RuleViolation(
                "restore.same-clinic",
                f"{mirror} does not hold the keys of the clinic {clinic}",
                "Name the folder that `vultus backup-keys` wrote for this clinic.",
            )
        secrets = [*_files(mirror / SECRETS_FOLDER)]
        if master_key is not None:
            secrets = [each for each in secrets if each.name != MASTER_KEY]
        elif MASTER_KEY not in {each.name for each in secrets}:
            raise RuleViolation(
                "restore.master-key",
                f"{mirror} holds no master key, and nothing opens without it",
                "Give the master key's file with --master-key.",
            )
        make_private_folder(data / SECRETS_FOLDER)
        for secret in secrets:
            create_private(data / SECRETS_FOLDER / secret.name, read_private(secret) or b"")
        if master_key is not None:
            create_private(data / SECRETS_FOLDER / MASTER_KEY, read_private(master_key) or b"")
        for folder in _folders(mirror / KEYS_FOLDER):
            make_private_folder(data / KEYS_FOLDER)
            make_private_folder(data / KEYS_FOLDER / folder.name)
            for each in _files(folder):
                if each.suffix == _TOMBSTONE or (
                    f"{folder.name}:{each.stem}" not in gone
                    and not each.with_suffix(_TOMBSTONE).exists()
                ):
                    content = read_private(each) or b""
                    create_private(data / KEYS_FOLDER / folder.name / each.name, content)
        create_private(data / CLINIC_PATH, str(clinic).encode())


def remove_with_keys(folder: Path) -> None:
    """Remove a folder with everything in it; keys and secrets are overwritten first.

    Raises:
        Unavailable: the disk failed; remove it again.
    """
    with disk_errors(f"removing {folder}"):
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir():
                path.rmdir()
            elif path.suffix == _KEY or path.parent.name == SECRETS_FOLDER:
                destroy_private(path)
            else:
                path.unlink()
        if folder.exists():
            folder.rmdir()


def key_path(folder: Path, key: str) -> Path:
    """Return where a data key lies in a mirror."""
    kind, _, name = key.partition(":")
    return folder / KEYS_FOLDER / kind / f"{name}{_KEY}"


def destroyed_in(folder: Path) -> Iterator[str]:
    """Yield the name of every key that a mirror knows to be destroyed."""
    with disk_errors(f"reading the keys in {folder}"):
        for tombstone in (folder / KEYS_FOLDER).glob(f"*/*{_TOMBSTONE}"):
            yield f"{tombstone.parent.name}:{tombstone.stem}"


def _add(key: Path, mirror: Path, data: Path) -> bool:
    """Copy a key that is new; return whether it was."""
    copy = mirror / key.relative_to(data)
    content = read_private(key)
    if content is None or key.with_suffix(_TOMBSTONE).exists():
        return False  # destroyed meanwhile
    there = read_private(copy)
    if there is None:
        return create_private(copy, content) and key.parent.name != _WRAPPING
    if there != content:
        raise DigestMismatch(f"{copy} is not the key that lies at {key}; one of them is damaged")
    return False


def _destroy_copies(data: Path, mirror: Path) -> int:
    """Destroy the copy of every key that is destroyed; return how many there were."""
    count = 0
    for tombstone in (data / KEYS_FOLDER).glob(f"*/*{_TOMBSTONE}"):
        copy = mirror / tombstone.relative_to(data)
        if not copy.exists():
            create_private(copy, read_private(tombstone) or b"")
        key = copy.with_suffix(_KEY)
        if key.exists():
            destroy_private(key)
            count += 1
    return count


def _replace(path: Path, content: bytes) -> None:
    """Write a secret, which may have been renewed since; it was in use, so it is whole."""
    if read_private(path) != content:
        with appearing(path) as file:
            file.write(content)


def _key_files(data: Path) -> list[Path]:
    return sorted((data / KEYS_FOLDER).glob(f"*/*{_KEY}"))


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def _files(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
    )
