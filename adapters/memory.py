"""Ports in memory, with the promises of the real ones, for tests, simulation and trial.

Rules kept here:

1. Same promises, except that nothing outlives the process.
2. Repeatable: a clock that is set by hand, randomness that follows from a seed. Neither may
   stand behind a real record; only the key ring here is as strong as its keys.

The event log in memory is ``adapters.eventlog.log.open_event_log("memory", …)``.
"""

import threading
from datetime import timedelta
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import ContentErased, DigestMismatch, NotFound
from domain.ports import Randomness
from domain.values.identifiers import fresh
from domain.values.time import ServerTime

KEY_SIZE = 32
_INVENTED_MS = 1_750_000_000_000


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: ServerTime) -> None:
        """Stand at ``start``."""
        self._now = start

    def now(self) -> ServerTime:
        """Return where the clock stands."""
        return self._now

    def advance(self, duration: timedelta) -> None:
        """Move on, or back when the duration is negative."""
        self._now = self._now.plus(duration)


class SeededRandomness:
    """Bytes and identifiers that follow from a seed, each only once."""

    def __init__(self, seed: str) -> None:
        """Start the sequence that belongs to ``seed``."""
        self._seed = seed.encode()
        self._count = 0
        self._lock = threading.Lock()

    def token(self, size: int) -> bytes:
        """Return the next ``size`` bytes of the sequence."""
        blocks = (self._block() for _ in range(0, size, 32))
        return b"".join(blocks)[:size]

    def uuid(self) -> str:
        """Return the next identifier of the sequence; its time is invented and moves on."""
        chance = self.token(10)
        return fresh(_INVENTED_MS + self._count, chance)

    def _block(self) -> bytes:
        with self._lock:
            self._count += 1
            count = self._count
        return sha256(b"%d %b" % (count, self._seed)).digest()


class MemoryKeyRing:
    """Data keys by identifier, kept in memory; see ``domain.ports.KeyRing``."""

    def __init__(self, randomness: Randomness) -> None:
        """Hold no key yet; new ones come from ``randomness``."""
        self._randomness = randomness
        self._keys: dict[str, bytes] = {}
        self._ciphers: dict[str, AESGCM] = {}
        self._destroyed: set[str] = set()
        self._lock = threading.Lock()

    def create(self, key: str) -> None:
        """Create a data key unless it exists."""
        with self._lock:
            if key in self._destroyed:
                raise ContentErased(key)
            if key not in self._keys:
                self._keys[key] = self._randomness.token(KEY_SIZE)
                self._ciphers[key] = AESGCM(self._keys[key])

    def seal(self, key: str, nonce: bytes, content: bytes, associated: bytes) -> bytes:
        """Encrypt with AES-256-GCM and return ciphertext with its tag."""
        return self._cipher(key).encrypt(nonce, content, associated)

    def open(self, key: str, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """Decrypt and authenticate."""
        try:
            return self._cipher(key).decrypt(nonce, sealed, associated)
        except InvalidTag:
            message = f"sealed bytes or their associated data under {key} were changed"
            raise DigestMismatch(message) from None

    def derive(self, key: str, purpose: bytes) -> bytes:
        """Return 32 bytes derived from the data key for one purpose (RFC 5869)."""
        self._cipher(key)
        kdf = HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=purpose)
        return kdf.derive(self._keys[key])

    def destroy(self, key: str) -> None:
        """Destroy a data key for good."""
        with self._lock:
            self._destroyed.add(key)
            self._keys.pop(key, None)
            self._ciphers.pop(key, None)

    def destroyed(self, key: str) -> bool:
        """Return whether the key was destroyed."""
        return key in self._destroyed

    def _cipher(self, key: str) -> AESGCM:
        cipher = self._ciphers.get(key)
        if cipher is None:
            if key in self._destroyed:
                raise ContentErased(key)
            message = f"there is no data key {key}"
            raise NotFound(message)
        return cipher
