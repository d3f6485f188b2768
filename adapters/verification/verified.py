"""What was verified before, kept in a file so that the next verification can go on from there.

Rules kept here:

1. The file is believed only with its authentication code, under a key derived from the clinic's
   data key: whoever can write the file but lacks that key cannot make one.
2. It names a signed checkpoint, and is believed only if the log's key signed that.
3. It is replaced whole or not at all. Without it, or with an older one, more is looked at again,
   never less.

The file: the code in hexadecimal, a newline, canonical JSON.

Source: FIPS 198-1 (HMAC) with SHA-256; RFC 8785.
"""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hmac import compare_digest
from hmac import digest as hmac_digest
from pathlib import Path
from typing import Final

from adapters.keys.durable_file import (
    UNFINISHED,
    disk_errors,
    make_folder,
    read_private,
    sync_folder,
    write_all,
)
from domain.errors import DigestMismatch, MalformedInput
from domain.ledger import canonical
from domain.values.time import ServerTime

PURPOSE: Final = b"vultus/verified/v1"
FORMAT: Final = "vultus/verified/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenDevice:
    """A device as the verified part of the log leaves it.

    Attributes:
        key: Its public key, SubjectPublicKeyInfo; None if it never enrolled.
        sequence: The last device sequence it signed; None if it signed nothing.
    """

    key: bytes | None
    sequence: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What the last complete verification found to be intact.

    Attributes:
        note: The signed checkpoint over the records that were verified.
        verified_at: When.
        devices: The devices by identifier.
    """

    note: bytes
    verified_at: ServerTime
    devices: Mapping[str, SeenDevice] = field(default_factory=dict)


class VerifiedFile:
    """Keeps what was verified last."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Use a file, and a key of 32 bytes derived for ``PURPOSE``."""
        self._path = path
        self._key = key

    def load(self) -> Verified | None:
        """Return what was verified last, if anything was.

        Raises:
            DigestMismatch: the file was changed by somebody without the key.
            RuleViolation: others may read or change the file.
            Unavailable: it cannot be read.
        """
        with disk_errors("reading what was verified"):
            content = read_private(self._path)
        if content is None:
            return None
        code, _, body = content.partition(b"\n")
        if not compare_digest(code, self._code(body)):
            raise DigestMismatch(
                f"{self._path} was not written by this clinic's verification; verify everything, "
                "which writes it again"
            )
        return _parse(body)

    def save(self, verified: Verified) -> None:
        """Replace what was verified last; durable once this returns.

        Raises:
            Unavailable: the disk is full or read-only; what was there stays.
        """
        body = _encode(verified)
        part = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}{UNFINISHED}")
        with disk_errors("keeping what was verified"):
            make_folder(self._path.parent)
            try:
                descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                try:
                    write_all(descriptor, self._code(body) + b"\n" + body)
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
                part.replace(self._path)
            finally:
                with suppress(FileNotFoundError):
                    part.unlink()
            sync_folder(self._path.parent)

    def _code(self, body: bytes) -> bytes:
        return hmac_digest(self._key, body, "sha256").hex().encode()


def _encode(verified: Verified) -> bytes:
    return canonical.encode(
        {
            "format": FORMAT,
            "checkpoint": verified.note.decode(),
            "verified_at": str(verified.verified_at),
            "devices": {
                device: {
                    "key": None if seen.key is None else seen.key.hex(),
                    "sequence": None if seen.sequence is None else str(seen.sequence),
                }
                for device, seen in verified.devices.items()
            },
        }
    )


def _parse(body: bytes) -> Verified:
    fields = canonical.parse_canonical(body)
    try:
        match fields:
            case {
                "format": str(form),
                "checkpoint": str(note),
                "verified_at": str(at),
                "devices": dict(devices),
            } if form == FORMAT:
                return Verified(
                    note=note.encode(),
                    verified_at=ServerTime.parse(at),
                    devices={device: _device(seen) for device, seen in devices.items()},
                )
    except ValueError as error:
        raise MalformedInput("what was verified is not written as it has to be") from error
    raise MalformedInput("what was verified is of another version of this software")


def _device(seen: canonical.JsonValue) -> SeenDevice:
    match seen:
        case {"key": key, "sequence": sequence}:
            return SeenDevice(
                key=bytes.fromhex(key) if isinstance(key, str) else None,
                sequence=int(sequence) if isinstance(sequence, str) else None,
            )
    raise MalformedInput("what was verified is not written as it has to be")
