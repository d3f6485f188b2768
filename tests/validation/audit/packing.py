"""Packs bundles and exports for tests, in the plainest way the specification allows."""

import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.ledger import bundle, export, proof_file
from domain.ledger.bundle import BundledBlob, ConsistencyProof
from domain.ledger.bundle_index import make_manifest
from domain.ledger.checkpoint import (
    Checkpoint,
    VerifierKey,
    encode_verifier_key,
    sign_checkpoint,
)
from domain.ledger.encoding import parse_digest
from domain.ledger.entry import decode_entry
from domain.ledger.merkle import Tree
from domain.ledger.proof import consistency_proof, inclusion_proof
from domain.ledger.report_data import read_report_data
from tests.domain.ledger.logs import ORIGIN, LogMaker
from tests.domain.ledger.test_merkle import Nodes
from tests.validation.audit.facts import digest
from tests.validation.audit.stories import Story

LOG_SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG_KEY = VerifierKey(name=ORIGIN, public_key=LOG_SECRET.public_key().public_bytes_raw())
EARLIER = 7

Files = dict[str, bytes]


def sign(checkpoint: Checkpoint) -> bytes:
    """Return the signed checkpoint."""
    return sign_checkpoint(checkpoint, LOG_KEY, LOG_SECRET.sign)


def pack(story: Story, log: LogMaker | None = None, **changes: Any) -> Files:  # noqa: ANN401
    """Pack a bundle of everything a story tells; ``changes`` replace fields of the manifest."""
    log = log or story.log()
    nodes = Nodes()
    tree = Tree(nodes.keep)
    for record in log.records:
        tree.append(record.leaf or b"")
    size = tree.size
    note = sign(log.checkpoint())
    files: Files = {bundle.CHECKPOINT_PATH: note}
    disclosures: dict[int, bytes] = {}
    packed = [seq for seq, fact in enumerate(story.facts) if fact.packed]
    for seq in packed:
        record, fact = log.records[seq], story.facts[seq]
        files[bundle.entry_path(seq)] = record.entry
        files[bundle.proof_path(seq)] = proof_file.encode(
            proof_file.ProofFile(
                index=seq, path=inclusion_proof(seq, size, nodes.read), checkpoint=note
            )
        )
        if fact.disclosed:
            files[bundle.disclosure_path(seq)] = disclosures[seq] = log.disclosures[seq]
    for text, content in story.contents.items():
        files[bundle.blob_path(parse_digest(text))] = content
    (issued,) = (seq for seq, fact in enumerate(story.facts) if fact.name == "ReportIssued")
    manifest = make_manifest(
        created_at="2026-03-04T00:00:00.000000Z",
        log_key=encode_verifier_key(LOG_KEY),
        report_seq=issued,
        report_digest=parse_digest(digest(story.document)),
        entries=[decode_entry(log.records[seq].entry) for seq in packed],
        disclosures=disclosures,
        blobs=[
            BundledBlob(
                digest=parse_digest(text),
                media_type="application/octet-stream",
                size_bytes=len(content),
            )
            for text, content in story.contents.items()
        ],
        consistency=[
            ConsistencyProof(size=each, path=consistency_proof(each, size, nodes.read))
            for each in sorted({EARLIER, read_report_data(story.document).size} - {0})
        ],
    )
    files[bundle.MANIFEST_PATH] = bundle.encode_manifest(replace(manifest, **changes))
    return files


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write files as a zip archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_export(folder: Path, log: LogMaker, *, sizes: tuple[int, ...] = ()) -> Path:
    """Write a log as an export folder, with checkpoints of these sizes and of its end."""
    for name in (export.CHECKPOINTS_FOLDER, export.BLOBS_FOLDER, export.DISCLOSURES_FOLDER):
        (folder / name).mkdir(parents=True)
    frames = b"".join(
        export.encode_frame(record.leaf or b"", record.entry, record.ciphertext)
        for record in log.records
    )
    (folder / export.RECORDS_PATH).write_bytes(export.EXPORT_TAG + frames)
    (folder / export.LOG_KEY_PATH).write_text(encode_verifier_key(LOG_KEY) + "\n")
    for size in (*sizes, len(log.records)):
        (folder / export.checkpoint_path(size)).write_bytes(sign(log.checkpoint(size)))
    for seq, record in enumerate(log.records):
        if decode_entry(record.entry).header.name == "DeviceEnrolled":
            (folder / export.disclosure_path(seq)).write_bytes(log.disclosures[seq])
    for blob, content in log.blobs.items():
        (folder / export.stored_blob_path(blob)).write_bytes(content)
    return folder
