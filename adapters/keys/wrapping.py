r"""Keys wrapped by other keys, and keys derived from keys.

Rules kept here:

1. A wrapped key is a record that names itself, how it is wrapped and what wrapped it. All of that
   is authenticated, so a record can be neither renamed nor moved, and old records stay readable
   when the wrapping key is renewed.
2. Nothing here prints, logs or raises key bytes.

A record is ``vultus/wrapped-key/v1\n`` ‖ lp(key) ‖ lp(algorithm) ‖ lp(wrapped by) ‖ lp(wrapped);
the wrapping key authenticates everything before lp(wrapped). For ``A256GCM``, wrapped is
nonce (12) ‖ ciphertext (32) ‖ tag (16), the nonce random.

Source: NIST SP 800-38D; RFC 5869; lp as in ``domain/ledger/SPECIFICATION.md``, section 1.
"""

import os
from collections.abc import Mapping
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import DigestMismatch, MalformedInput, RuleViolation
from domain.ledger.encoding import Reader, lp, lp_text

KEY_SIZE: Final = 32
NONCE_SIZE: Final = 12

_MAGIC: Final = b"vultus/wrapped-key/v1\n"


class WrappingKey(Protocol):
    """Wraps and unwraps other keys without giving itself out.

    Unwrapping succeeds only with the very context that was given when wrapping.
    """

    @property
    def identity(self) -> str:
        """Which key this is, with its version; no secret, and never given to another key."""
        ...

    @property
    def algorithm(self) -> str:
        """How it wraps, such as ``A256GCM``."""
        ...

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Return 32 key bytes wrapped."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Return the 32 key bytes.

        Raises:
            DigestMismatch: wrapped bytes or context are not those of the wrapping.
        """
        ...


class AesWrappingKey:
    """A wrapping key in this process's memory, AES-256-GCM."""

    __slots__ = ("_aead", "_identity")

    def __init__(self, identity: str, key: bytes) -> None:
        """Take 32 key bytes under a name."""
        self._identity = identity
        self._aead = AESGCM(checked_key(key))

    @property
    def identity(self) -> str:
        """Which key this is."""
        return self._identity

    @property
    def algorithm(self) -> str:
        """How it wraps."""
        return "A256GCM"

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Return nonce, ciphertext and tag."""
        # Random nonces are safe for 2³² wrappings under one key (SP 800-38D, section 8.3).
        nonce = os.urandom(NONCE_SIZE)
        return nonce + self._aead.encrypt(nonce, checked_key(key), context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Return the key bytes.

        Raises:
            DigestMismatch: wrapped bytes or context are not those of the wrapping.
        """
        if len(wrapped) <= NONCE_SIZE:
            raise DigestMismatch("a wrapped key is too short")
        try:
            key = self._aead.decrypt(wrapped[:NONCE_SIZE], wrapped[NONCE_SIZE:], context)
        except InvalidTag as error:
            raise DigestMismatch(f"a key wrapped by {self._identity} was changed") from error
        return checked_key(key)


def checked_key(key: bytes) -> bytes:
    """Return the key, refusing any size but 32 bytes.

    Raises:
        MalformedInput: the key has another size.
    """
    if len(key) != KEY_SIZE:
        raise MalformedInput(f"a key has {KEY_SIZE} bytes, not {len(key)}")
    return key


def wrap_record(key: bytes, *, name: str, by: WrappingKey) -> bytes:
    """Return the record of a wrapped key."""
    header = _MAGIC + lp_text(name) + lp_text(by.algorithm) + lp_text(by.identity)
    return header + lp(by.wrap(key, header))


def unwrap_record(record: bytes, *, name: str, by: Mapping[str, WrappingKey]) -> bytes:
    """Return the key bytes in a record, given the wrapping keys at hand by their identity.

    Raises:
        DigestMismatch: the record is of another key, or was changed.
        RuleViolation: the key that wrapped it is not at hand.
    """
    try:
        reader = Reader(record)
        magic = reader.take(len(_MAGIC))
        found, algorithm, wrapped_by = (reader.field().decode() for _ in range(3))
        wrapped = reader.field()
        reader.finish()
    except (MalformedInput, UnicodeDecodeError) as error:
        raise DigestMismatch(f"the record of the key {name} is damaged") from error
    if magic != _MAGIC or found != name:
        raise DigestMismatch(f"the record of the key {name} is not what its name says")
    wrapping = by.get(wrapped_by)
    if wrapping is None or wrapping.algorithm != algorithm:
        raise RuleViolation(
            "keys.wrapping-key",
            f"{name} is wrapped by {wrapped_by} ({algorithm}), which is not at hand",
            "Give the system the key that wrapped it.",
        )
    return wrapping.unwrap(wrapped, record[: len(record) - len(lp(wrapped))])


def hkdf(key: bytes, info: bytes, *, salt: bytes = b"", size: int = KEY_SIZE) -> bytes:
    """Derive bytes from a key for one purpose.

    Source: RFC 5869, with SHA-256.
    """
    return HKDF(algorithm=SHA256(), length=size, salt=salt or None, info=info).derive(key)
