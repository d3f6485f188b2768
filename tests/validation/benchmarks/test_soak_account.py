"""The soak's account finds whatever must be nought and is not."""

from typing import Any

import pytest

from validation.benchmarks.soak_account import (
    Account,
    count_deliveries_once,
    count_noted_deliveries,
    count_records,
    count_requests,
)

ASKED: dict[str, Any] = {"asked": "k", "streams": ["a", "b"]}
ANSWERED: dict[str, Any] = {"answered": "k", "seqs": [0, 1]}


def requests(records: list[tuple[int, str]], *lines: dict[str, Any]) -> dict[str, int]:
    account = Account()
    places = count_records(account, [(seq, ("w", key)) for seq, key in records])
    count_requests(account, places, {"w": lines})
    return account.faults()


def test_what_was_asked_and_answered_once_is_no_fault() -> None:
    again = {"again": "k", "seqs": [0, 1]}
    assert requests([(0, "k"), (1, "k")], ASKED, ANSWERED, again) == {}
    assert requests([(0, "k"), (1, "k")], ASKED) == {}
    assert requests([], ASKED, {"left": "k"}) == {}


@pytest.mark.parametrize(
    ("records", "lines", "fault"),
    [
        ([(0, "k"), (2, "k")], [ASKED], "gaps"),
        ([(0, "k"), (1, "k"), (2, "k"), (3, "k")], [ASKED, ANSWERED], "doubles"),
        ([(0, "k")], [ASKED], "partial"),
        ([], [ASKED, ANSWERED], "lost"),
        ([(0, "k"), (1, "k")], [ASKED, {"answered": "k", "seqs": [1, 2]}], "lost"),
        ([(0, "k"), (1, "k")], [ASKED, {"again": "k", "seqs": [2, 3]}], "answered otherwise"),
        ([(0, "other")], [], "foreign"),
    ],
)
def test_every_fault_of_a_request_is_counted(
    records: list[tuple[int, str]], lines: list[dict[str, Any]], fault: str
) -> None:
    assert requests(records, *lines)[fault] > 0


@pytest.mark.parametrize(
    ("lines", "skipped", "twice", "again"),
    [
        ([{"begins": True}, {"got": [0, 1]}, {"got": [2]}], 0, 0, 0),
        ([{"begins": True}, {"got": [0, 1]}, {"begins": True}, {"got": [0, 1, 2]}], 0, 0, 2),
        ([{"begins": True}, {"got": [0, 1]}, {"got": [1, 2]}], 0, 1, 0),
        (
            [{"begins": True}, {"got": [0]}, {"begins": True}, {"got": [1]}, {"got": [0, 2]}],
            0,
            1,
            0,
        ),
        ([{"begins": True}, {"got": [0, 2]}], 1, 0, 0),
        ([{"begins": True}, {"got": [0]}], 2, 0, 0),
    ],
)
def test_every_delivery_is_counted(
    lines: list[dict[str, Any]], skipped: int, twice: int, again: int
) -> None:
    account = Account()
    count_noted_deliveries(account, lines, 3)
    assert (account.skipped, account.twice, account.again_after_break) == (skipped, twice, again)


def test_deliveries_with_their_position_come_once() -> None:
    account = Account()
    count_deliveries_once(account, [0, 1, 2], 3)
    assert account.faults() == {}
    count_deliveries_once(account, [0, 0, 2], 3)
    assert account.faults() == {"skipped": 1, "twice": 1}


def test_a_process_that_failed_by_itself_is_a_fault() -> None:
    assert Account(failures=["writer"]).faults() == {"failures": 1}
