"""Carries out what `SubjectKeyDestroyed` says: the key goes, then everything it protected.

Rules kept here:

1. The fact is recorded first. A crash between the fact and its execution is made good whenever
   this runs again; running again changes nothing else.
2. The key goes before the content, so that nothing can be read while content is removed.
"""

from collections.abc import Iterable
from typing import Protocol

from domain.ports import BlobStore, KeyRing


class KeyedContent(Protocol):
    """Knows which stored contents stand under a key, whether a record names them or not."""

    def blobs_of_key(self, key: str) -> Iterable[bytes]:
        """Return the names of all stored contents under a data key."""
        ...


def carry_out_erasure(key: str, *, log: KeyedContent, keys: KeyRing, blobs: BlobStore) -> int:
    """Destroy a data key and remove all content under it; return how many contents were there."""
    names = tuple(log.blobs_of_key(key))
    keys.destroy(key)
    return blobs.purge(names)
