"""Segments: the numbered pieces of a backup, each a run of records that ends at a checkpoint.

Rules kept here:

1. A segment is there when its manifest is; records without one belong to a run that was cut off.
2. A manifest names the digest of the manifest before it, so none can be missing or exchanged.
3. Every segment ends at a signed checkpoint, so every one can be proven by itself.

The folder of a backup:

- ``backup.json``: whose log it is and its verifier key; there once a first run was complete;
- ``segments/<number>.vultus-log``: records, as in an exported log;
- ``segments/<number>.json``: the manifest;
- ``contents/<name>``: stored contents, encrypted, which the records name with their digests.

Source: ``validation/decisions/0013-backups-are-the-log-itself.md``.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from adapters.backup.document import Fields, read_document, write_document
from adapters.keys.durable_file import disk_errors
from adapters.ledger.checkpoints import KeptCheckpoint
from domain.errors import ChainBroken, DigestMismatch, MalformedInput, NotFound, RuleViolation
from domain.ledger.checkpoint import VerifierKey, encode_verifier_key, parse_verifier_key
from domain.values.content import Digest
from domain.values.identifiers import ClinicId
from domain.values.time import ServerTime

FORMAT: Final = "vultus/backup/v1"
COMPLETE_PATH: Final = "backup.json"
BEGUN_PATH: Final = "begun.json"
SEGMENTS_FOLDER: Final = "segments"
CONTENTS_FOLDER: Final = "contents"
LOCK_PATH: Final = "lock"

_MANIFEST: Final = re.compile(r"([0-9]{8})\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose log a backup holds.

    Attributes:
        clinic: The clinic.
        key: A key of the log: its newest one when the backup was begun.
    """

    clinic: ClinicId
    key: VerifierKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What a manifest says.

    Attributes:
        number: From 1, gapless.
        first: Seq of its first record.
        size: Number of records in the log at its end.
        root: Root of the tree at that size.
        last_at: When its last record was committed.
        records: Digest of its file of records.
        records_bytes: Size of that file.
        previous: Digest of the manifest before it; none for the first.
        checkpoints: Every checkpoint signed within it, the last at its end.
        successions: The signed statements by which keys of the log followed each other, by then.
        contents: Number of stored contents copied for it.
        contents_bytes: Their size together.
        erased: Keys found destroyed whose content was left out for it.
        absent: Names of stored contents that could not be copied.
        problems: Why, in words.
        beside: Accounts and positions, sealed; only where a run ended.
        taken_at: When it was written.
        software: Version that wrote it.
    """

    number: int
    first: int
    size: int
    root: Digest
    last_at: ServerTime
    records: Digest
    records_bytes: int
    previous: Digest | None
    checkpoints: tuple[KeptCheckpoint, ...]
    successions: tuple[bytes, ...]
    contents: int
    contents_bytes: int
    erased: tuple[str, ...]
    absent: tuple[bytes, ...]
    problems: tuple[str, ...]
    beside: bytes | None
    taken_at: ServerTime
    software: str


def records_path(folder: Path, number: int) -> Path:
    """Return where a segment's records lie."""
    return folder / SEGMENTS_FOLDER / f"{number:08}.vultus-log"


def manifest_path(folder: Path, number: int) -> Path:
    """Return where a segment's manifest lies."""
    return folder / SEGMENTS_FOLDER / f"{number:08}.json"


def write_identity(folder: Path, name: str, identity: Identity) -> None:
    """Write whose log it is."""
    fields: Fields = {
        "format": FORMAT,
        "clinic": str(identity.clinic),
        "log_key": encode_verifier_key(identity.key),
    }
    write_document(folder / name, fields)


def read_identity(folder: Path, name: str = COMPLETE_PATH) -> Identity:
    """Return whose log a backup holds.

    Raises:
        NotFound: there is no such file, so the folder holds no complete backup.
        DigestMismatch: the file is damaged.
    """
    path = folder / name
    fields, _ = read_document(path)
    if fields.get("format") != FORMAT:
        raise RuleViolation(
            "backup.format",
            f"{path} is of the format {fields.get('format')}, not {FORMAT}",
            "Use the version of this software that wrote it.",
        )
    try:
        return Identity(
            clinic=ClinicId(str(fields["clinic"])),
            key=parse_verifier_key(str(fields["log_key"])),
        )
    except (KeyError, MalformedInput) as error:
        raise DigestMismatch(f"{path} does not say whose log it is: {error}") from error


def numbers(folder: Path) -> list[int]:
    """Return the numbers of all segments that are there, in order."""
    with disk_errors("reading the backup"):
        found = (_MANIFEST.fullmatch(path.name) for path in (folder / SEGMENTS_FOLDER).iterdir())
        return sorted(int(match[1]) for match in found if match)


def newest_segment(folder: Path) -> tuple[Segment, Digest] | None:
    """Return the last segment with its manifest's digest; none before the first."""
    there = numbers(folder)
    return read_segment(folder, there[-1]) if there else None


def all_segments(folder: Path) -> Iterator[tuple[Segment, Digest]]:
    """Yield every segment with its manifest's digest, in order, each following the one before.

    Raises:
        ChainBroken: one is missing or stands in the place of another; the message names the file.
        DigestMismatch: a manifest is damaged.
    """
    previous, size = None, 0
    for place, number in enumerate(numbers(folder), start=1):
        path = manifest_path(folder, place)
        if number != place:
            raise ChainBroken(f"{path} is missing from the backup")
        segment, digest = read_segment(folder, number)
        if segment.previous != previous or segment.first != size:
            raise ChainBroken(f"{path} does not follow the segment before it")
        previous, size = digest, segment.size
        yield segment, digest


def read_segment(folder: Path, number: int) -> tuple[Segment, Digest]:
    """Return a segment and the digest of its manifest.

    Raises:
        ChainBroken: it is another segment's.
        DigestMismatch: the manifest is damaged.
        NotFound: there is none.
    """
    path = manifest_path(folder, number)
    fields, digest = read_document(path)
    try:
        segment = _segment(fields)
    except (KeyError, TypeError, ValueError, MalformedInput) as error:
        raise DigestMismatch(f"{path} is not a manifest: {error}") from error
    if segment.number != number:
        raise ChainBroken(f"{path} is the manifest of segment {segment.number}")
    return segment, digest


def write_segment(folder: Path, segment: Segment) -> Digest:
    """Write a manifest, with which its segment is there; return its digest."""
    return write_document(manifest_path(folder, segment.number), _fields(segment))


def require_complete(folder: Path) -> Identity:
    """Return whose log a backup holds, refusing a folder that holds no complete one.

    Raises:
        RuleViolation: there is no backup, or its first run never ended.
    """
    try:
        return read_identity(folder)
    except NotFound:
        begun = (folder / BEGUN_PATH).exists()
        raise RuleViolation(
            "backup.complete",
            f"{folder} holds a backup that was never completed"
            if begun
            else f"{folder} holds no backup",
            "Run the same `vultus backup` again; it goes on where it was cut off."
            if begun
            else "Name the folder that `vultus backup` wrote.",
        ) from None


def _fields(segment: Segment) -> Fields:
    return {
        "number": segment.number,
        "first": segment.first,
        "size": segment.size,
        "root": str(segment.root),
        "last_at": str(segment.last_at),
        "records": str(segment.records),
        "records_bytes": segment.records_bytes,
        "previous": None if segment.previous is None else str(segment.previous),
        "checkpoints": [
            {"size": each.size, "signed_at": str(each.signed_at), "note": _text(each.note)}
            for each in segment.checkpoints
        ],
        "successions": [_text(each) for each in segment.successions],
        "contents": segment.contents,
        "contents_bytes": segment.contents_bytes,
        "erased": list(segment.erased),
        "absent": [name.hex() for name in segment.absent],
        "problems": list(segment.problems),
        "beside": None if segment.beside is None else _text(segment.beside),
        "taken_at": str(segment.taken_at),
        "software": segment.software,
    }


def _segment(fields: dict[str, Any]) -> Segment:
    previous, beside = fields["previous"], fields["beside"]
    return Segment(
        number=int(fields["number"]),
        first=int(fields["first"]),
        size=int(fields["size"]),
        root=Digest(fields["root"]),
        last_at=ServerTime.parse(fields["last_at"]),
        records=Digest(fields["records"]),
        records_bytes=int(fields["records_bytes"]),
        previous=None if previous is None else Digest(previous),
        checkpoints=tuple(
            KeptCheckpoint(
                size=int(each["size"]),
                signed_at=ServerTime.parse(each["signed_at"]),
                note=_bytes(each["note"]),
            )
            for each in fields["checkpoints"]
        ),
        successions=tuple(_bytes(each) for each in fields["successions"]),
        contents=int(fields["contents"]),
        contents_bytes=int(fields["contents_bytes"]),
        erased=tuple(fields["erased"]),
        absent=tuple(bytes.fromhex(name) for name in fields["absent"]),
        problems=tuple(fields["problems"]),
        beside=None if beside is None else _bytes(beside),
        taken_at=ServerTime.parse(fields["taken_at"]),
        software=str(fields["software"]),
    )


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
