"""What can be found wrong with a log, as a value: checking goes on after the first find."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

PROBLEMS_MAX: Final = 1000
"""So many problems are kept in words; further ones are only counted."""


class ProblemKind(StrEnum):
    """What is wrong, as a permanent word."""

    UNREADABLE = "unreadable"
    ENTRY_CHANGED = "entry-changed"
    CONTENT_CHANGED = "content-changed"
    MISSING = "missing"
    REPEATED = "repeated"
    MISPLACED = "misplaced"
    CHAIN_BROKEN = "chain-broken"
    TRUNCATED = "truncated"
    CHECKPOINT_DIFFERS = "checkpoint-differs"
    CHECKPOINT_UNSIGNED = "checkpoint-unsigned"
    COLUMNS_DIFFER = "columns-differ"
    BLOB_CHANGED = "blob-changed"
    BLOB_MISSING = "blob-missing"
    DISCLOSURE_WRONG = "disclosure-wrong"
    SIGNATURE_WRONG = "signature-wrong"
    DEVICE_UNKNOWN = "device-unknown"
    DEVICE_SEQUENCE = "device-sequence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing found wrong.

    Attributes:
        kind: What is wrong.
        seq: The record it was found at, or the first one missing.
        text: What was found, in words.
    """

    kind: ProblemKind
    seq: int
    text: str


@dataclass(slots=True)
class Problems:
    """Everything found wrong so far.

    Attributes:
        kept: The first ``PROBLEMS_MAX``.
        count: How many there were.
    """

    kept: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, kind: ProblemKind, seq: int, text: str) -> None:
        """Note something wrong."""
        self.take(Problems([Problem(kind=kind, seq=seq, text=text)], 1))

    def take(self, others: "Problems") -> None:
        """Take in what was found wrong elsewhere."""
        self.kept += others.kept[: PROBLEMS_MAX - len(self.kept)]
        self.count += others.count
