"""The traceability graph: from a report back to raw frames, calibration, configuration, build.

Rules kept here:

1. What was in force when something was captured is linked when it is recorded, not looked up
   later: a configuration that changes afterwards leaves older links as they were.
2. Forwards, the same edges give everything that rests on a defective calibration or release.
"""

import sqlalchemy as sa

from domain.events import acquisition_protocol as protocols
from domain.events import assessment as assessments
from domain.events import capture_session as captures
from domain.events import clinic, equipment
from domain.events import consent as consents
from domain.events import inference as inferences
from domain.events import model_release as releases
from domain.events import subject as subjects
from domain.events.record import Record
from domain.values.identifiers import AssessmentId, DeviceId, InferenceId, ProtocolId, SessionId
from projections.rows import Row, forget
from projections.tables import Projection
from projections.trace_graph import (
    EDGE,
    LATEST,
    NODE,
    TABLES,
    add_edge,
    add_node,
    closure,
    latest,
    set_latest,
)

LAYERS = {
    "report": 0,
    "sign-off": 1,
    "assessment": 2,
    "finding": 3,
    "inference": 3,
    "model-release": 4,
    "attempt": 4,
    "depth": 4,
    "verdict": 5,
    "frame": 5,
    "session": 5,
    "consent": 6,
    "calibration": 6,
    "calibration-lock": 6,
    "illumination": 6,
    "protocol": 6,
    "configuration": 6,
    "device": 7,
    "software": 7,
}
"""Column of each kind of node in the drawing, left to right."""


def apply(connection: sa.Connection, record: Record) -> None:
    """Apply one record."""
    match record.event:
        case subjects.SubjectKeyDestroyed():
            forget(connection, (LATEST, EDGE, NODE), record.stream.removeprefix("subject-"))
        case clinic.SoftwareDeployed() as event:
            node = add_node(
                connection,
                record,
                f"software:{record.seq}",
                kind="software",
                title=f"Software {event.version}",
                detail=f"{len(event.components)} components",
                digest=str(event.build),
            )
            set_latest(connection, record, "software", node)
        case consents.ConsentGranted() as event:
            node = add_node(
                connection,
                record,
                f"consent:{record.seq}",
                kind="consent",
                title=f"Consent to {event.purpose.value}",
                detail=f"wording {event.wording.version}, {event.wording.language}",
                digest=str(event.wording.text),
            )
            set_latest(connection, record, f"consent:{event.subject}:{event.purpose.value}", node)
        case protocols.ProtocolDrafted() | protocols.ProtocolApproved():
            _protocol(connection, record)
        case releases.ModelRegistered() as event:
            add_node(
                connection,
                record,
                f"model-release:{event.release}",
                kind="model-release",
                title=f"{event.manifest.name} {event.manifest.version}",
                detail=event.manifest.training_data,
                digest=str(event.manifest.model.digest),
            )
        case _:
            _clinical(connection, record)


PROJECTION = Projection(name="traceability", version=1, tables=TABLES, apply=apply)


def _clinical(connection: sa.Connection, record: Record) -> None:
    if record.stream.startswith(f"{DeviceId.kind}-"):
        _equipment(connection, record)
    elif record.stream.startswith(f"{SessionId.kind}-"):
        _capture(connection, record, f"session:{SessionId.of_stream(record.stream)}")
    elif record.stream.startswith(f"{InferenceId.kind}-"):
        _inference(connection, record, f"inference:{InferenceId.of_stream(record.stream)}")
    elif record.stream.startswith(f"{AssessmentId.kind}-"):
        _assess(connection, record, str(AssessmentId.of_stream(record.stream)))


def _protocol(connection: sa.Connection, record: Record) -> None:
    identifier = f"protocol:{ProtocolId.of_stream(record.stream)}"
    if isinstance(record.event, protocols.ProtocolDrafted):
        content = record.event.content
        add_node(
            connection,
            record,
            identifier,
            kind="protocol",
            title=f"{content.name} {content.version}",
            detail="drafted",
        )
        return
    update = sa.update(NODE).where(NODE.c.id == identifier)
    connection.execute(update.values(detail="approved by a second person"))


def _equipment(connection: sa.Connection, record: Record) -> None:
    device = DeviceId.of_stream(record.stream)
    home = f"device:{device}"
    match record.event:
        case equipment.DeviceEnrolled() as event:
            add_node(
                connection,
                record,
                home,
                kind="device",
                title=f"Station {event.serial}",
                detail=event.model,
            )
        case equipment.DeviceConfigurationChanged() as event:
            found = event.configuration
            node = add_node(
                connection,
                record,
                f"configuration:{record.seq}",
                kind="configuration",
                title=f"Configuration, firmware {found.firmware}",
                detail=f"cameras {', '.join(camera.serial for camera in found.cameras)}",
                digest=str(found.software_digest),
            )
            add_edge(connection, record, node, home, "of")
            set_latest(connection, record, f"configuration:{device}", node)
        case equipment.CalibrationRecorded() as event:
            made = event.calibration
            result = "passed" if made.passed else "failed"
            node = add_node(
                connection,
                record,
                f"calibration:{made.calibration}",
                kind="calibration",
                title=f"Calibration, {made.reprojection_error_px:.3f} px",
                detail=f"{result}, target {made.target.serial}",
                digest=str(made.parameters.digest),
            )
            add_edge(connection, record, node, home, "of")
        case equipment.CalibrationLocked() as event:
            node = add_node(
                connection,
                record,
                f"calibration-lock:{event.calibration}",
                kind="calibration-lock",
                title="Calibration locked",
                detail="signed",
                digest=str(event.signature.digest),
            )
            add_edge(connection, record, node, f"calibration:{event.calibration}", "locks")
        case equipment.IlluminationCalibrated() as event:
            node = add_node(
                connection,
                record,
                f"illumination:{record.seq}",
                kind="illumination",
                title=f"Illumination, {event.illumination.cct_k:.0f} K",
                detail="passed" if event.illumination.passed else "failed",
            )
            add_edge(connection, record, node, home, "of")
            set_latest(connection, record, f"illumination:{device}", node)


def _capture(connection: sa.Connection, record: Record, home: str) -> None:
    match record.event:
        case captures.SessionOpened() as event:
            add_node(
                connection,
                record,
                home,
                kind="session",
                title="Capture session",
                detail=event.purpose.value,
            )
            consent = latest(connection, f"consent:{event.subject}:{event.purpose.value}")
            add_edge(connection, record, home, consent, "covered by")
            add_edge(connection, record, home, f"protocol:{event.protocol}", "follows")
            add_edge(connection, record, home, latest(connection, "software"), "recorded by")
        case captures.AttemptSubmitted() as event:
            node = _attempt(connection, record, home, str(event.attempt), str(event.view))
            device = record.device
            add_edge(connection, record, node, f"device:{device}", "signed by")
            configuration = latest(connection, f"configuration:{device}")
            add_edge(connection, record, node, configuration, "captured with")
            light = latest(connection, f"illumination:{device}")
            add_edge(connection, record, node, light, "lit by")
            calibration = event.conditions.calibration
            if calibration is not None:
                add_edge(connection, record, node, f"calibration:{calibration}", "calibrated by")
                lock = f"calibration-lock:{calibration}"
                add_edge(connection, record, node, lock, "calibration locked by")
            for frame in event.frames:
                _frame(connection, record, node, frame.role.value, str(frame.content.digest))
        case captures.PhotographImported() as event:
            node = _attempt(connection, record, home, str(event.attempt), str(event.view))
            _frame(connection, record, node, "imported", str(event.frame.content.digest))
        case captures.AttemptJudged() as event:
            node = add_node(
                connection,
                record,
                f"verdict:{event.attempt}",
                kind="verdict",
                title="Accepted" if event.verdict.acceptable else "Rejected",
                detail=f"{len(event.verdict.reasons)} reasons against",
            )
            add_edge(connection, record, f"attempt:{event.attempt}", node, "judged")
        case captures.DepthReconstructed() as event:
            node = add_node(
                connection,
                record,
                f"depth:{event.attempt}",
                kind="depth",
                title=f"Depth, {event.completeness:.0%} complete",
                detail=event.algorithm,
                digest=str(event.depth.digest),
            )
            add_edge(connection, record, node, f"attempt:{event.attempt}", "from")
            add_edge(connection, record, node, f"calibration:{event.calibration}", "uses")


def _attempt(connection: sa.Connection, record: Record, home: str, attempt: str, view: str) -> str:
    identifier = f"attempt:{attempt}"
    title = f"Attempt, {view}"
    add_node(connection, record, identifier, kind="attempt", title=title, detail=record.name)
    add_edge(connection, record, identifier, home, "in")
    return identifier


def _frame(connection: sa.Connection, record: Record, attempt: str, role: str, digest: str) -> None:
    node = f"frame:{digest}"
    title = f"Raw frame, {role}"
    add_node(connection, record, node, kind="frame", title=title, detail=digest, digest=digest)
    add_edge(connection, record, attempt, node, "shot")


def _inference(connection: sa.Connection, record: Record, home: str) -> None:
    match record.event:
        case inferences.InferenceRequested() as event:
            add_node(
                connection, record, home, kind="inference", title="Inference", detail="requested"
            )
            add_edge(connection, record, home, f"model-release:{event.release}", "runs")
            add_edge(connection, record, home, f"attempt:{event.attempt}", "on")
        case inferences.InferenceCompleted() as event:
            detail = f"{event.run.runtime}, {event.run.provider}"
            done = sa.update(NODE).where(NODE.c.id == home)
            connection.execute(done.values(detail=detail, seq=record.seq))
            add_edge(connection, record, home, latest(connection, "software"), "executed by")


def _assess(connection: sa.Connection, record: Record, assessment: str) -> None:
    home = f"assessment:{assessment}"
    match record.event:
        case assessments.AssessmentOpened() as event:
            add_node(
                connection,
                record,
                home,
                kind="assessment",
                title="Assessment",
                detail=f"{len(event.findings)} findings",
            )
            for inference in event.inferences:
                add_edge(connection, record, home, f"inference:{inference}", "draws on")
            for attempt in event.attempts:
                add_edge(connection, record, home, f"attempt:{attempt}", "looks at")
                add_edge(connection, record, home, f"depth:{attempt}", "has depth")
        case assessments.AssessmentSignedOff() as event:
            node = add_node(
                connection,
                record,
                f"sign-off:{assessment}",
                kind="sign-off",
                title="Sign-off",
                detail=event.signature.meaning.value,
                digest=str(event.signature.digest),
            )
            add_edge(connection, record, node, home, "signs")
        case assessments.ReportIssued() as event:
            node = add_node(
                connection,
                record,
                f"report:{event.report}",
                kind="report",
                title=f"Report {event.number}",
                detail=event.renderer,
                digest=str(event.document.digest),
            )
            add_edge(connection, record, node, f"sign-off:{assessment}", "rests on")


def trace_report(connection: sa.Connection, report: str) -> tuple[list[Row], list[Row]]:
    """Return nodes, each with its ``layer``, and edges behind a report; empty when unknown."""
    nodes, edges = closure(connection, (f"report:{report}",), back=True)
    return [{**node, "layer": LAYERS[node["kind"]]} for node in nodes], edges


def affected(connection: sa.Connection, node: str) -> tuple[list[str], list[str]]:
    """Return the sessions and reports that rest on a node such as ``calibration:<uuid>``."""
    nodes, edges = closure(connection, (node,), back=False)
    attempts = {row["id"] for row in nodes if row["kind"] == "attempt"}
    _, behind = closure(connection, sorted(attempts), back=True)
    sessions = {
        row["target"].removeprefix("session:")
        for row in (*edges, *behind)
        if row["source"] in attempts and row["target"].startswith("session:")
    }
    reports = {row["id"].removeprefix("report:") for row in nodes if row["kind"] == "report"}
    return sorted(sessions), sorted(reports)
