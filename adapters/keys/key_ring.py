"""Data keys outside the ledger's database and its backups, one per subject.

Rules kept here:

1. Master key → clinic's wrapping key → one random data key per subject, and one for the clinic.
2. A key is used only while its file is there and its tombstone is not. This is looked up on each
   use, also when the unwrapped key is in memory: once ``destroy`` returned, every later use in
   every process on this machine is refused. It costs two look-ups in a folder, 2 to 10 µs. What
   is done in one go with many contents counts as one use of each key (``momentary``).
3. The unwrapped keys in memory are bounded in number and never printed.

BUG: Python cannot wipe memory. Another process drops its unwrapped copy of a destroyed key at its
next use of that key, or when newer keys displace it; freed memory is not overwritten.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.keys.key_folder import KeyFolder, Lookup
from adapters.keys.master_key import MasterKey
from adapters.keys.wrapping import (
    KEY_SIZE,
    NONCE_SIZE,
    AesWrappingKey,
    hkdf,
    unwrap_record,
    wrap_record,
)
from domain.errors import ContentErased, DigestMismatch, MalformedInput, NotFound
from domain.values.identifiers import ClinicId

KEYS_IN_MEMORY: Final = 1 << 14
"""Unwrapping again takes 0.1 ms, so there is room for everybody whom a large clinic sees: 3 kB
each, 50 MB at most. The wrapping key is in memory, too, so fewer would be no safer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _DataKey:
    """An unwrapped data key and where to look up that it may be used."""

    lookup: Lookup
    key: bytes = field(repr=False)
    aead: AESGCM = field(repr=False)


class FileKeyRing:
    """The ``KeyRing`` of one clinic in one folder; safe for several threads and processes."""

    def __init__(
        self,
        folder: Path,
        *,
        clinic: ClinicId,
        master: MasterKey,
        keys_in_memory: int = KEYS_IN_MEMORY,
    ) -> None:
        """Open the folder, or make a new one; finish what a crash left undone.

        Args:
            folder: Where the keys lie; nobody but its owner may enter it.
            clinic: Whose keys they are.
            master: Wraps the clinic's wrapping key.
            keys_in_memory: How many unwrapped keys are kept, the longest unused going first.

        Raises:
            RuleViolation: the folder or a file in it is open to others, or the master key is not
                the one that wrapped the clinic's key.
            IntegrityFailure: there are data keys, but the clinic's wrapping key is gone or damaged.
            Unavailable: the disk is full or read-only.
        """
        self._folder = KeyFolder(folder)
        self._keys_in_memory = keys_in_memory
        self._unwrapped: OrderedDict[str, _DataKey] = OrderedDict()
        self._unwrapped_lock = Lock()
        try:
            self._wrapping = _open_wrapping(self._folder, clinic, master)
        except BaseException:
            self._folder.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget every unwrapped key and let go of the folder; the ring cannot be used again."""
        with self._unwrapped_lock:
            self._unwrapped.clear()
        self._folder.close()

    def create(self, key: str) -> None:
        """Create a data key unless it exists; durable once this returns.

        Raises:
            ContentErased: a key of this name was destroyed.
            MalformedInput: this is not a key's name.
            Unavailable: the disk is full or read-only.
        """
        newest = next(reversed(self._wrapping.values()))
        self._folder.add(
            key, lambda: wrap_record(secrets.token_bytes(KEY_SIZE), name=key, by=newest)
        )

    def seal(self, key: str, nonce: bytes, content: bytes, associated: bytes) -> bytes:
        """Encrypt with AES-256-GCM and return ciphertext with its tag.

        Raises:
            NotFound: there is no such key.
            ContentErased: the key is destroyed.
            MalformedInput: the nonce does not have 12 bytes.
        """
        return _seal(self._use(key), nonce, content, associated)

    def open(self, key: str, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """Decrypt and authenticate.

        Raises:
            NotFound: there is no such key.
            ContentErased: the key is destroyed.
            DigestMismatch: the sealed bytes or their associated data were changed.
            MalformedInput: the nonce does not have 12 bytes.
        """
        return _open(key, self._use(key), nonce, sealed, associated)

    def derive(self, key: str, purpose: bytes) -> bytes:
        """Return 32 bytes derived from the data key for one purpose (RFC 5869).

        Raises:
            NotFound: there is no such key.
            ContentErased: the key is destroyed.
        """
        return hkdf(self._use(key).key, purpose)

    def destroy(self, key: str) -> None:
        """Destroy a data key for good, or make sure that one of this name can never be.

        Raises:
            MalformedInput: this is not a key's name.
            Unavailable: the disk failed; ask again, the key may or may not be destroyed.
        """
        try:
            self._folder.destroy(key)
        finally:
            self._forget(key)

    def destroyed(self, key: str) -> bool:
        """Return whether the key was destroyed."""
        return self._folder.destroyed(key)

    def living(self) -> tuple[str, ...]:
        """Return the names of all keys that can be used, in order."""
        return self._folder.living()

    def momentary(self) -> "MomentaryKeys":
        """Return the same keys for what is done in one go: each is looked up once.

        Whoever keeps it longer uses keys that were destroyed meanwhile.
        """
        return MomentaryKeys(self, self._use)

    def _use(self, key: str) -> _DataKey:
        """Return an unwrapped key, having looked up that it may be used."""
        with self._unwrapped_lock:
            known = self._unwrapped.get(key)
            if known is not None:
                self._unwrapped.move_to_end(key)
        if known is not None and known.lookup.is_usable():
            return known
        self._forget(key)
        return self._unwrap(key)

    def _unwrap(self, key: str) -> _DataKey:
        """Read a key from its file and keep it in memory."""
        record = None if self._folder.destroyed(key) else self._folder.read(key)
        if record is None:
            raise self._refusal(key)
        try:
            data_key = unwrap_record(record, name=key, by=self._wrapping)
        except DigestMismatch:
            # Destroying overwrites the file that was just read, after writing the tombstone.
            if self._folder.destroyed(key):
                raise ContentErased(key) from None
            raise
        lookup = self._folder.lookup(key)
        unwrapped = _DataKey(lookup=lookup, key=data_key, aead=AESGCM(data_key))
        with self._unwrapped_lock:
            self._unwrapped[key] = unwrapped
            while len(self._unwrapped) > self._keys_in_memory:
                self._unwrapped.popitem(last=False)
        if not lookup.is_usable():  # destroyed before this copy was there to be forgotten
            self._forget(key)
            raise self._refusal(key)
        return unwrapped

    def _refusal(self, key: str) -> ContentErased | NotFound:
        return ContentErased(key) if self.destroyed(key) else NotFound(f"there is no key {key}")

    def _forget(self, key: str) -> None:
        with self._unwrapped_lock:
            self._unwrapped.pop(key, None)


class MomentaryKeys:
    """The keys of a ring for as long as one thing is done; for one thread."""

    __slots__ = ("_look_up", "_ring", "_used")

    def __init__(self, ring: FileKeyRing, look_up: Callable[[str], _DataKey]) -> None:
        """Have used none yet."""
        self._ring = ring
        self._look_up = look_up
        self._used: dict[str, _DataKey] = {}

    def create(self, key: str) -> None:
        """Create a data key unless it exists."""
        self._ring.create(key)

    def seal(self, key: str, nonce: bytes, content: bytes, associated: bytes) -> bytes:
        """Encrypt with AES-256-GCM and return ciphertext with its tag."""
        return _seal(self._use(key), nonce, content, associated)

    def open(self, key: str, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """Decrypt and authenticate."""
        return _open(key, self._use(key), nonce, sealed, associated)

    def derive(self, key: str, purpose: bytes) -> bytes:
        """Return 32 bytes derived from the data key for one purpose."""
        return hkdf(self._use(key).key, purpose)

    def destroy(self, key: str) -> None:
        """Destroy a data key for good."""
        self._used.pop(key, None)
        self._ring.destroy(key)

    def destroyed(self, key: str) -> bool:
        """Return whether the key was destroyed."""
        return self._ring.destroyed(key)

    def _use(self, key: str) -> _DataKey:
        used = self._used.get(key)
        if used is None:
            used = self._used[key] = self._look_up(key)
        return used


def _seal(key: _DataKey, nonce: bytes, content: bytes, associated: bytes) -> bytes:
    _check_nonce(nonce)
    return key.aead.encrypt(nonce, content, associated)


def _open(name: str, key: _DataKey, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    _check_nonce(nonce)
    try:
        return key.aead.decrypt(nonce, sealed, associated)
    except InvalidTag as error:
        raise DigestMismatch(f"what was sealed under {name} was changed") from error


def _open_wrapping(
    folder: KeyFolder, clinic: ClinicId, master: MasterKey
) -> dict[str, AesWrappingKey]:
    """Return every version of the clinic's wrapping key by identity, the newest last."""

    def first() -> bytes:
        return wrap_record(secrets.token_bytes(KEY_SIZE), name=_identity(clinic, 1), by=master)

    wrapping: dict[str, AesWrappingKey] = {}
    for version, record in folder.wrapping(first).items():
        identity = _identity(clinic, version)
        key = unwrap_record(record, name=identity, by={master.identity: master})
        wrapping[identity] = AesWrappingKey(identity, key)
    return wrapping


def _identity(clinic: ClinicId, version: int) -> str:
    return f"clinic-wrapping:{clinic}/{version}"


def _check_nonce(nonce: bytes) -> None:
    if len(nonce) != NONCE_SIZE:
        raise MalformedInput(f"a nonce has {NONCE_SIZE} bytes, not {len(nonce)}")
