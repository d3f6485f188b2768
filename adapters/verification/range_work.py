"""What one process does of a verification: one range, one kind of check.

Rules kept here:

1. A task names where records come from and holds no key that opens anything; its result can be
   handed back to another process.
2. Little is imported here, for every process that helps starts from nothing.
"""

import gc
import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import parent_process
from typing import Final

from adapters.eventlog.rows import Row, check_row, make_row
from adapters.keys.signing import verify_p256
from adapters.verification.sources import RecordSource
from domain.errors import DigestMismatch, MalformedInput, SignatureInvalid
from domain.ledger.content_check import (
    SUBJECT_KEY_DESTROYED,
    ContentChecker,
    ContentFindings,
    ContentSources,
)
from domain.ledger.entry import decode_entry
from domain.ledger.problem import ProblemKind
from domain.ledger.range_check import PAGE, RangeReport, check_range


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeTask:
    """One range of a log.

    Attributes:
        source: Where its records come from.
        begin: Its first record.
        end: The record after its last.
        sizes: Sizes at which the tree's root will be asked for.
        device_keys: Keys of the devices that enrolled before the range.
        disclosures: Salt and payload of the enrolments in it, by seq.
    """

    source: RecordSource
    begin: int
    end: int
    sizes: tuple[int, ...] = ()
    device_keys: Mapping[str, bytes] = field(default_factory=dict)
    disclosures: Mapping[int, bytes] = field(default_factory=dict)


def check_chain(task: RangeTask) -> RangeReport:
    """Check order, chain, tree and bytes."""
    records = task.source.sealed(task.begin, task.end)
    return check_range(records, begin=task.begin, sizes=task.sizes)


def check_signatures(task: RangeTask) -> ContentFindings:
    """Check device signatures and device sequences."""
    sources = ContentSources(
        check_signature=_is_p256_signature,
        disclose=lambda entry, _: task.disclosures.get(entry.header.seq),
    )
    checker = ContentChecker(sources, task.device_keys)
    entries = iter(task.source.entries(task.begin, task.end))
    while page := list(islice(entries, PAGE)):
        checker.take_signatures(page)
    return checker.findings


def check_contents(task: RangeTask) -> ContentFindings:
    """Check that every column says what its entry says, and name the blobs to be looked at."""
    checker = ContentChecker(ContentSources(name_blobs=True), {})
    for row in task.source.rows(task.begin, task.end):
        _check_columns(row, checker)
    return checker.findings


def _check_columns(row: Row, checker: ContentChecker) -> None:
    try:
        checked = check_row(row)
    except DigestMismatch:
        _name_difference(row, checker)
    else:
        if checked.said.blobs or row.name == SUBJECT_KEY_DESTROYED:
            checker.take_contents(decode_entry(row.entry))


def _name_difference(row: Row, checker: ContentChecker) -> None:
    """Say whether it is the columns that differ; a changed entry or content the chain names."""
    try:
        entry = decode_entry(row.entry)
    except MalformedInput as error:
        checker.unreadable(row.entry, row.seq, error)
        return
    checker.take_contents(entry)
    made = make_row(entry, row.entry, row.ciphertext, row.ordinal)._replace(leaf=row.leaf)
    if made != row or (row.ordinal is None) != (row.idempotency_key is None):
        seq = entry.header.seq
        text = f"the columns stored beside the entry of record {seq} do not say what it says"
        checker.findings.problems.add(ProblemKind.COLUMNS_DIFFER, seq, text)


def _is_p256_signature(public_key: bytes, signature: bytes, content: bytes) -> bool:
    try:
        verify_p256(public_key.hex(), signature, content)
    except (SignatureInvalid, MalformedInput):
        return False
    return True


EXIT_ORPHANED: Final = 3


def begin_helping() -> None:
    """Make a process ready for tasks: it ends with whoever asked, and only then."""
    gc.disable()  # nothing here makes cycles, and looking for them costs a tenth
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who asked decides
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(EXIT_ORPHANED)
