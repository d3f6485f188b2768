"""A check that goes on from an earlier one finds what a whole check finds of the later records."""

from collections.abc import Collection, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger.log_check import LogJoin, LogReport, check_records
from domain.ledger.merkle import Tree
from domain.ledger.problem import ProblemKind
from domain.ledger.range_check import Head, check_range
from tests.domain.ledger.logs import checkpoint_of, clinic_log

LOG = clinic_log()
SIZE = len(LOG.records)
BEFORE = 8
"""Records that an earlier check saw."""
RANGE = 4
"""Records checked together: each range begins at a multiple of a power of two as long as it."""


def gone_on(before: Mapping[bytes, Head | str], *, end: int = SIZE) -> LogReport:
    """Check only the records after the first ones, whose streams ended as given."""
    tree = Tree()
    for record in LOG.records[:BEFORE]:
        assert record.leaf is not None
        tree.append(record.leaf)

    def heads(streams: Collection[bytes]) -> Mapping[bytes, Head | str]:
        return {each: before[each] for each in streams if each in before}

    log = LogJoin(begin=BEFORE, peaks=tree.peaks, heads_before=heads)
    log.confirm(BEFORE)
    for begin in range(BEFORE, end, RANGE):
        records = LOG.records[begin : min(begin + RANGE, end)]
        log.take(check_range(records, begin=begin, sizes={SIZE}))
    log.compare([checkpoint_of(LOG.records)], [])
    return log.report()


def heads_before() -> dict[bytes, Head]:
    """Return how each stream ended before."""
    return check_range(LOG.records[:BEFORE], begin=0, sizes=()).heads


def test_later_records_follow_the_streams_of_the_earlier_check() -> None:
    report = gone_on(dict(heads_before()))
    assert report.intact
    assert (report.begin, report.size, report.confirmed) == (BEFORE, SIZE, (BEFORE, SIZE))
    assert report.root == check_records(LOG.records).root


def test_a_stream_that_the_earlier_check_did_not_know_is_a_broken_chain() -> None:
    kinds = {each.kind for each in gone_on({}).problems}
    assert kinds == {ProblemKind.CHAIN_BROKEN}


def test_what_could_not_be_proven_of_an_earlier_record_is_said() -> None:
    told: dict[bytes, Head | str] = dict.fromkeys(heads_before(), "its proof is missing")
    problems = gone_on(told).problems
    assert {each.kind for each in problems} == {ProblemKind.CHAIN_BROKEN}
    assert all(each.text.endswith("could not be proven: its proof is missing") for each in problems)


@pytest.mark.verifies("REQ-IN-002")
@given(st.integers(BEFORE + 1, SIZE - 1))
def test_an_end_that_was_cut_off_since_is_named(end: int) -> None:
    (problem,) = gone_on(dict(heads_before()), end=end).problems
    assert (problem.kind, problem.seq) == (ProblemKind.TRUNCATED, end)
