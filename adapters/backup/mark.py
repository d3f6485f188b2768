"""What a restored data folder says about itself, so that no copy is taken for the record.

Rules kept here:

1. A folder that was restored says from what, up to where, and what it may be used for.
2. A copy of the past, and one without its keys, is never served: nothing may be recorded in it.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from adapters.backup.document import read_document, write_document
from domain.errors import DigestMismatch, MalformedInput, NotFound, RuleViolation
from domain.values.content import Digest
from domain.values.time import ServerTime

MARK_PATH: Final = "restored.json"
FORMAT: Final = "vultus/restored/v1"


class Use(StrEnum):
    """What a restored folder may be used for."""

    RECORD = "record"
    COPY = "copy"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What was restored.

    Attributes:
        use: Whether it goes on as the clinic's record, is a copy to look at, or lacks its keys.
        manifest: Digest of the backup's last manifest.
        size: Number of records restored.
        root: Root over them.
        lost: Records known to follow that are not here.
        restored_at: When.
    """

    use: Use
    manifest: Digest
    size: int
    root: Digest
    lost: int
    restored_at: ServerTime


def write_mark(data: Path, mark: Mark) -> None:
    """Mark a restored folder."""
    write_document(
        data / MARK_PATH,
        {
            "format": FORMAT,
            "use": mark.use.value,
            "manifest": str(mark.manifest),
            "size": mark.size,
            "root": str(mark.root),
            "lost": mark.lost,
            "restored_at": str(mark.restored_at),
        },
    )


def read_mark(data: Path) -> Mark | None:
    """Return the mark of a folder; none where it was never restored.

    Raises:
        DigestMismatch: the mark is damaged.
    """
    try:
        fields, _ = read_document(data / MARK_PATH)
    except NotFound:
        return None
    try:
        return Mark(
            use=Use(str(fields["use"])),
            manifest=Digest(str(fields["manifest"])),
            size=int(str(fields["size"])),
            root=Digest(str(fields["root"])),
            lost=int(str(fields["lost"])),
            restored_at=ServerTime.parse(str(fields["restored_at"])),
        )
    except (KeyError, ValueError, MalformedInput) as error:
        raise DigestMismatch(f"{data / MARK_PATH} is not a mark: {error}") from error


def require_usable(data: Path, *, copies: bool) -> Mark | None:
    """Return a folder's mark, refusing a restored folder that is not the record.

    Args:
        data: The data folder.
        copies: Whether a copy will do, because nothing will be recorded.

    Raises:
        RuleViolation: it is a copy of the past, or lacks its keys.
    """
    mark = read_mark(data)
    if mark is None or mark.use is Use.RECORD or (copies and mark.use is Use.COPY):
        return mark
    if mark.use is Use.SEALED:
        raise RuleViolation(
            "restore.sealed",
            f"{data} was restored without its keys: it proves the record and cannot be read",
            "Restore again with --keys.",
        )
    raise RuleViolation(
        "restore.copy",
        f"{data} is a copy of the record up to record {mark.size - 1}; {mark.lost} records are "
        "known to follow, so it is not the clinic's record and nothing is recorded in it",
        "Serve the clinic's own record. If what follows is lost for good, restore again with "
        "--accept-loss.",
    )
