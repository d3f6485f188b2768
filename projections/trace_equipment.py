"""What a capture rests on beside the face: station, calibration, light, protocol, model, build.

Rules kept here:

1. What is newest when it is recorded is what later captures rest on.
"""

from domain.events import acquisition_protocol as protocols
from domain.events import clinic, equipment
from domain.events import model_release as releases
from domain.events.record import Record
from domain.values.identifiers import DeviceId, ProtocolId, ReleaseId
from projections.trace_graph import NODE, add_edge, add_node, set_latest
from projections.writing import Rows


def put_equipment(rows: Rows, record: Record) -> None:
    """Put what a station's record adds to the graph."""
    device = DeviceId.of_stream(record.stream)
    home = f"device:{device}"
    match record.event:
        case equipment.DeviceEnrolled() as event:
            title = f"Station {event.serial}"
            add_node(rows, record, home, kind="device", title=title, detail=event.model)
        case equipment.DeviceConfigurationChanged() as event:
            _configure(rows, record, device, event)
        case equipment.CalibrationRecorded() as event:
            made = event.calibration
            result = "passed" if made.passed else "failed"
            node = add_node(
                rows,
                record,
                f"calibration:{made.calibration}",
                kind="calibration",
                title=f"Calibration, {made.reprojection_error_px:.3f} px",
                detail=f"{result}, target {made.target.serial}, {made.target.certificate}",
                digest=str(made.parameters.digest),
            )
            add_edge(rows, record, node, home, "of")
        case equipment.CalibrationLocked() as event:
            node = add_node(
                rows,
                record,
                f"calibration-lock:{event.calibration}",
                kind="calibration-lock",
                title="Calibration locked",
                detail="signed",
                digest=str(event.signature.digest),
            )
            add_edge(rows, record, node, f"calibration:{event.calibration}", "locks")
        case equipment.IlluminationCalibrated() as event:
            light = event.illumination
            found = f"{light.cct_k:.0f} K" if light.measured else "not measured"
            node = add_node(
                rows,
                record,
                f"illumination:{record.seq}",
                kind="illumination",
                title=f"Illumination, {found}",
                detail="passed" if light.passed else "failed",
            )
            add_edge(rows, record, node, home, "of")
            set_latest(rows, record, f"illumination:{device}", node)


def put_protocol(rows: Rows, record: Record) -> None:
    """Put what a protocol's record adds to the graph."""
    identifier = f"protocol:{ProtocolId.of_stream(record.stream)}"
    match record.event:
        case protocols.ProtocolDrafted() as event:
            title = f"{event.content.name} {event.content.version}"
            add_node(rows, record, identifier, kind="protocol", title=title, detail="drafted")
        case protocols.ProtocolApproved():
            rows.change(NODE, {"id": identifier}, detail="approved by a second person")


def put_release(rows: Rows, record: Record) -> None:
    """Put what a model release's record adds to the graph."""
    release = ReleaseId.of_stream(record.stream)
    match record.event:
        case releases.ModelRegistered() as event:
            add_node(
                rows,
                record,
                f"model-release:{release}",
                kind="model-release",
                title=f"{event.manifest.name} {event.manifest.version}",
                detail=event.manifest.training_data,
                digest=str(event.manifest.model.digest),
            )
        case releases.ModelApproved() as event:
            node = add_node(
                rows,
                record,
                f"model-approval:{release}",
                kind="model-approval",
                title="Model approved",
                detail="by a second person, signed",
                digest=str(event.signature.digest),
            )
            add_edge(rows, record, f"model-release:{release}", node, "approved by")


def put_software(rows: Rows, record: Record, event: clinic.SoftwareDeployed) -> None:
    """Put a build that serves from now on, with every library in it [DRV-14]."""
    node = add_node(
        rows,
        record,
        f"software:{record.seq}",
        kind="software",
        title=f"Software {event.version}",
        detail=f"{len(event.components)} components",
        digest=str(event.build),
    )
    set_latest(rows, record, "software", node)
    for component in event.components:
        part = f"component:{component}"
        add_node(rows, record, part, kind="component", title=component, detail="library")
        add_edge(rows, record, node, part, "contains")


def _configure(
    rows: Rows,
    record: Record,
    device: DeviceId,
    event: equipment.DeviceConfigurationChanged,
) -> None:
    found = event.configuration
    node = add_node(
        rows,
        record,
        f"configuration:{record.seq}",
        kind="configuration",
        title=f"Configuration, firmware {found.firmware}, software {found.software}",
        detail=f"cameras {', '.join(camera.serial for camera in found.cameras)}",
        digest=str(found.software_digest),
    )
    add_edge(rows, record, node, f"device:{device}", "of")
    set_latest(rows, record, f"configuration:{device}", node)
    for kind, version in (("firmware", found.firmware), ("station-software", found.software)):
        part = f"{kind}:{version}"
        add_node(rows, record, part, kind=kind, title=f"{kind} {version}", detail="station")
        add_edge(rows, record, node, part, "runs")
