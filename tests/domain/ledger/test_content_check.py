"""Contents checked apart, signatures by one and blobs by another, say what one check says."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.content_check import ContentChecker
from domain.ledger.entry import decode_entry
from domain.ledger.problem import Problem, ProblemKind
from tests.domain.ledger.logs import DEVICE, LogMaker, clinic_log, device_key

LOG = clinic_log()
ENTRIES = [record.entry for record in LOG.records]


def signatures(log: LogMaker, entries: Sequence[bytes], page: int = 256) -> ContentChecker:
    """Check only the signatures of entries, page by page."""
    checker = ContentChecker(log.sources(), {})
    for begin in range(0, len(entries), page):
        checker.take_signatures(list(enumerate(entries))[begin : begin + page])
    return checker


def kinds(problems: Sequence[Problem]) -> list[tuple[ProblemKind, int]]:
    """Return kinds and places."""
    return [(each.kind, each.seq) for each in problems]


@given(st.integers(1, len(ENTRIES)))
def test_signatures_checked_apart_in_pages_of_any_size_are_all_checked(page: int) -> None:
    found = signatures(LOG, ENTRIES, page).findings
    assert (found.signatures, found.blobs, found.problems.kept) == (9, 0, [])
    assert found.last_sequences == {DEVICE: 9}


def test_a_forged_signature_is_named_when_only_signatures_are_checked() -> None:
    log = LogMaker()
    log.enrol(device_key(1))
    log.add("capture-session-1", signed_by=device_key(2), sequence=1)
    found = signatures(log, [record.entry for record in log.records]).findings
    assert kinds(found.problems.kept) == [(ProblemKind.SIGNATURE_WRONG, 1)]


def test_an_entry_that_no_signature_can_be_read_from_is_named_and_the_rest_is_checked() -> None:
    entries = list(ENTRIES)
    entries[4] = entries[4].replace(DEVICE.encode(), DEVICE[:-1].encode())
    found = signatures(LOG, entries).findings
    assert kinds(found.problems.kept) == [(ProblemKind.UNREADABLE, 4)]
    assert "the entry in the place of record 4 is unreadable" in found.problems.kept[0].text
    assert found.signatures == 8


def test_blobs_that_somebody_else_looks_at_are_named_with_what_they_must_be() -> None:
    checker = ContentChecker(LOG.sources(blob_digest=None, name_blobs=True), {})
    for data in ENTRIES:
        checker.take_contents(decode_entry(data))
    assert checker.findings.blobs == 0
    named = {each.name: each.stored_digest for each in checker.findings.named}
    assert named.keys() == LOG.blobs.keys()
    later = ContentChecker(LOG.sources(), {})
    for blob in checker.findings.named:
        later.findings.take_blob(blob, blob.stored_digest)
    later.findings.settle()
    assert (later.findings.blobs, later.findings.problems.kept) == (len(LOG.blobs), [])
