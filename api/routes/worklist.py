"""What awaits the person who looks, and the stations' readiness."""

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from api.answers import Read
from api.device_cards import DeviceCard, device_cards
from api.permissions import Permission
from api.signin import allowed
from projections.practitioner_worklist import worklist as work_items
from projections.rows import Row
from projections.subject import pseudonyms

ROUTER = APIRouter(tags=["worklist"])

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


class Worklist(BaseModel):
    """The worklist and the stations."""

    items: list[WorkItem]
    devices: list[DeviceCard]
    position: int


@ROUTER.get("/worklist", dependencies=[Depends(allowed(Permission.WORKLIST_READ))])
def worklist(reading: Read) -> Worklist:
    """Return what awaits whom, most recently changed first."""
    rows = work_items(reading.connection)
    names = pseudonyms(reading.connection, {row["subject"] for row in rows})
    cards = device_cards(reading)
    serials = {card.device: card.serial for card in cards}
    return Worklist(
        items=[_item(row, names, serials) for row in rows],
        devices=cards,
        position=reading.position,
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
