"""From sessions to runs: attempts, frames, verdicts, depth and what models made of them.

Rules kept here:

1. What was in force when something was captured is linked when it is recorded, not looked up
   later: a configuration that changes afterwards leaves older links as they were.
2. A frame belongs to its attempt; the same picture in two attempts is two nodes, so that erasing
   one subject leaves the other's trace whole.
"""

from domain.events import capture_session as captures
from domain.events import inference as inferences
from domain.events.consent import ConsentGranted
from domain.events.record import Record
from domain.values.consent import Purpose
from domain.values.content import Digest
from domain.values.identifiers import AttemptId
from projections.trace_graph import NODE, add_edge, add_findings, add_node, latest, set_latest
from projections.writing import Rows


def put_consent(rows: Rows, record: Record, event: ConsentGranted) -> None:
    """Put an agreement on which captures and runs from now on rest."""
    node = add_node(
        rows,
        record,
        f"consent:{record.seq}",
        kind="consent",
        title=f"Consent to {event.purpose.value}",
        detail=f"wording {event.wording.version}, {event.wording.language}",
        digest=str(event.wording.text),
    )
    set_latest(rows, record, _consent(event.subject, event.purpose), node)


def put_capture(rows: Rows, record: Record, home: str) -> None:
    """Put what a session's record adds to the graph; ``home`` is the session's node."""
    match record.event:
        case captures.SessionOpened() as event:
            _open(rows, record, home, event)
        case captures.AttemptSubmitted() as event:
            node = _attempt(rows, record, home, event.attempt, f"Attempt, {event.view}")
            device = record.device
            add_edge(rows, record, node, f"device:{device}", "signed by")
            configuration = latest(rows, f"configuration:{device}")
            add_edge(rows, record, node, configuration, "captured with")
            light = latest(rows, f"illumination:{device}")
            add_edge(rows, record, node, light, "lit by")
            calibration = event.conditions.calibration
            if calibration is not None:
                add_edge(rows, record, node, f"calibration:{calibration}", "calibrated by")
                lock = f"calibration-lock:{calibration}"
                add_edge(rows, record, node, lock, "calibration locked by")
            for frame in event.frames:
                _frame(rows, record, event.attempt, frame.role.value, frame.content.digest)
        case captures.PhotographImported() as event:
            _attempt(rows, record, home, event.attempt, f"Photograph, {event.view}")
            _frame(rows, record, event.attempt, "imported", event.frame.content.digest)
        case captures.AttemptJudged() as event:
            node = add_node(
                rows,
                record,
                f"verdict:{event.attempt}",
                kind="verdict",
                title="Accepted" if event.verdict.acceptable else "Rejected",
                detail=f"{len(event.verdict.reasons)} reasons against",
            )
            add_edge(rows, record, f"attempt:{event.attempt}", node, "judged")
            add_edge(rows, record, node, f"protocol:{event.protocol}", "by the limits of")
            add_edge(rows, record, node, latest(rows, "software"), "executed by")
        case captures.DepthReconstructed() as event:
            node = add_node(
                rows,
                record,
                f"depth:{event.attempt}",
                kind="depth",
                title=f"Depth, {event.completeness:.0%} complete",
                detail=event.algorithm,
                digest=str(event.depth.digest),
            )
            add_edge(rows, record, node, f"attempt:{event.attempt}", "from")
            add_edge(rows, record, node, f"calibration:{event.calibration}", "uses")
            add_edge(rows, record, node, latest(rows, "software"), "executed by")
        case captures.SurfaceReconstructed() as event:
            node = add_node(
                rows,
                record,
                f"surface:{event.attempt}",
                kind="depth",
                title=f"Surface, sure to {event.sigma_median_mm:.2g} mm",
                detail=event.algorithm,
                digest=str(event.mesh.digest),
            )
            add_edge(rows, record, node, f"depth:{event.attempt}", "from")
            add_edge(rows, record, node, latest(rows, "software"), "executed by")


def put_inference(rows: Rows, record: Record, home: str) -> None:
    """Put what a run's record adds to the graph; ``home`` is the run's node."""
    match record.event:
        case inferences.InferenceRequested() as event:
            add_node(rows, record, home, kind="inference", title="Inference", detail="requested")
            add_edge(rows, record, home, f"model-release:{event.release}", "runs")
            add_edge(rows, record, home, f"attempt:{event.attempt}", "on")
            add_edge(rows, record, home, f"session:{event.session}", "in")
            consent = latest(rows, _consent(event.subject, Purpose.AI_ANALYSIS))
            add_edge(rows, record, home, consent, "covered by")
        case inferences.InferenceCompleted() as event:
            _ended(rows, record, home, f"{event.run.runtime}, {event.run.provider}")
            add_findings(rows, record, home, event.findings)
        case inferences.InferenceFailed() as event:
            _ended(rows, record, home, f"failed: {event.rule}")


def _consent(subject: str, purpose: Purpose) -> str:
    return f"consent:{subject}:{purpose.value}"


def _open(rows: Rows, record: Record, home: str, event: captures.SessionOpened) -> None:
    add_node(
        rows,
        record,
        home,
        kind="session",
        title="Capture session",
        detail=event.purpose.value,
    )
    consent = latest(rows, _consent(event.subject, event.purpose))
    add_edge(rows, record, home, consent, "covered by")
    add_edge(rows, record, home, f"protocol:{event.protocol}", "follows")
    add_edge(rows, record, home, latest(rows, "software"), "recorded by")
    models = add_node(
        rows,
        record,
        f"model-list:{event.session}",
        kind="model-list",
        title="Approved models in force",
        detail="the list that session and station name",
        digest=str(event.model_manifest),
    )
    add_edge(rows, record, home, models, "allows")


def _attempt(rows: Rows, record: Record, home: str, attempt: AttemptId, title: str) -> str:
    node = f"attempt:{attempt}"
    add_node(rows, record, node, kind="attempt", title=title, detail=record.name)
    add_edge(rows, record, node, home, "in")
    return node


def _frame(rows: Rows, record: Record, attempt: AttemptId, role: str, digest: Digest) -> None:
    node = add_node(
        rows,
        record,
        f"frame:{attempt}:{digest}",
        kind="frame",
        title=f"Raw frame, {role}",
        detail=str(digest),
        digest=str(digest),
    )
    add_edge(rows, record, f"attempt:{attempt}", node, "shot")


def _ended(rows: Rows, record: Record, home: str, detail: str) -> None:
    """Let a run's node stand for the record that ended it."""
    place = {"seq": record.seq, "at": str(record.committed_at)}
    rows.change(NODE, {"id": home}, detail=detail, **place)
    add_edge(rows, record, home, latest(rows, "software"), "executed by")
