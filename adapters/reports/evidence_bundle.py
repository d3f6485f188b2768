"""The evidence behind one report, in one file that verifies offline.

Rules kept here:

1. The same log, checkpoint and report give the same bytes: fixed order, fixed times, no clock.
2. Every entry and every proof is checked before it is packed, with the checkers an auditor uses.
3. Specification and verifier are enclosed, so that nothing of ours has to be fetched [DRV-25]; they
   are no evidence.

Source: ``domain/ledger/SPECIFICATION.md``, section 8.
"""

import io
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import BinaryIO, Final

from adapters.eventlog.log import RecordLog
from adapters.ledger.checkpoints import CheckpointShelf, KeptCheckpoint
from adapters.ledger.proofs import checkpoint_of, consistency, inclusion_file
from adapters.reports.evidence_selection import (
    Selection,
    find_report,
    report_subject,
    select_evidence,
)
from domain.errors import DigestMismatch, NotFound, Unavailable
from domain.events.record import Record
from domain.ledger import bundle, canonical
from domain.ledger.bundle import BundledBlob, ConsistencyProof
from domain.ledger.bundle_index import make_manifest
from domain.ledger.canonical import JsonValue
from domain.ledger.checkpoint import Checkpoint, VerifierKey, encode_verifier_key
from domain.ledger.entry import decode_entry
from domain.ledger.merkle import leaf_hash
from domain.ledger.report_data import ReportData, read_report_data
from domain.ports import BlobStore
from domain.values.content import Digest
from domain.values.identifiers import ClinicId, ReportId

CONSISTENCY_MAX: Final = 256
"""Earlier checkpoints that get a proof: the newest of them."""

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time that zip can say
_MODE: Final = (stat.S_IFREG | 0o644) << 16
_REFERENCE: Final = {"digest", "size_bytes", "media_type"}
_ROOT: Final = Path(__file__).resolve().parents[2]
_ENCLOSED: Final = ("domain/__init__.py", "domain/errors.py", "validation/__init__.py")
_VERIFIER_PATH: Final = f"{bundle.VERIFIER_FOLDER}vultus-verify.pyz"
_START: Final = b"import sys\nfrom validation.audit.cli import main\nsys.exit(main())\n"
_ENCLOSED_FOLDERS: Final = ("domain/ledger", "validation/audit")


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFacts:
    """What was packed.

    Attributes:
        records: Number of records.
        disclosed: Number of records whose payload is disclosed.
        contents: Number of contents.
        checkpoint_size: Records covered by the checkpoint that everything is proven against.
    """

    records: int
    disclosed: int
    contents: int
    checkpoint_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """One content of the bundle and the key it is stored under."""

    blob: BundledBlob
    digest: Digest
    key: str


def pack_bundle(
    report: ReportId,
    out: BinaryIO | Path,
    *,
    log: RecordLog,
    blobs: BlobStore,
    checkpoints: CheckpointShelf,
    log_key: VerifierKey,
    clinic: ClinicId,
    successions: Sequence[bytes] = (),
    with_frames: bool = True,
) -> BundleFacts:
    """Pack the evidence behind a report.

    Args:
        report: The report.
        out: Where to write it; it must be seekable.
        log: The log.
        blobs: Its contents.
        checkpoints: Its signed checkpoints; the newest must cover the report.
        log_key: The newest key they are signed with.
        clinic: Whose log it is.
        successions: Statements by which one key of the log followed another, in order.
        with_frames: Whether the pictures as captured go in; without, they are named by digest.

    Raises:
        NotFound: no such report was issued, or a content it rests on is not stored.
        ContentErased: the subject was erased.
        Unavailable: no checkpoint covers the report yet; have one signed.
        IntegrityFailure: something stored is not what was recorded, or the report saw another log;
            nothing more is written.
        MalformedInput: the report document carries no data.
    """
    issued = find_report(log, report)
    newest = checkpoints.newest()
    if newest is None or newest.size <= issued.seq:
        raise Unavailable("no checkpoint covers the report yet; sign one and pack again")
    data = _report_data(blobs, log, issued)
    selected = select_evidence(log, issued, compared=data.compared, clinic=clinic, size=newest.size)
    entries = dict(_entries(log, selected))
    disclosures = {seq: b"".join(log.disclose(seq)) for seq in sorted(selected.disclosed)}
    payloads = [canonical.parse(bundle.split_disclosure(each)[1]) for each in disclosures.values()]
    contents = tuple(_contents(blobs, selected, payloads, clinic=clinic, with_frames=with_frames))
    manifest = make_manifest(
        created_at=str(newest.signed_at),
        log_key=encode_verifier_key(log_key),
        report_seq=selected.issued.seq,
        report_digest=selected.report.document.digest.raw,
        entries=[decode_entry(each) for each in entries.values()],
        disclosures=disclosures,
        blobs=[each.blob for each in contents],
        consistency=_consistency(log, checkpoints, newest, data),
    )
    with zipfile.ZipFile(out, "w", allowZip64=False) as archive:
        _add(archive, bundle.MANIFEST_PATH, bundle.encode_manifest(manifest))
        _add(archive, bundle.CHECKPOINT_PATH, newest.note)
        _add(archive, bundle.SPECIFICATION_PATH, _specification())
        _add(archive, _VERIFIER_PATH, _verifier())
        for number, statement in enumerate(successions, start=2):
            _add(archive, bundle.succession_path(number), statement)
        for seq, entry in entries.items():
            _add(archive, bundle.entry_path(seq), entry)
            _add(archive, bundle.proof_path(seq), inclusion_file(log.tree, seq, newest.note))
        for seq, disclosure in disclosures.items():
            _add(archive, bundle.disclosure_path(seq), disclosure)
        for content in contents:
            _add_content(archive, content, blobs)
    return BundleFacts(
        records=len(entries),
        disclosed=len(disclosures),
        contents=len(contents),
        checkpoint_size=newest.size,
    )


def _entries(log: RecordLog, selected: Selection) -> Iterator[tuple[int, bytes]]:
    """Yield place and bytes of every entry, in order, each checked against the tree."""
    for record in selected.records:
        (stored,) = log.sealed_after(record.seq - 1, limit=1)
        if not compare_digest(leaf_hash(stored.entry), log.tree.leaf(record.seq)):
            raise DigestMismatch(f"record {record.seq} is not the one in the tree")
        yield record.seq, stored.entry


def _contents(
    blobs: BlobStore,
    selected: Selection,
    payloads: list[JsonValue],
    *,
    clinic: ClinicId,
    with_frames: bool,
) -> Iterator[_Content]:
    """Yield the contents the report rests on, in the order of their digests."""
    media_types = {digest: kind for payload in payloads for digest, kind in _references(payload)}
    wanted = {selected.report.document.digest, *selected.report.sources}
    wanted |= {each for payload in payloads for each in _manifests(payload)}
    if not with_frames:
        wanted -= {each for payload in payloads for each in _frames(payload)}
    for digest in sorted(wanted):
        key, size = _stored(blobs, digest, (f"subject:{selected.subject}", f"clinic:{clinic}"))
        yield _Content(
            blob=BundledBlob(
                digest=digest.raw,
                media_type=media_types.get(digest, "application/json"),
                size_bytes=size,
            ),
            digest=digest,
            key=key,
        )


def _references(value: JsonValue) -> Iterator[tuple[Digest, str]]:
    """Yield digest and media type of every content that a payload refers to."""
    if isinstance(value, dict):
        if value.keys() == _REFERENCE:
            yield Digest(str(value["digest"])), str(value["media_type"])
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _manifests(payload: JsonValue) -> Iterator[Digest]:
    """Yield the digest of the signed manifest, of the payload that registers a model."""
    manifest = payload.get("manifest") if isinstance(payload, dict) else None
    if isinstance(manifest, dict) and isinstance(manifest.get("manifest_digest"), str):
        yield Digest(str(manifest["manifest_digest"]))


def _frames(payload: JsonValue) -> Iterator[Digest]:
    """Yield the digests of captured pictures, of the payload of an attempt."""
    if isinstance(payload, dict):
        for name in ("frames", "frame"):
            yield from (digest for digest, _ in _references(payload.get(name)))


def _stored(blobs: BlobStore, digest: Digest, keys: tuple[str, ...]) -> tuple[str, int]:
    """Return the key a content is stored under, and its size."""
    for key in keys:
        try:
            return key, blobs.find(digest, key=key).size_bytes
        except NotFound:
            continue
    message = f"the content {digest}, on which the report rests, is not stored"
    raise NotFound(message)


def _report_data(blobs: BlobStore, log: RecordLog, issued: Record) -> ReportData:
    """Return the data that an issued report carries."""
    report, subject = report_subject(log, issued)
    digest = report.document.digest
    key, _ = _stored(blobs, digest, (f"subject:{subject}",))
    return read_report_data(b"".join(blobs.read(digest, key=key)))


def _consistency(
    log: RecordLog, checkpoints: CheckpointShelf, newest: KeptCheckpoint, data: ReportData
) -> list[ConsistencyProof]:
    """Return the proofs that the newest checkpoint continues those before it, and the report's."""
    latest = checkpoint_of(newest.note)
    earlier = [checkpoint_of(each.note) for each in checkpoints.all() if each.size < newest.size][
        -CONSISTENCY_MAX:
    ]
    if data.size and data.size not in {each.size for each in earlier}:
        earlier.append(Checkpoint(origin=data.origin, size=data.size, root=data.root))
    return [
        ConsistencyProof(size=each.size, path=consistency(log.tree, each, latest))
        for each in earlier
    ]


def _specification() -> bytes:
    return (_ROOT / "domain" / "ledger" / bundle.SPECIFICATION_PATH).read_bytes()


def _verifier() -> bytes:
    """Return the verifier as one archive that Python runs: ``python vultus-verify.pyz BUNDLE``."""
    paths = [_ROOT / each for each in _ENCLOSED]
    for folder in _ENCLOSED_FOLDERS:
        paths += (_ROOT / folder).glob("*.py")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        _add(archive, "__main__.py", _START)
        for path in sorted(paths):
            _add(archive, path.relative_to(_ROOT).as_posix(), path.read_bytes())
    return held.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(_info(name, zipfile.ZIP_DEFLATED), content)


def _add_content(archive: zipfile.ZipFile, content: _Content, blobs: BlobStore) -> None:
    """Write a content piece by piece; pictures and documents are compressed already."""
    info = _info(bundle.blob_path(content.blob.digest), zipfile.ZIP_STORED)
    info.file_size = content.blob.size_bytes
    with archive.open(info, "w") as file:
        for piece in blobs.read(content.digest, key=content.key):
            file.write(piece)


def _info(name: str, method: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = method
    info.create_system = 3  # where the mode below has a meaning
    info.external_attr = _MODE
    return info
