"""The station's key in files, for stations without a secure element.

Rules kept here:

1. The signing key and the storage key are made here, wrapped under a master key file, and never
   given out; the record says that they live in a file.
2. A key is made once. A station that lost it is enrolled anew.
3. What the station keeps on its disk is encrypted under the storage key and bound to its context.

Source: NIST SP 800-38D (AES-256-GCM); FIPS 186-5 (ECDSA).
"""

import secrets
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.keys.durable_file import create_private, disk_errors, read_private
from adapters.keys.master_key import MasterKey, create_master_key_file, load_master_key_file
from adapters.keys.signing import P256Signer
from adapters.keys.wrapping import KEY_SIZE, NONCE_SIZE, unwrap_record, wrap_record
from domain.errors import DigestMismatch, NotFound

_NAME: Final = "station"
_STORAGE: Final = "station-storage"


class FileSecureKey:
    """Signs and seals with keys that lie wrapped in a folder of the station."""

    def __init__(self, signer: P256Signer, storage: bytes) -> None:
        """Take the signer and the 32 bytes of the storage key."""
        self._signer = signer
        self._storage = AESGCM(storage)

    @classmethod
    def load_or_create(cls, folder: Path) -> Self:
        """Return the keys in a folder, made on first use; durable once this returns.

        Raises:
            RuleViolation: others may read the files.
            DigestMismatch: a file was changed.
            Unavailable: the disk is full or read-only.
        """
        master = _master(folder / "master.key")
        path = folder / "station.key"
        try:
            signer = P256Signer.load(path, name=_NAME, master=master)
        except NotFound:
            signer = P256Signer.create(path, name=_NAME, master=master)
        return cls(signer, _storage_key(folder / "storage.key", master))

    @property
    def location(self) -> str:
        """Where the key lives."""
        return "file"

    def public_key(self) -> bytes:
        """Return the public key as SubjectPublicKeyInfo in DER."""
        return self._signer.public_key()

    def sign(self, content: bytes) -> bytes:
        """Return the signature in DER."""
        return self._signer.sign(content)

    def seal(self, content: bytes, context: bytes) -> bytes:
        """Return nonce, ciphertext and tag."""
        # Random nonces are safe for 2³² messages under one key (SP 800-38D, section 8.3).
        nonce = secrets.token_bytes(NONCE_SIZE)
        return nonce + self._storage.encrypt(nonce, content, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            DigestMismatch: the sealed bytes or their context were changed.
        """
        if len(sealed) <= NONCE_SIZE:
            raise DigestMismatch("sealed bytes are too short")
        try:
            return self._storage.decrypt(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], context)
        except InvalidTag as error:
            raise DigestMismatch("bytes kept at the station were changed") from error


def _master(path: Path) -> MasterKey:
    try:
        return load_master_key_file(path)
    except NotFound:
        return create_master_key_file(path)


def _storage_key(path: Path, master: MasterKey) -> bytes:
    with disk_errors("reading the storage key"):
        record = read_private(path)
        if record is None:
            made = secrets.token_bytes(KEY_SIZE)
            create_private(path, wrap_record(made, name=_STORAGE, by=master))
            record = read_private(path) or b""
    return unwrap_record(record, name=_STORAGE, by={master.identity: master})
