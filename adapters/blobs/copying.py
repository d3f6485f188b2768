"""Copies stored content from one place to another, sealed as it is.

Rules kept here:

1. What is copied is what the record names: each content once, and its stored digest is checked on
   the way. No key is needed, and nothing is opened.
2. It can be interrupted and repeated: what is there and whole is left alone.
3. What is missing or damaged at its source is told and does not stop the rest.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from domain.errors import DigestMismatch, NotFound
from domain.ledger.entry import decode_entry
from domain.ledger.export import StoredRecord

_PAGE: Final = 1000


class Readable(Protocol):
    """What copying needs of the log."""

    def sealed_after(self, seq: int, *, limit: int) -> tuple[StoredRecord, ...]:
        """Return at most ``limit`` records after ``seq`` as stored."""
        ...


class Source(Protocol):
    """What copying needs of the place it copies from."""

    def stored(self, name: bytes) -> Iterator[bytes]:
        """Yield the stored, encrypted bytes under a name."""
        ...


class Copyable(Source, Protocol):
    """A place that content can be copied to, and from."""

    def keep(self, name: bytes, stored: Iterable[bytes], *, stored_digest: bytes) -> bool:
        """Store bytes that another store sealed; false when they were there already."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A stored content that the record depends on.

    Attributes:
        name: The 32 bytes it is stored under.
        stored_digest: SHA-256 of the stored bytes.
        key: The data key it is sealed under.
    """

    name: bytes
    stored_digest: bytes
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy came to.

    Attributes:
        copied: Contents that were copied now.
        already_there: Contents that were there, whole.
        erased: Contents left out because their key is destroyed.
        missing: Names of contents that the source does not have.
        damaged: Names of contents that are not what the record names, at source or target.
    """

    copied: int
    already_there: int
    erased: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether everything that can still be opened is at the target."""
        return not self.missing and not self.damaged


def named_contents(log: Readable) -> tuple[Named, ...]:
    """Return every content that the record names, once, in the order of its first naming."""
    found: dict[bytes, Named] = {}
    seq = -1
    while page := log.sealed_after(seq, limit=_PAGE):
        for record in page:
            header = decode_entry(record.entry).header
            for blob in header.blobs:
                found.setdefault(
                    blob.name,
                    Named(name=blob.name, stored_digest=blob.stored_digest, key=header.key_id),
                )
        seq += len(page)
    return tuple(found.values())


def copy_contents(
    contents: Iterable[Named],
    source: Source,
    target: Copyable,
    *,
    destroyed: Callable[[str], bool],
    progress: Callable[[int], None] | None = None,
) -> Copied:
    """Bring contents to another place.

    Args:
        contents: What to copy.
        source: Where it lies.
        target: Where it shall lie.
        destroyed: Tells whether a data key is destroyed.
        progress: Told how many contents are done.

    Raises:
        Unavailable: one of the places failed; what was copied stays, so repeat it.
    """
    copied = already_there = erased = 0
    missing: list[str] = []
    damaged: list[str] = []
    for done, each in enumerate(contents, 1):
        if destroyed(each.key):
            erased += 1
        else:
            try:
                new = target.keep(
                    each.name, _pieces(source, each.name), stored_digest=each.stored_digest
                )
            except NotFound:
                missing.append(each.name.hex())
            except DigestMismatch:
                damaged.append(each.name.hex())
            else:
                copied += new
                already_there += not new
        if progress is not None:
            progress(done)
    return Copied(
        copied=copied,
        already_there=already_there,
        erased=erased,
        missing=tuple(missing),
        damaged=tuple(damaged),
    )


def _pieces(source: Source, name: bytes) -> Iterator[bytes]:
    """Yield stored bytes, asking the source only when somebody wants them."""
    yield from source.stored(name)
