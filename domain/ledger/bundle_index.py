"""Make the manifest of an evidence bundle from what goes into it.

Rules kept here:

1. Records and links are read off entries and payloads; the packer states only what cannot be
   derived: time, key, report, media types.

Source: ``SPECIFICATION.md``, section 8.
"""

from collections.abc import Iterable, Mapping

from domain.errors import MalformedInput
from domain.ledger import canonical
from domain.ledger.bundle import (
    BundledBlob,
    BundledRecord,
    ConsistencyProof,
    Manifest,
    split_disclosure,
)
from domain.ledger.canonical import JsonValue
from domain.ledger.encoding import digest_text
from domain.ledger.entry import Entry, commitment
from domain.ledger.links import Disclosed, Link, derive_links


def make_manifest(
    *,
    created_at: str,
    log_key: str,
    report_seq: int,
    report_digest: bytes,
    entries: Iterable[Entry],
    disclosures: Mapping[int, bytes],
    blobs: Iterable[BundledBlob],
    consistency: Iterable[ConsistencyProof] = (),
) -> Manifest:
    """Make the index of a bundle.

    Args:
        created_at: RFC 3339 in UTC with six decimals.
        log_key: The log's verifier key, as text.
        report_seq: The record that issued the report.
        report_digest: SHA-256 of the report document.
        entries: Every record's entry.
        disclosures: Salt and payload, one after the other, of the records that are disclosed.
        blobs: Every plain content.
        consistency: Proofs from earlier tree sizes.

    Raises:
        MalformedInput: a disclosure belongs to no entry, or to another one.
    """
    held = {entry.header.seq: entry for entry in sorted(entries, key=lambda each: each.header.seq)}
    contents = sorted(blobs, key=lambda blob: blob.digest)
    payloads = {seq: _payload(held.get(seq), seq, data) for seq, data in disclosures.items()}
    return Manifest(
        created_at=created_at,
        log_key=log_key,
        report_seq=report_seq,
        report_digest=report_digest,
        records=tuple(
            BundledRecord(
                seq=seq,
                stream=entry.header.stream,
                version=entry.header.version,
                name=entry.header.name,
                disclosed=seq in disclosures,
            )
            for seq, entry in held.items()
        ),
        blobs=tuple(contents),
        links=links_of(held, payloads, contents),
        consistency=tuple(sorted(consistency, key=lambda proof: proof.size)),
    )


def links_of(
    entries: Mapping[int, Entry], payloads: Mapping[int, JsonValue], blobs: Iterable[BundledBlob]
) -> tuple[Link, ...]:
    """Return every link of a bundle's disclosed records, in order."""
    return derive_links(
        (
            Disclosed(
                seq=seq,
                stream=entries[seq].header.stream,
                causation=entries[seq].header.causation,
                payload=payload,
            )
            for seq, payload in payloads.items()
        ),
        seqs=entries.keys(),
        streams={entry.header.stream for entry in entries.values()},
        digests={digest_text(blob.digest) for blob in blobs},
    )


def _payload(entry: Entry | None, seq: int, disclosure: bytes) -> JsonValue:
    salt, payload = split_disclosure(disclosure)
    if entry is None or commitment(salt, payload) != entry.header.commitment:
        raise MalformedInput(f"what is to be disclosed is not what record {seq} commits to")
    return canonical.parse(payload)
