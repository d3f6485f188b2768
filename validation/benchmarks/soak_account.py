"""What a soak comes to: what the journals say was answered and delivered, against the record.

Rules kept here:

1. Whatever was answered stands in the record, once, where the answer said.
2. Whatever was asked stands there once or not at all, and whole.
3. Every follower was given every record in order. Something came twice only after a break between
   handling and saving, and never where both are one transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Line = Mapping[str, Any]
Request = tuple[str, str]
"""Who asked, and under which key."""


@dataclass(slots=True, kw_only=True)
class Account:
    """Counts of what must be nought, and of what was done.

    Attributes:
        records: Records in the log.
        asked: Requests that were made.
        answered: Requests that were answered.
        repeated: Requests made again after their answer.
        gaps: Places of the log without a record, or with two.
        doubles: Records of requests beyond what was asked.
        partial: Requests recorded in part or apart from each other.
        lost: Answered requests that stand elsewhere than the answer said, or nowhere.
        answered_otherwise: Repeated requests with another answer than the first.
        foreign: Records that nobody asked for.
        skipped: Records that a follower was not given.
        twice: Records that a follower was given again without a break.
        again_after_break: Records that a follower was given again after a break; allowed where
            the position is saved after the handling.
    """

    records: int = 0
    asked: int = 0
    answered: int = 0
    repeated: int = 0
    gaps: int = 0
    doubles: int = 0
    partial: int = 0
    lost: int = 0
    answered_otherwise: int = 0
    foreign: int = 0
    skipped: int = 0
    twice: int = 0
    again_after_break: int = 0
    failures: list[str] = field(default_factory=list)

    def faults(self) -> dict[str, int]:
        """Return whatever is not nought and must be."""
        counted = {
            "gaps": self.gaps,
            "doubles": self.doubles,
            "partial": self.partial,
            "lost": self.lost,
            "answered otherwise": self.answered_otherwise,
            "foreign": self.foreign,
            "skipped": self.skipped,
            "twice": self.twice,
            "failures": len(self.failures),
        }
        return {name: count for name, count in counted.items() if count}


def count_records(
    account: Account, records: Iterable[tuple[int, Request]]
) -> dict[Request, list[int]]:
    """Count records and gaps; return where each request's records stand."""
    places: dict[Request, list[int]] = defaultdict(list)
    for expected, (seq, request) in enumerate(records):
        account.gaps += seq != expected
        account.records += 1
        places[request].append(seq)
    return places


def count_requests(
    account: Account,
    places: Mapping[Request, Sequence[int]],
    journals: Mapping[str, Sequence[Line]],
) -> None:
    """Hold what the writers noted against the record.

    Args:
        account: Counts, added to.
        places: Where each request's records stand.
        journals: The writers' journals by the name under which they recorded.
    """
    known: set[Request] = set()
    for name, lines in journals.items():
        for line in lines:
            if "asked" in line:
                request = (name, line["asked"])
                known.add(request)
                account.asked += 1
                found, wanted = list(places.get(request, ())), len(line["streams"])
                account.doubles += max(0, len(found) - wanted)
                whole = found == list(range(found[0], found[0] + wanted)) if found else True
                account.partial += not whole
            elif "answered" in line:
                account.answered += 1
                account.lost += list(places.get((name, line["answered"]), ())) != line["seqs"]
            elif "again" in line:
                account.repeated += 1
                found = list(places.get((name, line["again"]), ()))
                account.answered_otherwise += found != line["seqs"]
    account.foreign += len(set(places) - known)


def count_noted_deliveries(account: Account, lines: Sequence[Line], size: int) -> None:
    """Walk through the journal of a follower that saved its position after handling."""
    expected, broken = 0, True
    for line in lines:
        if "begins" in line:
            broken = True
            continue
        for seq in line["got"]:
            if seq > expected:
                account.skipped += seq - expected
            elif seq < expected and broken:
                account.again_after_break += 1
            elif seq < expected:
                account.twice += 1
            expected = max(expected, seq + 1)
        # Only the first batch after a break may come again.
        broken = False
    account.skipped += size - expected


def count_deliveries_once(account: Account, delivered: Sequence[int], size: int) -> None:
    """Count what a follower was given that handles and saves in one transaction."""
    distinct = set(delivered)
    account.twice += len(delivered) - len(distinct)
    account.skipped += len(set(range(size)) - distinct)
