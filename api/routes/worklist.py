"""What awaits the person who looks, and the stations' readiness."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from api.answers import Limit, Read, Reading
from api.device_cards import DeviceCard, device_cards
from api.permissions import Permission
from api.signin import Person, allowed
from projections.practitioner_worklist import KINDS, MOST_COUNTED, PAGE, counts
from projections.practitioner_worklist import worklist as work_items
from projections.rows import Row
from projections.subject import pseudonyms

ROUTER = APIRouter(tags=["worklist"])

Show = Literal["mine", "others", "capture", "review", "done", "all"]
Reader = Annotated[Person, Depends(allowed(Permission.WORKLIST_READ))]
_LAST = 2**53 - 1
"""Later than any place in the log."""

_GROUPS: dict[str, tuple[str, ...]] = {
    "capture": ("capture", "analysis"),
    "review": ("review", "sign"),
    "done": ("signed", "done", "abandoned"),
    "all": KINDS,
}
_NEEDED = {
    "capture": Permission.SESSIONS_OPERATE,
    "review": Permission.ASSESSMENTS_REVIEW,
    "sign": Permission.ASSESSMENTS_SIGN,
    "attention": Permission.ASSESSMENTS_READ,
}
"""Who can go on with a line of a kind."""

_STATE_TEXTS = {
    "capture": "Capture under way",
    "analysis": "Being analysed",
    "review": "Findings to review",
    "sign": "Ready to sign",
    "signed": "Signed, report being issued",
    "done": "Report issued",
    "attention": "Needs attention",
    "abandoned": "Abandoned",
}


class WorkItem(BaseModel):
    """One line of the worklist."""

    kind: str
    state_text: str
    session: str
    subject: str
    pseudonym: str
    device_serial: str | None
    opened_at: str
    updated_at: str
    accepted: int
    rejected: int
    blocked: int
    withheld: int
    assessment: str | None
    findings_total: int
    findings_reviewed: int
    report: str | None
    report_number: str | None
    flags: list[str]


class Counts(BaseModel):
    """How many lines there are to each choice, counted no further than ``most``."""

    mine: int
    capture: int
    review: int
    done: int
    all: int
    most: int


class Worklist(BaseModel):
    """A page of the worklist, and the stations; ``next`` continues the page."""

    items: list[WorkItem]
    next: str | None
    counts: Counts
    devices: list[DeviceCard]
    position: int


@ROUTER.get("/worklist")
def worklist(
    person: Reader,
    reading: Read,
    *,
    show: Show = "all",
    query: Annotated[str, Query(max_length=100)] = "",
    before: Annotated[str | None, Query(pattern="^[0-9]{1,2}-[0-9]{1,15}$")] = None,
    limit: Limit = PAGE,
) -> Worklist:
    """Return what awaits whom, most recently changed first; one's own, most urgent first.

    ``mine`` is what the person may go on with, ``others`` everything else; a query finds lines by
    words of the pseudonym and the beginning of the report's number.
    """
    groups = _groups(show, person, searching=bool(query.strip()))
    rows, following = _page(reading, groups, query, before, limit)
    names = pseudonyms(reading.connection, {row["subject"] for row in rows})
    cards = device_cards(reading)
    serials = {card.device: card.serial for card in cards}
    return Worklist(
        items=[_item(row, names, serials) for row in rows],
        next=following,
        counts=_counts(reading, person),
        devices=cards,
        position=reading.position,
    )


def _groups(show: Show, person: Person, *, searching: bool) -> list[tuple[str, ...]]:
    """Return the kinds of lines to show, in groups that follow one another."""
    mine = tuple(each for each in KINDS if _NEEDED.get(each) in person.permissions)
    if show == "mine":
        return [mine] if searching else [(each,) for each in mine]
    if show == "others":
        return [tuple(each for each in KINDS if each not in mine)]
    return [_GROUPS[show]]


def _page(
    reading: Reading,
    groups: list[tuple[str, ...]],
    query: str,
    before: str | None,
    limit: int,
) -> tuple[list[Row], str | None]:
    """Return a page of lines and where the next one begins: a group and a place in it."""
    first, place = (0, None) if before is None else map(int, before.split("-"))
    rows: list[Row] = []
    for number, kinds in enumerate(groups[first:], start=first):
        left = limit + 1 - len(rows)
        found = work_items(reading.connection, kinds, query=query, before=place, limit=left)
        if len(found) == left:
            # One line more than fits: the next page begins after the last that does.
            shown = [*rows, *found[:-1]]
            if len(found) > 1:
                return shown, f"{number}-{found[-2]['updated_seq']}"
            return shown, f"{number}-{_LAST}"
        rows, place = [*rows, *found], None
    return rows, None


def _counts(reading: Reading, person: Person) -> Counts:
    found = counts(reading.connection, most=MOST_COUNTED)

    def number(*kinds: str) -> int:
        return min(MOST_COUNTED, sum(found[each] for each in kinds))

    return Counts(
        mine=number(*(each for each in KINDS if _NEEDED.get(each) in person.permissions)),
        capture=number(*_GROUPS["capture"]),
        review=number(*_GROUPS["review"]),
        done=number(*_GROUPS["done"]),
        all=number(*KINDS),
        most=MOST_COUNTED,
    )


def _item(row: Row, names: dict[str, str], serials: dict[str, str]) -> WorkItem:
    shown: dict[str, Any] = {name: row[name] for name in WorkItem.model_fields if name in row}
    return WorkItem(
        **shown,
        state_text=_STATE_TEXTS[row["kind"]],
        pseudonym=names.get(row["subject"], ""),
        device_serial=serials.get(row["device"] or ""),
        findings_reviewed=len(row["reviewed"]),
    )
