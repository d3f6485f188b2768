"""Evidence bundle: its parts and how they refer to one another.

Rules kept here:

1. A bundle is a set of named files; this module knows their names and the manifest, not zip.
2. The manifest is an index. Nothing in it is evidence: whatever it says is derived again from
   entries, proofs and disclosed payloads, and must agree with them.
3. Every file of a bundle is named by the manifest; a file it does not name does not belong.

Source: ``SPECIFICATION.md``, section 8.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeVar

from domain.errors import MalformedInput
from domain.ledger import canonical
from domain.ledger.canonical import JsonValue
from domain.ledger.encoding import digest_text, parse_digest
from domain.ledger.entry import SALT_SIZE
from domain.ledger.links import Link

FORMAT: Final = "vultus/bundle/v1"
MANIFEST_PATH: Final = "manifest.json"
CHECKPOINT_PATH: Final = "checkpoint.txt"
SPECIFICATION_PATH: Final = "SPECIFICATION.md"
VERIFIER_FOLDER: Final = "verifier/"
"""With the specification, all a bundle may carry that its manifest does not name: no evidence."""

SUCCESSIONS_FOLDER: Final = "log-keys/"
"""Statements about the log's keys; both keys' signatures make them what they are."""

RECORDS_MAX: Final = 20_000
BLOBS_MAX: Final = 5_000

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_MANIFEST_KEYS: Final = (
    "format",
    "created_at",
    "log_key",
    "report",
    "records",
    "blobs",
    "links",
    "consistency",
)
_T = TypeVar("_T", str, int, bool, list[JsonValue])
_Key = TypeVar("_Key", int, bytes, Link)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledRecord:
    """One record of a bundle, as its index names it.

    Attributes:
        seq: Its place in the log; names its files.
        stream: The stream it belongs to.
        version: Its place in the stream.
        name: The event's permanent name.
        disclosed: Whether salt and payload are in the bundle.
    """

    seq: int
    stream: str
    version: int
    name: str
    disclosed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledBlob:
    """One plain content of a bundle: a frame, a report, calibration parameters, a model.

    Attributes:
        digest: SHA-256 of the content; names its file.
        media_type: Such as ``image/png``.
        size_bytes: Number of bytes.
    """

    digest: bytes
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyProof:
    """The proof that the bundle's checkpoint continues an earlier tree.

    Attributes:
        size: Leaves of the earlier tree.
        path: The proof's hashes.
    """

    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The index of a bundle.

    Attributes:
        created_at: When it was packed, RFC 3339 in UTC with six decimals.
        log_key: The log's verifier key, as text; worth what its way to the reader is worth.
        report_seq: The record that issued the report.
        report_digest: SHA-256 of the report document.
        records: In the order of their seq.
        blobs: In the order of their digests.
        links: In order, as ``derive_links`` gives them.
        consistency: Proofs from earlier checkpoints, in the order of their sizes.
    """

    created_at: str
    log_key: str
    report_seq: int
    report_digest: bytes
    records: tuple[BundledRecord, ...]
    blobs: tuple[BundledBlob, ...]
    links: tuple[Link, ...]
    consistency: tuple[ConsistencyProof, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an index out of order or beyond any sensible size.

        Raises:
            MalformedInput: something is listed twice, out of order or too often.
        """
        if not _TIME.fullmatch(self.created_at):
            raise MalformedInput("the time of packing is not RFC 3339 in UTC with six decimals")
        if len(self.records) > RECORDS_MAX or len(self.blobs) > BLOBS_MAX:
            raise MalformedInput("the bundle lists more records or blobs than any report needs")
        _check_rising("records", [record.seq for record in self.records])
        _check_rising("blobs", [blob.digest for blob in self.blobs])
        _check_rising("links", self.links)
        _check_rising("consistency proofs", [each.size for each in self.consistency])

    def paths(self) -> Iterator[str]:
        """Yield the path of every file that the bundle must have."""
        yield MANIFEST_PATH
        yield CHECKPOINT_PATH
        for record in self.records:
            yield entry_path(record.seq)
            yield proof_path(record.seq)
            if record.disclosed:
                yield disclosure_path(record.seq)
        for blob in self.blobs:
            yield blob_path(blob.digest)


def entry_path(seq: int) -> str:
    """Return where the entry's bytes lie."""
    return f"entries/{seq}.entry"


def proof_path(seq: int) -> str:
    """Return where the entry's inclusion proof lies, a C2SP tlog-proof."""
    return f"proofs/{seq}.tlog-proof"


def succession_path(number: int) -> str:
    """Return where the statement lies by which the log got this key; the first one had none."""
    return f"{SUCCESSIONS_FOLDER}{number}.txt"


def disclosure_path(seq: int) -> str:
    """Return where salt and payload lie, one after the other."""
    return f"disclosures/{seq}.payload"


def blob_path(digest: bytes) -> str:
    """Return where a plain content lies."""
    return f"blobs/{digest.hex()}"


def split_disclosure(data: bytes) -> tuple[bytes, bytes]:
    """Split a disclosure, which is a record's plaintext, into salt and payload.

    Raises:
        MalformedInput: there is no payload after the salt.
    """
    if len(data) <= SALT_SIZE:
        raise MalformedInput("a disclosure is a salt of 32 bytes and a payload")
    return data[:SALT_SIZE], data[SALT_SIZE:]


def encode_manifest(manifest: Manifest) -> bytes:
    """Write a manifest as canonical JSON."""
    return canonical.encode(
        {
            "format": FORMAT,
            "created_at": manifest.created_at,
            "log_key": manifest.log_key,
            "report": {
                "seq": manifest.report_seq,
                "digest": digest_text(manifest.report_digest),
            },
            "records": [
                {
                    "seq": record.seq,
                    "stream": record.stream,
                    "version": record.version,
                    "name": record.name,
                    "disclosed": record.disclosed,
                }
                for record in manifest.records
            ],
            "blobs": [
                {
                    "digest": digest_text(blob.digest),
                    "media_type": blob.media_type,
                    "size_bytes": blob.size_bytes,
                }
                for blob in manifest.blobs
            ],
            "links": [
                {"seq": link.seq, "field": link.field, "to": link.to} for link in manifest.links
            ],
            "consistency": [
                {"size": each.size, "path": [digest_text(node) for node in each.path]}
                for each in manifest.consistency
            ],
        }
    )


def parse_manifest(data: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        MalformedInput: the bytes are not exactly what ``encode_manifest`` writes.
    """
    whole = canonical.parse_canonical(data)
    # The format comes first: of another format nothing else can be expected.
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise MalformedInput(f"the manifest does not say that it is {FORMAT}")
    fields = _object(whole, _MANIFEST_KEYS)
    report = _object(fields["report"], ["seq", "digest"])
    return Manifest(
        created_at=_typed(fields["created_at"], str),
        log_key=_typed(fields["log_key"], str),
        report_seq=_natural(report["seq"]),
        report_digest=_digest(report["digest"]),
        records=tuple(_record(each) for each in _typed(fields["records"], list)),
        blobs=tuple(_blob(each) for each in _typed(fields["blobs"], list)),
        links=tuple(_link(each) for each in _typed(fields["links"], list)),
        consistency=tuple(_consistency(each) for each in _typed(fields["consistency"], list)),
    )


def _record(value: JsonValue) -> BundledRecord:
    fields = _object(value, ["seq", "stream", "version", "name", "disclosed"])
    return BundledRecord(
        seq=_natural(fields["seq"]),
        stream=_typed(fields["stream"], str),
        version=_natural(fields["version"]),
        name=_typed(fields["name"], str),
        disclosed=_typed(fields["disclosed"], bool),
    )


def _blob(value: JsonValue) -> BundledBlob:
    fields = _object(value, ["digest", "media_type", "size_bytes"])
    return BundledBlob(
        digest=_digest(fields["digest"]),
        media_type=_typed(fields["media_type"], str),
        size_bytes=_natural(fields["size_bytes"]),
    )


def _link(value: JsonValue) -> Link:
    fields = _object(value, ["seq", "field", "to"])
    return Link(
        seq=_natural(fields["seq"]),
        field=_typed(fields["field"], str),
        to=_typed(fields["to"], str),
    )


def _consistency(value: JsonValue) -> ConsistencyProof:
    fields = _object(value, ["size", "path"])
    return ConsistencyProof(
        size=_natural(fields["size"]),
        path=tuple(_digest(node) for node in _typed(fields["path"], list)),
    )


def _object(value: JsonValue, keys: Sequence[str]) -> dict[str, JsonValue]:
    if not isinstance(value, dict) or value.keys() != set(keys):
        raise MalformedInput(f"the manifest needs an object of {', '.join(keys)}")
    return value


def _typed(value: JsonValue, kind: type[_T]) -> _T:
    if type(value) is not kind:
        raise MalformedInput(f"the manifest has {type(value).__name__} for {kind.__name__}")
    return value


def _natural(value: JsonValue) -> int:
    number = _typed(value, int)
    if number < 0:
        raise MalformedInput("the manifest has a negative number")
    return number


def _digest(value: JsonValue) -> bytes:
    return parse_digest(_typed(value, str))


def _check_rising(what: str, keys: Sequence[_Key]) -> None:
    if any(not earlier < later for earlier, later in pairwise(keys)):
        raise MalformedInput(f"the manifest's {what} are not in order, or one is listed twice")
