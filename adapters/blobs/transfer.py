"""Bytes on their way to and from object storage, hashed as they pass, few at a time.

Rules kept here:

1. Each is passed through once, front to back.
2. What the source of the bytes raises is kept apart from what the storage does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import IO

from adapters.keys.durable_file import disk_errors


@dataclass(slots=True)
class SpooledSource:
    """A spool whose failures are told as the disk's."""

    file: IO[bytes]

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        with disk_errors("spooling content"):
            return self.file.read(size)


class Sending:
    """Sealed bytes on their way out, hashed as they pass.

    Attributes:
        hash: SHA-256 of what has passed.
        ended: Whether everything has passed.
        failure: What the content's own source raised, so that it is not taken for the storage's.
    """

    def __init__(self, sealed: Iterable[bytes]) -> None:
        """Take the bytes; none has passed."""
        self.hash = sha256()
        self.ended = False
        self.failure: Exception | None = None
        self._sealed = iter(sealed)

    def up_to(self, size: int) -> bytes:
        """Return at least ``size`` bytes, or everything where there is less."""
        held = bytearray()
        for piece in self:
            held += piece
            if len(held) >= size:
                break
        return bytes(held)

    def __iter__(self) -> "Sending":
        return self

    def __next__(self) -> bytes:
        try:
            piece = next(self._sealed)
        except StopIteration:
            self.ended = True
            raise
        except Exception as error:
            self.failure = error
            raise
        self.hash.update(piece)
        return piece


class Windowed:
    """An object read front to back, one window at a time, hashed as it passes.

    Attributes:
        hash: SHA-256 of what has passed.
    """

    def __init__(self, windows: Iterator[memoryview]) -> None:
        """Take the windows, in order; none has passed."""
        self.hash = sha256()
        self._windows = windows
        self._window = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        """Return the next bytes; fewer only at the end."""
        taken = bytearray()
        while len(taken) < size:
            if not self._window and not self._next():
                break
            rest = size - len(taken)
            taken += self._window[:rest]
            self._window = self._window[rest:]
        self.hash.update(taken)
        return bytes(taken)

    def _next(self) -> bool:
        window = next(self._windows, None)
        self._window = memoryview(b"") if window is None else window
        return window is not None
