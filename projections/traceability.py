"""The traceability graph: from a report back to raw frames, calibration, configuration, build.

Rules kept here:

1. Backwards, a report leads to every record it rests on [REQ-IN-181 to 185].
2. Forwards, the same edges give everything that rests on a defective calibration, release, station,
   firmware, build or library [DRV-14].
3. What a subject's records added goes with the subject's content.
"""

import sqlalchemy as sa

from domain.events import acquisition_protocol as protocols
from domain.events import assessment as assessments
from domain.events import capture_session as captures
from domain.events import claim as claims
from domain.events import clinic, equipment
from domain.events import consent as consents
from domain.events import inference as inferences
from domain.events import model_release as releases
from domain.events.record import Record
from domain.events.subject import SubjectKeyDestroyed
from domain.events.volume_change import VolumeChangeMeasured
from domain.values.identifiers import (
    AssessmentId,
    ClaimId,
    DeviceId,
    InferenceId,
    ProtocolId,
    ReleaseId,
    SessionId,
)
from projections.rows import Row, erased_subject, names_of
from projections.tables import Projection
from projections.trace_capture import put_capture, put_consent, put_inference
from projections.trace_change import put_change, put_claim
from projections.trace_equipment import put_equipment, put_protocol, put_release, put_software
from projections.trace_graph import (
    NODE,
    TABLES,
    add_edge,
    add_node,
    behind,
    latest,
    resting_on,
)
from projections.writing import Rows

LAYERS = {
    "report": 0,
    "sign-off": 1,
    "amendment": 1,
    "assessment": 2,
    "finding": 3,
    "inference": 4,
    "depth": 4,
    "change": 4,
    "attempt": 5,
    "model-release": 5,
    "claim": 5,
    "model-approval": 6,
    "claim-validation": 6,
    "verdict": 6,
    "frame": 6,
    "session": 6,
    "consent": 7,
    "protocol": 7,
    "model-list": 7,
    "calibration-lock": 7,
    "calibration": 8,
    "illumination": 8,
    "configuration": 8,
    "device": 9,
    "firmware": 9,
    "station-software": 9,
    "software": 9,
}
"""Column of each kind of node in the drawing, left to right; what has none is not drawn."""


def apply(rows: Rows, record: Record) -> None:
    """Apply one record."""
    subject = erased_subject(record)
    if subject is not None:
        rows.forget(TABLES, subject)
        return
    kind, identifier = str(record.stream)[:-37], str(record.stream)[-36:]
    match record.event:
        case clinic.SoftwareDeployed() as event:
            put_software(rows, record, event)
        case consents.ConsentGranted() as event:
            put_consent(rows, record, event)
        case VolumeChangeMeasured() as event:
            put_change(rows, record, event)
        case _ if kind == ClaimId.kind:
            put_claim(rows, record, f"claim:{identifier}")
        case _ if kind == ProtocolId.kind:
            put_protocol(rows, record)
        case _ if kind == ReleaseId.kind:
            put_release(rows, record)
        case _ if kind == DeviceId.kind:
            put_equipment(rows, record)
        case _ if kind == SessionId.kind:
            put_capture(rows, record, f"session:{identifier}")
        case _ if kind == InferenceId.kind:
            put_inference(rows, record, f"inference:{identifier}")
        case _ if kind == AssessmentId.kind:
            _assess(rows, record, identifier)


PROJECTION = Projection(
    name="traceability",
    version=3,
    tables=TABLES,
    apply=apply,
    handles=names_of(
        clinic.SoftwareDeployed,
        consents.ConsentGranted,
        protocols.ProtocolEvent,
        releases.ModelReleaseEvent,
        equipment.EquipmentEvent,
        captures.CaptureSessionEvent,
        inferences.InferenceEvent,
        assessments.AssessmentEvent,
        claims.ClaimEvent,
        VolumeChangeMeasured,
        SubjectKeyDestroyed,
    ),
)


def _assess(rows: Rows, record: Record, assessment: str) -> None:
    home = f"assessment:{assessment}"
    match record.event:
        case assessments.AssessmentOpened() as event:
            _open(rows, record, home, event)
        case (
            assessments.FindingAccepted()
            | assessments.FindingAmended()
            | assessments.FindingRejected() as event
        ):
            verdict = record.name.removeprefix("Finding").lower()
            rows.change(NODE, {"id": f"finding:{event.finding}"}, detail=verdict)
        case assessments.AssessmentSignedOff() as event:
            node = add_node(
                rows,
                record,
                f"sign-off:{assessment}",
                kind="sign-off",
                title="Sign-off",
                detail=event.signature.meaning.value,
                digest=str(event.signature.digest),
            )
            add_edge(rows, record, node, home, "signs")
        case assessments.AssessmentAmended() as event:
            node = add_node(
                rows,
                record,
                f"amendment:{assessment}:{event.number}",
                kind="amendment",
                title=f"Amendment {event.number}",
                detail=event.signature.meaning.value,
                digest=str(event.signature.digest),
            )
            add_edge(rows, record, node, f"sign-off:{assessment}", "amends")
        case assessments.ReportIssued() as event:
            _report(rows, record, event)


def _open(rows: Rows, record: Record, home: str, event: assessments.AssessmentOpened) -> None:
    detail = f"{len(event.findings)} findings, {len(event.withheld)} withheld"
    add_node(rows, record, home, kind="assessment", title="Assessment", detail=detail)
    add_edge(rows, record, home, f"session:{event.session}", "in")
    for inference in event.inferences:
        add_edge(rows, record, home, f"inference:{inference}", "draws on")
    for finding in event.findings:
        add_edge(rows, record, home, f"finding:{finding.finding}", "lays out")
    for attempt in event.attempts:
        add_edge(rows, record, home, f"attempt:{attempt}", "looks at")
        add_edge(rows, record, home, f"depth:{attempt}", "has depth")


def _report(rows: Rows, record: Record, event: assessments.ReportIssued) -> None:
    node = add_node(
        rows,
        record,
        f"report:{event.report}",
        kind="report",
        title=f"Report {event.number}",
        detail=event.renderer,
        digest=str(event.document.digest),
    )
    for signed in rows.matching(NODE, digest=str(event.signed_digest)):
        if signed["stream"] == record.stream and signed["kind"] in {"sign-off", "amendment"}:
            add_edge(rows, record, node, signed["id"], "rests on")
    add_edge(rows, record, node, latest(rows, "software"), "rendered by")


def trace_report(connection: sa.Connection, report: str) -> tuple[list[Row], list[Row]]:
    """Return nodes, each with its ``layer``, and edges behind a report; empty when unknown."""
    nodes, edges = behind(connection, f"report:{report}")
    drawn = [{**node, "layer": LAYERS[node["kind"]]} for node in nodes if node["kind"] in LAYERS]
    known = {node["id"] for node in drawn}
    return drawn, [edge for edge in edges if {edge["source"], edge["target"]} <= known]


def affected(connection: sa.Connection, node: str) -> tuple[list[str], list[str]]:
    """Return the sessions and reports that rest on a node such as ``calibration:<uuid>``.

    A session rests on what any of its attempts, accepted or not, and any of its runs rests on; a
    report on what it was made from.
    """
    found: dict[str, list[str]] = {"session": [], "report": []}
    for each in resting_on(connection, node, *found, around="in"):
        kind, _, identifier = each.partition(":")
        found[kind].append(identifier)
    return found["session"], found["report"]
