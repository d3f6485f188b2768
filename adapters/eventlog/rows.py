"""One stored record as a row, and the check that its columns say what was hashed.

Rules kept here:

1. The entry is what was hashed. Every other column repeats it for queries or is named by it.
2. A row is believed only after its columns were compared with its entry, its leaf hash with the
   entry's bytes and its ciphertext with the digest in the entry.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from domain.errors import ChainBroken, DigestMismatch, MalformedInput
from domain.ledger import layout
from domain.ledger.entry import Entry
from domain.ledger.merkle import leaf_hash


class Row(NamedTuple):
    """One record as stored.

    Attributes:
        position: Its seq plus one, as the event-sourcing library counts.
        stream: The stream.
        version: Place in the stream, from 1.
        name: The event's permanent name.
        schema: Version of the payload's schema.
        committed_at_us: When the log took it, microseconds since 1970, UTC.
        actor: Who caused it.
        device: The station that made it, if one did.
        device_sequence: The station's own count.
        correlation: What it belongs together with.
        causation: Seq of the record that led to it.
        idempotency_key: The caller's key.
        ordinal: Place among the records of one actor and key, from 0; absent without a key.
        key_id: The data key the content is encrypted under.
        previous: Leaf hash of the stream's previous record.
        leaf: Leaf hash.
        entry: The bytes that were hashed.
        ciphertext: The encrypted content.
    """

    position: int
    stream: str
    version: int
    name: str
    schema: int
    committed_at_us: int
    actor: str
    device: str | None
    device_sequence: int | None
    correlation: str
    causation: int | None
    idempotency_key: str | None
    ordinal: int | None
    key_id: str
    previous: bytes
    leaf: bytes
    entry: bytes
    ciphertext: bytes

    @property
    def seq(self) -> int:
        """Place in the log, from 0."""
        return self.position - 1


class Checked(NamedTuple):
    """What a checked row's entry says beyond its columns.

    Attributes:
        naming: The header's fields 2 to 5, to which the ciphertext is bound.
        said: What no column repeats.
    """

    naming: bytes
    said: layout.Unknown


def make_row(entry: Entry, data: bytes, ciphertext: bytes, ordinal: int | None) -> Row:
    """Return the row that stores an entry, given with its bytes."""
    header = entry.header
    return Row(
        header.seq + 1,
        header.stream,
        header.version,
        header.name,
        header.schema,
        header.committed_at_us,
        header.actor,
        header.device,
        header.device_sequence,
        header.correlation,
        header.causation,
        header.idempotency_key,
        ordinal,
        header.key_id,
        entry.previous,
        leaf_hash(data),
        data,
        ciphertext,
    )


def check_row(row: Row) -> Checked:
    """Check that every column of a row agrees with its entry.

    Raises:
        DigestMismatch: a column, the entry or the ciphertext is not what was recorded.
    """
    try:
        naming = layout.naming(row.stream, row.version, row.name, row.schema)
        origin = layout.origin(
            row.actor,
            row.device,
            row.device_sequence,
            row.correlation,
            row.causation,
            row.idempotency_key,
            row.key_id,
        )
        said = layout.check_entry(
            row.entry,
            naming,
            origin,
            seq=row.position - 1,
            committed_at_us=row.committed_at_us,
            previous=row.previous,
        )
        layout.check_meaning(row.version, row.previous, said, row.device_sequence)
    except (MalformedInput, AttributeError, TypeError) as error:
        message = f"the entry of record {row.seq} and its columns do not agree: {error}"
        raise DigestMismatch(message) from error
    if sha256(b"\x00" + row.entry).digest() != row.leaf:
        message = f"the entry of record {row.seq} does not have its recorded leaf hash"
        raise DigestMismatch(message)
    if (row.ordinal is None) != (row.idempotency_key is None):
        message = f"record {row.seq} has an ordinal without a key, or a key without an ordinal"
        raise DigestMismatch(message)
    if sha256(row.ciphertext).digest() != said.content_digest:
        message = f"the content of record {row.seq} is not what was recorded"
        raise DigestMismatch(message)
    return Checked(naming, said)


def check_run(rows: Sequence[Row], seq: int) -> None:
    """Check that rows are exactly the records that follow ``seq``, none left out.

    Raises:
        ChainBroken: a place in the order is missing or doubled.
    """
    for place, row in enumerate(rows, start=seq + 1):
        if row.seq != place:
            message = f"record {row.seq} stands where record {place} belongs"
            raise ChainBroken(message)


def check_stream(rows: Sequence[Row], after_version: int) -> None:
    """Check that rows are exactly the records of a stream that follow a version, chained.

    Raises:
        ChainBroken: a version is missing or doubled, or does not carry the hash of the one before.
    """
    before = None
    for version, row in enumerate(rows, start=after_version + 1):
        if row.version != version:
            message = f"version {row.version} of {row.stream} stands where {version} belongs"
            raise ChainBroken(message)
        if before is not None and row.previous != before:
            message = f"record {row.seq} does not carry the hash of the version before it"
            raise ChainBroken(message)
        before = row.leaf


def check_ordinals(rows: Sequence[Row]) -> None:
    """Check that rows are everything recorded under one actor and key, in order.

    Raises:
        ChainBroken: one of them is missing or stands elsewhere.
    """
    for ordinal, row in enumerate(rows):
        if row.ordinal != ordinal:
            message = f"record {row.seq} is number {row.ordinal} of its request, not {ordinal}"
            raise ChainBroken(message)
