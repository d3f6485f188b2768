"""How far the screens are behind the record, and what is being rebuilt."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from api.answers import Running
from api.permissions import Permission
from api.signin import Person, allowed
from projections.lag import Standing

ROUTER = APIRouter(prefix="/record", tags=["record"])
Reader = Annotated[Person, Depends(allowed(Permission.WORKLIST_READ))]


class RebuildProgress(BaseModel):
    """How far a rebuild beside the tables that are read has come."""

    applied: int
    total: int
    records_per_second: float | None
    seconds_left: float | None


class ProjectionStanding(BaseModel):
    """How far one projection is behind; while it is not ``readable``, its screens wait."""

    name: str
    position: int
    lag_records: int
    lag_seconds: float | None
    stalled_seq: int | None
    stalled_why: str | None
    readable: bool
    rebuild: RebuildProgress | None


class Standings(BaseModel):
    """How far the screens are behind the record: the worst, and each projection."""

    size: int
    position: int
    lag_records: int
    lag_seconds: float | None
    stalled: bool
    rebuilding: bool
    projections: list[ProjectionStanding]


@ROUTER.get("/projections")
def projections(_person: Reader, system: Running) -> Standings:
    """Return how far each projection is behind in records and seconds, and every rebuild."""
    found = system.runner.standings(system.clock.now())
    ages = [each.lag_seconds for each in found]
    return Standings(
        size=system.log.size(),
        position=min((each.position for each in found), default=-1),
        lag_records=max((each.lag_records for each in found), default=0),
        lag_seconds=None if None in ages else max(filter(None, ages), default=0.0),
        stalled=any(each.stalled_seq is not None for each in found),
        rebuilding=any(each.rebuild is not None for each in found),
        projections=[_standing(each) for each in found],
    )


def _standing(found: Standing) -> ProjectionStanding:
    rebuild = found.rebuild
    return ProjectionStanding(
        name=found.name,
        position=found.position,
        lag_records=found.lag_records,
        lag_seconds=found.lag_seconds,
        stalled_seq=found.stalled_seq,
        stalled_why=found.stalled_why,
        readable=found.readable,
        rebuild=None
        if rebuild is None
        else RebuildProgress(
            applied=rebuild.applied,
            total=rebuild.total,
            records_per_second=rebuild.records_per_s,
            seconds_left=rebuild.seconds_left,
        ),
    )
