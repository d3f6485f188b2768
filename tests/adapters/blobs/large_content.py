"""Puts and reads content far larger than what a store may hold, and prints how memory grew.

Run as ``python -m tests.adapters.blobs.large_content ENDPOINT PREFIX CREDENTIALS STAGING HOW``.
"""

import resource
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from adapters.blobs.bucket import open_blobs
from adapters.blobs.location import Bucket
from adapters.blobs.sealed_stream import CHUNK_SIZE
from adapters.memory import MemoryKeyRing, SeededRandomness
from domain.values.content import Digest
from tests.adapters.keys.rings import subject_key
from tests.environment.object_store import BUCKET

PIECES = 112
KEY = subject_key("large content")


def _content() -> Iterator[bytes]:
    for number in range(PIECES):
        yield number.to_bytes(4, "big") * (CHUNK_SIZE // 4)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Put and read once."""
    endpoint, prefix, credentials, staging, how = sys.argv[1:]
    keys = MemoryKeyRing(SeededRandomness("large content"))
    keys.create(KEY)
    whole = sha256()
    for piece in _content():
        whole.update(piece)
    digest = Digest.from_raw(whole.digest())
    bucket = Bucket(name=BUCKET, prefix=prefix, endpoint=endpoint, credentials=Path(credentials))
    store = open_blobs(bucket, keys, staging=Path(staging))
    before = _peak_mb()
    store.put(
        _content(),
        key=KEY,
        expected=digest if how == "announced" else None,
        limit_bytes=PIECES * CHUNK_SIZE,
    )
    for piece, expected in zip(store.read(digest, key=KEY), _content(), strict=True):
        assert piece == expected
    print(PIECES * CHUNK_SIZE / 2**20, _peak_mb() - before)  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
