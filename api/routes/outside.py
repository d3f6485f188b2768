"""What stands outside the record: copies of checkpoints, witnesses, the log's keys."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from adapters.ledger.log_signing import stream_of
from api.answers import Running
from api.outside import outside_places
from api.permissions import Permission
from api.signin import Person, allowed
from domain.ledger.checkpoint import encode_verifier_key

ROUTER = APIRouter(prefix="/ledger", tags=["ledger"])
Reader = Annotated[Person, Depends(allowed(Permission.LEDGER_READ))]


class PlaceItem(BaseModel):
    """A place outside; ``waiting_s`` is how long the oldest checkpoint it lacks has waited."""

    place: str
    kind: str
    size: int
    kept_at: str | None
    waiting_s: float
    late: bool
    problem: str
    alarm: str


class CosignedItem(BaseModel):
    """The largest checkpoint that a witness cosigned: a C2SP signed note."""

    size: int
    text: str


class WitnessedItem(BaseModel):
    """A log that this server witnesses."""

    origin: str
    size: int
    conflicts: int


class Outside(BaseModel):
    """What keeps this record from having two histories, and what it does for other records."""

    places: list[PlaceItem]
    cosigned: CosignedItem | None
    witness_key: str
    witnessed: list[WitnessedItem]


class LogKeyItem(BaseModel):
    """A key of the log and the sizes for which it may sign.

    ``until`` is none for the newest; ``since`` is when it got the log, none for the first.
    """

    key: str
    first: int
    until: int | None
    since: str | None


class LogKeyList(BaseModel):
    """Every key the log had, and the signed statements by which each followed the one before."""

    keys: list[LogKeyItem]
    successions: list[str]


@ROUTER.get("/outside")
def outside(_person: Reader, system: Running) -> Outside:
    """Return how copies and witnesses stand."""
    cosigned = system.shelf.cosigned()
    return Outside(
        places=[
            PlaceItem(
                place=each.place,
                kind=each.kind,
                size=each.size,
                kept_at=None if each.kept_at is None else str(each.kept_at),
                waiting_s=each.waiting_s,
                late=each.late,
                problem=each.problem,
                alarm=each.alarm,
            )
            for each in outside_places(system)
        ],
        cosigned=None
        if cosigned is None
        else CosignedItem(size=cosigned.size, text=cosigned.note.decode()),
        witness_key=encode_verifier_key(system.witness.key),
        witnessed=[
            WitnessedItem(origin=each.origin, size=each.size, conflicts=each.conflicts)
            for each in system.witness.witnessed()
        ],
    )


@ROUTER.get("/log-keys")
def log_keys(_person: Reader, system: Running) -> LogKeyList:
    """Return the log's keys; keep one of them where this server cannot change it."""
    terms = system.checkpointer.keys.terms
    rotated = [str(each.committed_at) for each in system.log.stream(stream_of(system.clinic))]
    return LogKeyList(
        keys=[
            LogKeyItem(
                key=encode_verifier_key(term.key), first=term.first, until=term.last, since=since
            )
            # Whoever rotates meanwhile is seen with the next reading.
            for term, since in zip(terms, [None, *rotated], strict=False)
        ],
        successions=[each.decode() for each in system.checkpointer.successions()],
    )
