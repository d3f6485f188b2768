"""Whether something can be recorded just now, and how much room is left."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from api.answers import Running
from api.permissions import Permission
from api.signin import Person, allowed
from api.storage import tried_places

ROUTER = APIRouter(prefix="/record", tags=["record"])
Reader = Annotated[Person, Depends(allowed(Permission.WORKLIST_READ))]


class StoragePlace(BaseModel):
    """One place that recording needs, tried by writing to it."""

    name: str
    writable: bool
    low: bool
    reason: str | None
    next_step: str | None
    free_bytes: int | None


class Storage(BaseModel):
    """Whether everything that recording needs can be written, and each place."""

    writable: bool
    low: bool
    places: list[StoragePlace]


@ROUTER.get("/storage")
def storage(_person: Reader, system: Running) -> Storage:
    """Try whether something can be recorded; what is recorded can be read either way."""
    found = tried_places(system)
    return Storage(
        writable=all(each.writable for each in found),
        low=any(each.low for each in found),
        places=[
            StoragePlace(
                name=each.name,
                writable=each.writable,
                low=each.low,
                reason=each.reason,
                next_step=each.next_step,
                free_bytes=each.free_bytes,
            )
            for each in found
        ],
    )
