"""The index of a bundle is read off what goes into it."""

import pytest

from domain.errors import MalformedInput
from domain.ledger.bundle import BundledBlob, ConsistencyProof, Manifest, parse_manifest
from domain.ledger.bundle import encode_manifest as encode
from domain.ledger.bundle_index import make_manifest
from domain.ledger.entry import decode_entry
from domain.ledger.links import CAUSATION, Link
from tests.domain.ledger.logs import LogMaker

DIGEST = b"\xab" * 32
TEXT = "sha256:" + "ab" * 32


def log() -> LogMaker:
    """Return two records, the second of which refers to the first and to a content."""
    made = LogMaker()
    made.add("clinic-1", payload={})
    made.add("assessment-1", payload={"document": TEXT}, causation=0)
    return made


def manifest(disclosures: dict[int, bytes]) -> Manifest:
    """Make the manifest of both records."""
    return make_manifest(
        created_at="2026-03-03T09:14:00.000000Z",
        log_key="key",
        report_seq=1,
        report_digest=DIGEST,
        entries=[decode_entry(record.entry) for record in reversed(log().records)],
        disclosures=disclosures,
        blobs=[
            BundledBlob(digest=digest, media_type="application/pdf", size_bytes=1)
            for digest in (DIGEST, bytes(32))
        ],
        consistency=[ConsistencyProof(size=size, path=()) for size in (2, 1)],
    )


def test_everything_is_listed_in_its_order() -> None:
    made = manifest({1: log().disclosures[1]})
    assert parse_manifest(encode(made)) == made
    assert [(record.seq, record.disclosed) for record in made.records] == [(0, False), (1, True)]
    assert [blob.digest for blob in made.blobs] == [bytes(32), DIGEST]
    assert [proof.size for proof in made.consistency] == [1, 2]
    assert made.links == (
        Link(seq=1, field=CAUSATION, to="record:0"),
        Link(seq=1, field="document", to=TEXT),
    )


@pytest.mark.parametrize("seq", [0, 2])
def test_a_disclosure_of_another_record_or_of_none_is_refused(seq: int) -> None:
    with pytest.raises(MalformedInput, match=f"not what record {seq} commits to"):
        manifest({seq: log().disclosures[1]})
