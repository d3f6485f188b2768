"""Verify the live log: chain, tree, checkpoints, device signatures and stored content, in one pass.

Rules kept here:

1. The mathematics is the auditor's own; this only brings records, content and keys to it.
2. Memory does not grow with the log.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Protocol

from adapters.keys.signing import is_ed25519_signature, verify_p256
from adapters.ledger.checkpoints import KeptCheckpoint
from domain.errors import (
    ContentErased,
    IntegrityFailure,
    MalformedInput,
    NotFound,
    SignatureInvalid,
)
from domain.ledger.checkpoint import VerifierKey
from domain.ledger.content_check import ContentChecker, ContentSources
from domain.ledger.entry import Entry
from domain.ledger.export import StoredRecord
from domain.ledger.log_check import LogReport, check_records
from domain.ledger.log_keys import LogKeys
from domain.ports import BlobStore

PAGE = 1000


class Verifiable(Protocol):
    """What verification needs of a log."""

    def size(self) -> int:
        """Return the number of records."""
        ...

    def sealed_after(self, seq: int, *, limit: int) -> tuple[StoredRecord, ...]:
        """Return at most ``limit`` records after ``seq`` as stored."""
        ...

    def disclose(self, seq: int) -> tuple[bytes, bytes]:
        """Return salt and payload of a record."""
        ...


def verify_log(
    log: Verifiable,
    *,
    key: VerifierKey | LogKeys,
    checkpoints: Sequence[KeptCheckpoint | bytes],
    blobs: BlobStore | None,
    progress: Callable[[int], None] | None = None,
) -> LogReport:
    """Verify every record there is now.

    Args:
        log: The log.
        key: The log's verifier key, or all that it had.
        checkpoints: What the log must agree with, kept ones or notes from outside.
        blobs: Where stored content lies; none leaves content unchecked.
        progress: Told the number of records read, every now and then.

    Raises:
        IntegrityFailure: a checkpoint was not signed by a key of the log within its term.
        MalformedInput: a checkpoint is not readable.
    """
    notes = [each if isinstance(each, bytes) else each.note for each in checkpoints]
    keys = key if isinstance(key, LogKeys) else LogKeys.of(key)
    opened = [keys.open(note, is_ed25519_signature) for note in notes]
    sources = ContentSources(
        blob_digest=None if blobs is None else lambda name: _stored_digest(blobs, name),
        check_signature=_is_p256_signature,
        disclose=lambda entry, _ciphertext: _disclose(log, entry),
    )
    content = ContentChecker(sources, {})
    return check_records(_records(log), checkpoints=opened, content=content, progress=progress)


def _records(log: Verifiable) -> Iterator[StoredRecord]:
    seq, size = -1, log.size()
    while seq + 1 < size:
        page = log.sealed_after(seq, limit=min(PAGE, size - seq - 1))
        if not page:
            return
        yield from page
        seq += len(page)


def _stored_digest(blobs: BlobStore, name: bytes) -> bytes | None:
    whole = sha256()
    try:
        for piece in blobs.stored(name):
            whole.update(piece)
    except NotFound:
        return None
    return whole.digest()


def _is_p256_signature(public_key: bytes, signature: bytes, content: bytes) -> bool:
    try:
        verify_p256(public_key.hex(), signature, content)
    except (SignatureInvalid, MalformedInput):
        return False
    return True


def _disclose(log: Verifiable, entry: Entry) -> bytes | None:
    try:
        salt, payload = log.disclose(entry.header.seq)
    except (ContentErased, IntegrityFailure):
        # Whatever is wrong with the record itself is found by its hashes.
        return None
    return salt + payload
