r"""Large content sealed in chunks: streamed, authenticated, the same bytes every time.

Rules kept here:

1. No byte is given out before its chunk is authenticated.
2. A chunk's nonce is its number and whether it is the last one, so a chunk that is missing, moved,
   doubled or added, and an end that came early, are all found.
3. Numbered nonces are safe because a key seals one content only. The chunk size is therefore part
   of the format: another one under the same key would meet the same nonces with other content.

Stored: header = ``vultus/sealed-stream/v1\n`` ‖ chunk size (u32, big-endian), then the chunks, each
AES-256-GCM(key, nonce, chunk, associated data = header) with its 16-byte tag. The nonce is the
chunk's 0-based number (11 bytes, big-endian) ‖ 0x01 for the last chunk, 0x00 for the others. Every
chunk but the last is full; no chunk is empty.

Source: V. T. Hoang, R. Reyhanitabar, P. Rogaway, D. Vizár, "Online Authenticated-Encryption and
its Nonce-Reuse Misuse-Resistance", CRYPTO 2015, section 7 (STREAM); NIST SP 800-38D.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import DigestMismatch

CHUNK_SIZE: Final = 1 << 20
TAG_SIZE: Final = 16

_MAGIC: Final = b"vultus/sealed-stream/v1\n"
_SIZE_BYTES: Final = 4
_COUNTER_BYTES: Final = 11
HEADER_SIZE: Final = len(_MAGIC) + _SIZE_BYTES


class Source(Protocol):
    """Stored bytes, read from the front."""

    def read(self, size: int, /) -> bytes:
        """Return the next ``size`` bytes; fewer only at the end."""
        ...


def seal(key: bytes, content: Iterable[bytes], *, chunk_size: int = CHUNK_SIZE) -> Iterator[bytes]:
    """Yield the stored bytes of content given in pieces of any size; not for empty content.

    Args:
        key: 32 bytes that seal this content and nothing else.
        content: The pieces.
        chunk_size: Bytes of content per chunk; other than ``CHUNK_SIZE`` only under keys that
            never meet it.
    """
    aead = AESGCM(key)
    header = _MAGIC + chunk_size.to_bytes(_SIZE_BYTES, "big")
    yield header
    number = 0
    held = bytearray()
    for piece in content:
        held += piece
        while len(held) > chunk_size:  # only what follows shows that a chunk is not the last
            yield aead.encrypt(_nonce(number, last=False), bytes(held[:chunk_size]), header)
            del held[:chunk_size]
            number += 1
    yield aead.encrypt(_nonce(number, last=True), bytes(held), header)


def unseal(key: bytes, stored: Source) -> Iterator[bytes]:
    """Yield the content, each piece authenticated before it is given out.

    Raises:
        DigestMismatch: the stored bytes are not what was sealed under this key.
    """
    aead = AESGCM(key)
    header = stored.read(HEADER_SIZE)
    chunk_size = int.from_bytes(header[len(_MAGIC) :], "big")
    if len(header) != HEADER_SIZE or not header.startswith(_MAGIC):
        raise DigestMismatch("the stored bytes are not a sealed stream that this build knows")
    if not 1 <= chunk_size <= CHUNK_SIZE:
        raise DigestMismatch("the stored bytes name an impossible chunk size")
    number = 0
    chunk = stored.read(chunk_size + TAG_SIZE)
    while True:
        following = stored.read(chunk_size + TAG_SIZE)
        if len(chunk) <= TAG_SIZE:
            raise DigestMismatch(f"the stored bytes end before chunk {number}")
        try:
            content = aead.decrypt(_nonce(number, last=not following), chunk, header)
        except InvalidTag as error:
            raise DigestMismatch(f"chunk {number} of the stored bytes was changed") from error
        yield content
        if not following:
            return
        chunk = following
        number += 1


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_COUNTER_BYTES, "big") + (b"\x01" if last else b"\x00")
