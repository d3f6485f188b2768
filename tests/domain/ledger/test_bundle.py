"""The manifest of an evidence bundle: an index with one form."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import MalformedInput
from domain.ledger import canonical
from domain.ledger.bundle import (
    BLOBS_MAX,
    RECORDS_MAX,
    BundledBlob,
    BundledRecord,
    ConsistencyProof,
    Manifest,
    encode_manifest,
    parse_manifest,
    split_disclosure,
    succession_path,
)
from domain.ledger.links import Link

texts = st.text(st.characters(codec="utf-8"))
naturals = st.integers(0, canonical.MAX_SAFE_INTEGER)
digests = st.binary(min_size=32, max_size=32)
manifests = st.builds(
    Manifest,
    created_at=st.just("2026-03-03T09:14:00.000000Z"),
    log_key=texts,
    report_seq=naturals,
    report_digest=digests,
    records=st.lists(
        st.builds(
            BundledRecord,
            seq=naturals,
            stream=texts,
            version=naturals,
            name=texts,
            disclosed=st.booleans(),
        ),
        unique_by=lambda each: each.seq,
        max_size=4,
    ).map(lambda each: tuple(sorted(each, key=lambda record: record.seq))),
    blobs=st.lists(
        st.builds(BundledBlob, digest=digests, media_type=texts, size_bytes=naturals),
        unique_by=lambda each: each.digest,
        max_size=4,
    ).map(lambda each: tuple(sorted(each, key=lambda blob: blob.digest))),
    links=st.lists(st.builds(Link, seq=naturals, field=texts, to=texts), unique=True).map(
        lambda each: tuple(sorted(each))
    ),
    consistency=st.lists(
        st.builds(ConsistencyProof, size=naturals, path=st.lists(digests, max_size=2).map(tuple)),
        unique_by=lambda each: each.size,
        max_size=2,
    ).map(lambda each: tuple(sorted(each, key=lambda proof: proof.size))),
)
RECORD = BundledRecord(seq=0, stream="s", version=1, name="N", disclosed=True)
BLOB = BundledBlob(digest=bytes(32), media_type="image/png", size_bytes=1)
MANIFEST = Manifest(
    created_at="2026-03-03T09:14:00.000000Z",
    log_key="k",
    report_seq=0,
    report_digest=bytes(32),
    records=(RECORD, replace(RECORD, seq=1, version=2, disclosed=False)),
    blobs=(BLOB,),
    links=(),
    consistency=(ConsistencyProof(size=1, path=(bytes(32),)),),
)


@given(manifests)
def test_a_manifest_is_read_back_as_it_was_written(manifest: Manifest) -> None:
    assert parse_manifest(encode_manifest(manifest)) == manifest


def test_the_manifest_names_every_file_of_the_bundle() -> None:
    assert list(MANIFEST.paths()) == [
        "manifest.json",
        "checkpoint.txt",
        "entries/0.entry",
        "proofs/0.tlog-proof",
        "disclosures/0.payload",
        "entries/1.entry",
        "proofs/1.tlog-proof",
        "blobs/" + "00" * 32,
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"created_at": "yesterday"},
        {"records": (RECORD, RECORD)},
        {"blobs": (BLOB, BLOB)},
        {"links": (Link(seq=1, field="", to=""), Link(seq=0, field="", to=""))},
        {"consistency": (ConsistencyProof(size=1, path=()),) * 2},
        {"records": (RECORD,) * (RECORDS_MAX + 1)},
        {"blobs": (BLOB,) * (BLOBS_MAX + 1)},
    ],
)
def test_an_index_that_is_disordered_or_oversized_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MalformedInput):
        replace(MANIFEST, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"vultus/bundle/v1"', '"vultus/bundle/v2"'),
        ('"seq":1,', '"seq":-1,'),
        ('"seq":1,', '"seq":"1",'),
        ('"disclosed":true', '"disclosed":1'),
        ('"log_key":"k"', '"log_kez":"k"'),
        ('"version":2', '"version":2,"x":0'),
        ('"blobs":[', '"blobs": ['),
        ('"sha256:', '"sha25:'),
        ('"records":[', '"records":[[],'),
        ('"stream":"s"', '"stream":null'),
    ],
)
def test_a_manifest_of_another_shape_is_refused(old: str, new: str) -> None:
    written = encode_manifest(MANIFEST).decode()
    assert old in written
    with pytest.raises(MalformedInput):
        parse_manifest(written.replace(old, new, 1).encode())


def test_a_manifest_that_is_no_object_is_refused() -> None:
    with pytest.raises(MalformedInput, match="does not say that it is"):
        parse_manifest(b"[]")


def test_a_disclosure_is_salt_and_payload() -> None:
    assert split_disclosure(bytes(32) + b"{}") == (bytes(32), b"{}")
    with pytest.raises(MalformedInput, match="a salt of 32 bytes and a payload"):
        split_disclosure(bytes(32))


def test_a_statement_of_succession_is_named_by_its_number() -> None:
    assert succession_path(2) == "log-keys/2.txt"
