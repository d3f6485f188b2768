"""From a measured change to both captures, their depth and calibrations, and the claim.

Rule kept here: a change rests on the earlier capture as much as on the later one, so that what is
found wrong with either leads to the report that tells the change [DRV-14].
"""

from domain.events import claim as claims
from domain.events.record import Record
from domain.events.volume_change import VolumeChangeMeasured
from projections.trace_graph import add_edge, add_findings, add_node, latest
from projections.writing import Rows


def put_claim(rows: Rows, record: Record, home: str) -> None:
    """Put what a claim's record adds to the graph; ``home`` is the claim's node."""
    match record.event:
        case claims.ClaimRegistered() as event:
            add_node(
                rows,
                record,
                home,
                kind="claim",
                title=f"Claim about {event.content.output}",
                detail=event.content.label or event.content.algorithm,
            )
        case claims.ClaimValidated() as event:
            node = add_node(
                rows,
                record,
                f"{home}:validation",
                kind="claim-validation",
                title="Claim validated",
                detail=event.signature.meaning.value,
                digest=str(event.signature.digest),
            )
            add_edge(rows, record, home, node, "in force by")


def put_change(rows: Rows, record: Record, event: VolumeChangeMeasured) -> None:
    """Put a measured change with its findings."""
    home = add_node(
        rows,
        record,
        f"change:{event.change}",
        kind="change",
        title="Volume change",
        detail=event.algorithm,
    )
    add_edge(rows, record, home, f"session:{event.session}", "in")
    add_edge(rows, record, home, f"claim:{event.claim}", "told under")
    add_edge(rows, record, home, latest(rows, "software"), "executed by")
    for attempt in (event.earlier_attempt, event.attempt):
        add_edge(rows, record, home, f"attempt:{attempt}", "compares")
        add_edge(rows, record, home, f"depth:{attempt}", "compares")
    for calibration in event.calibrations:
        add_edge(rows, record, home, f"calibration:{calibration}", "uses")
    add_findings(rows, record, home, event.findings)
