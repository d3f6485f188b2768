"""Reads a backup and believes nothing of it before it was proven.

Rules kept here:

1. Everything is examined before anything is restored: manifests, every byte of every record, the
   root at every checkpoint, checkpoints from outside. What is wrong is named by its file.
2. What the whole backup says was destroyed stays destroyed, whichever point is restored.
3. A commit is never cut in two: a restored record ends where an append ended.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import IO, Protocol

from adapters.backup import segment as layout
from adapters.backup.copying import destroyed_by
from adapters.backup.segment import Identity, Segment
from adapters.keys.durable_file import disk_errors
from adapters.keys.signing import is_ed25519_signature
from domain.errors import ChainBroken, DigestMismatch, IntegrityFailure, MalformedInput
from domain.ledger import export
from domain.ledger.entry import Entry, decode_entry
from domain.ledger.export import FRAME_HEAD, StoredRecord
from domain.ledger.log_keys import LogKeys, follow
from domain.ledger.merkle import Tree, leaf_hash
from domain.values.content import Digest
from domain.values.time import ServerTime

Until = int | ServerTime
"""The last record that counts, by its place in the log or by a moment."""

EVERY = 500


class Hash(Protocol):
    """A hash that is fed."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes in."""
        ...


@dataclass(slots=True, kw_only=True)
class Survey:
    """What an examined backup holds.

    Attributes:
        identity: Whose log it is.
        segments: Its segments.
        manifest: Digest of the last manifest.
        size: Number of records.
        root: Root over them.
        end: Number of records up to the point asked for; ``size`` where none was.
        end_root: Root over those.
        destroyed: Keys that are gone, each with whether the records up to ``end`` say so.
        log_keys: Keys of the log.
        data_keys: Data keys that the records up to ``end`` are encrypted under.
        beyond: Sizes of outside checkpoints that cover more than the backup holds.
    """

    identity: Identity
    log_keys: LogKeys
    segments: tuple[Segment, ...]
    manifest: Digest
    size: int = 0
    root: bytes = b""
    end: int = 0
    end_root: bytes = b""
    destroyed: dict[str, bool] = field(default_factory=dict)
    data_keys: set[str] = field(default_factory=set)
    beyond: tuple[int, ...] = ()


def examine(
    folder: Path,
    *,
    until: Until | None = None,
    outside: Iterable[bytes] = (),
    progress: Callable[[int], None] | None = None,
) -> Survey:
    """Examine every record of a backup.

    Args:
        folder: The backup.
        until: The last record that counts; none for all.
        outside: Checkpoints kept elsewhere, as signed notes.
        progress: Told how many records were examined.

    Raises:
        RuleViolation: the folder holds no complete backup.
        IntegrityFailure: something is missing, changed, exchanged or cut short; the message names
            the file. Or an outside checkpoint is not of this log.
    """
    identity = layout.require_complete(folder)
    found = tuple(layout.all_segments(folder))
    if not found:
        raise ChainBroken(f"{layout.manifest_path(folder, 1)} is missing from the backup")
    segments = tuple(each for each, _ in found)
    statements = {each for segment in segments for each in segment.successions}
    survey = Survey(
        identity=identity,
        log_keys=follow(identity.key, statements, is_ed25519_signature),
        segments=segments,
        manifest=found[-1][1],
    )
    expected = _expected(survey, outside)
    tree, cut = Tree(), _Cut(until)
    for segment in segments:
        signed = _signed(folder, segment, survey.log_keys)
        path = layout.records_path(folder, segment.number)
        for record in _whole_file(path, segment):
            entry = _believed(path, record, tree.size)
            if cut.before(entry.header.seq, entry.header.committed_at_us):
                survey.end, survey.end_root = tree.size, tree.root()
            tree.append(leaf_hash(record.entry))
            _note(survey, entry, counts=not cut.reached)
            _compare(tree, signed, path)
            _compare(tree, expected, "a checkpoint kept elsewhere")
            if progress is not None and not tree.size % EVERY:
                progress(tree.size)
        if tree.size != segment.size or tree.root() != segment.root.raw:
            raise ChainBroken(f"{path} does not hold the records of its manifest")
        for key in segment.erased:
            survey.destroyed.setdefault(key, False)
    survey.size, survey.root = tree.size, tree.root()
    if not cut.reached:
        survey.end, survey.end_root = survey.size, survey.root
    survey.beyond = tuple(sorted(size for size in expected if size > survey.size))
    if progress is not None:
        progress(tree.size)
    return survey


def records(folder: Path, survey: Survey) -> Iterator[StoredRecord]:
    """Yield the records that count, as stored."""
    left = survey.end
    for segment in survey.segments:
        path = layout.records_path(folder, segment.number)
        for record in _whole_file(path, segment):
            if not left:
                return
            left -= 1
            yield record


def newest_size(folder: Path) -> int:
    """Return the number of records that the last manifest states, unexamined; 0 without one."""
    layout.require_complete(folder)
    newest = layout.newest_segment(folder)
    return 0 if newest is None else newest[0].size


def beside_of(survey: Survey) -> bytes | None:
    """Return what lay beside the log, as of the end of the run that covers the restored point."""
    covering = (each for each in survey.segments if each.beside and each.size >= survey.end)
    return next((each.beside for each in covering), None)


class Sealed(Protocol):
    """A log whose records can be had as stored."""

    def sealed_after(self, seq: int, *, limit: int) -> tuple[StoredRecord, ...]:
        """Return at most ``limit`` records after ``seq`` as stored."""
        ...


def stored_records(log: Sealed) -> Iterator[StoredRecord]:
    """Yield every record of a log as stored."""
    seq = -1
    while page := log.sealed_after(seq, limit=EVERY):
        yield from page
        seq += len(page)


class _Cut:
    """Finds where the restored record ends."""

    def __init__(self, until: Until | None) -> None:
        self.reached = False
        self._until = until
        self._last_us: int | None = None

    def before(self, seq: int, at_us: int) -> bool:
        """Return whether the record ends just before this one."""
        if self.reached or self._until is None:
            return False
        if isinstance(self._until, ServerTime):
            self.reached = at_us > self._until.us
        elif seq > self._until:
            self.reached = at_us != self._last_us  # else it belongs to the append before
        self._last_us = at_us
        return self.reached


def _expected(survey: Survey, outside: Iterable[bytes]) -> dict[int, bytes]:
    """Return the roots that outside checkpoints ask for, by size."""
    opened = [survey.log_keys.open(note, is_ed25519_signature) for note in outside]
    roots: dict[int, bytes] = {}
    for each in opened:
        if roots.setdefault(each.size, each.root) != each.root:
            raise ChainBroken(f"two outside checkpoints of {each.size} records differ")
    return roots


def _signed(folder: Path, segment: Segment, keys: LogKeys) -> dict[int, bytes]:
    """Return the roots that a segment's checkpoints ask for, by size."""
    path = layout.manifest_path(folder, segment.number)
    roots: dict[int, bytes] = {}
    for kept in segment.checkpoints:
        try:
            signed = keys.open(kept.note, is_ed25519_signature)
        except (IntegrityFailure, MalformedInput) as error:
            raise DigestMismatch(f"{path} holds a checkpoint that is none: {error}") from error
        if signed.size != kept.size or not segment.first < signed.size <= segment.size:
            raise ChainBroken(f"{path} holds a checkpoint of another segment")
        roots[signed.size] = signed.root
    if roots.get(segment.size) != segment.root.raw:
        raise ChainBroken(f"{path} does not end at a signed checkpoint")
    return roots


def _compare(tree: Tree, roots: Mapping[int, bytes], where: object) -> None:
    root = roots.get(tree.size)
    if root is not None and not compare_digest(tree.root(), root):
        raise ChainBroken(
            f"{where}: the first {tree.size} records of the backup do not have the signed root"
        )


def _note(survey: Survey, entry: Entry, *, counts: bool) -> None:
    key = destroyed_by(entry.header)
    if key is not None:
        survey.destroyed[key] = survey.destroyed.get(key, False) or counts
    if counts:
        survey.data_keys.add(entry.header.key_id)


def _believed(path: Path, record: StoredRecord, seq: int) -> Entry:
    """Return a record's entry, having compared every byte with the hashes it states."""
    try:
        entry = decode_entry(record.entry)
    except MalformedInput as error:
        raise DigestMismatch(f"{path}: record {seq} is unreadable: {error}") from error
    if entry.header.seq != seq:
        raise ChainBroken(f"{path}: record {entry.header.seq} stands where {seq} belongs")
    if sha256(record.ciphertext).digest() != entry.content_digest:
        raise DigestMismatch(f"{path}: the content of record {seq} is not what was recorded")
    return entry


def _whole_file(path: Path, segment: Segment) -> Iterator[StoredRecord]:
    """Yield the records of a file, which must have the size and the digest of its manifest.

    The digest is known only after the last record, so whoever reads acts on nothing before that.
    """
    whole = sha256()
    with disk_errors(f"reading {path}"):
        try:
            file = path.open("rb")
        except FileNotFoundError:
            raise ChainBroken(f"{path} is missing from the backup") from None
        with file:
            if path.stat().st_size != segment.records_bytes:
                raise DigestMismatch(f"{path} does not have the size that its manifest states")
            if _read(file, len(export.EXPORT_TAG), whole, path) != export.EXPORT_TAG:
                raise DigestMismatch(f"{path} is not a file of records")
            while head := file.read(FRAME_HEAD.size):
                whole.update(head)
                if len(head) != FRAME_HEAD.size:
                    raise DigestMismatch(f"{path} ends too early")
                leaf, entry_size, size = FRAME_HEAD.unpack(head)
                if entry_size > export.ENTRY_BYTES_MAX or size > export.CIPHERTEXT_BYTES_MAX:
                    raise DigestMismatch(f"{path} is damaged: a record is unreasonably large")
                entry = _read(file, entry_size, whole, path)
                yield StoredRecord(entry, _read(file, size, whole, path), leaf)
    if whole.digest() != segment.records.raw:
        raise DigestMismatch(f"{path} does not have the digest that its manifest states")


def _read(file: IO[bytes], size: int, whole: "Hash", path: Path) -> bytes:
    content = file.read(size)
    if len(content) != size:
        raise DigestMismatch(f"{path} ends too early")
    whole.update(content)
    return content
