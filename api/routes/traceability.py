"""From a report back to its raw frames, and from a defect forward to all it touches."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from api.answers import Read, Reading
from api.permissions import Permission
from api.signin import Person, allowed
from domain.errors import NotFound
from projections.rows import Row
from projections.traceability import affected, trace_report

ROUTER = APIRouter(prefix="/trace", tags=["traceability"])
Affecting = Literal[
    "calibration",
    "illumination",
    "device",
    "configuration",
    "firmware",
    "station-software",
    "model-release",
    "software",
    "component",
    "protocol",
    "consent",
    "claim",
]
"""What sessions and reports may rest on; a component is named ``name==version``."""

SOUND = "The stored record hashes to its leaf and its place in the chain."

Tracer = Annotated[Person, Depends(allowed(Permission.TRACE_READ))]


class TraceNode(BaseModel):
    """One recorded thing, and whether its record is as it was recorded."""

    id: str
    kind: str
    layer: int
    title: str
    detail: str
    seq: int
    at: str
    stream: str
    digest: str | None
    verified: bool
    why: str


class TraceEdge(BaseModel):
    """What rests on what."""

    source: str
    target: str
    label: str


class Trace(BaseModel):
    """The graph behind a report."""

    root: str
    nodes: list[TraceNode]
    edges: list[TraceEdge]


class Affected(BaseModel):
    """Sessions and reports that rest on something."""

    sessions: list[str]
    reports: list[str]


@ROUTER.get("/reports/{report}")
def trace(report: str, _person: Tracer, reading: Read) -> Trace:
    """Return everything a report rests on, each record checked as it is shown [REQ-IN-181-185]."""
    nodes, edges = trace_report(reading.connection, report)
    if not nodes:
        message = "There is no such report."
        raise NotFound(message)
    return Trace(
        root=f"report:{report}",
        nodes=_nodes(reading, nodes),
        edges=[TraceEdge(**{name: row[name] for name in TraceEdge.model_fields}) for row in edges],
    )


@ROUTER.get("/affected")
def show_affected(
    _person: Tracer,
    reading: Read,
    kind: Affecting,
    identifier: str,
) -> Affected:
    """Return every session and report that rests on something [DRV-14]."""
    sessions, reports = affected(reading.connection, f"{kind}:{identifier}")
    return Affected(sessions=sessions, reports=reports)


def _nodes(reading: Reading, rows: list[Row]) -> list[TraceNode]:
    log = reading.system.log
    # Several nodes may stand for one record; each record is looked at once.
    faults = {seq: log.faults(seq - 1, limit=1) for seq in {row["seq"] for row in rows}}
    nodes = []
    for row in rows:
        found = faults[row["seq"]]
        shown = {name: row[name] for name in TraceNode.model_fields if name in row}
        nodes.append(TraceNode(**shown, verified=not found, why=found[0][1] if found else SOUND))
    return nodes
