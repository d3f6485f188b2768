"""Stations: configuration, calibrations and what expires next, light, checks, incidents, gaps.

Rules kept here:

1. What depends on the time, such as an expiry, is worked out when it is read.
2. When a station was last seen is read from headers, which survive every erasure.
3. The calibration in force is the one locked last, as the rules have it: one that was found
   defective stays in force, and blocks, until another is locked. No older one comes back.
"""

import sqlalchemy as sa

from domain.events import equipment as facts
from domain.events.record import Record
from domain.values.identifiers import DeviceId
from projections.rows import Row, every, one, plain
from projections.tables import JSON, Projection, metadata
from projections.writing import Rows

DEVICE = sa.Table(
    "device",
    metadata,
    sa.Column("device", sa.Text, primary_key=True),
    sa.Column("serial", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("configuration", JSON, nullable=True),
    sa.Column("configuration_seq", sa.BigInteger, nullable=True),
    sa.Column("quarantine", sa.Text, nullable=True),
    sa.Column("enrolled_at", sa.Text, nullable=False),
    sa.Column("last_sequence", sa.BigInteger, nullable=False),
    sa.Column("last_seen_at", sa.Text, nullable=True),
    sa.Column("clock_offset_ms", sa.Float, nullable=True),
    sa.Column("version", sa.Integer, nullable=False),
)

CALIBRATION = sa.Table(
    "calibration",
    metadata,
    sa.Column("calibration", sa.Text, primary_key=True),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("record", JSON, nullable=False),
    sa.Column("cameras", JSON, nullable=False),
    sa.Column("valid_until", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("locked_at", sa.Text, nullable=True),
    sa.Column("locked_by", sa.Text, nullable=True),
    sa.Column("locked_seq", sa.BigInteger, nullable=True),
    sa.Column("invalidated_because", sa.Text, nullable=True),
    sa.Column("drift", sa.Text, nullable=True),
    sa.Index("ix_calibration_in_order", "device", "seq"),
    sa.Index("ix_calibration_in_force", "device", "locked_seq"),
)
"""``cameras`` are the serial numbers of those mounted when it was made, left first; ``drift`` is
the evidence of the last field check of it, where that failed."""


def _noted(name: str) -> sa.Table:
    """Return a table of results of one kind, as they were recorded."""
    return sa.Table(
        name,
        metadata,
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("record", JSON, nullable=False),
        sa.Index(f"ix_{name}_in_order", "device", "seq"),
    )


ILLUMINATION = _noted("illumination")
COLOUR = _noted("colour_calibration")
LIGHT_FIELD = _noted("light_field")
FIELD_CHECK = _noted("field_check")

CALIBRATION_VIEWS = sa.Table(
    "calibration_views",
    metadata,
    sa.Column("calibration", sa.Text, primary_key=True),
    sa.Column("record", JSON, nullable=False),
)

INCIDENT = sa.Table(
    "device_incident",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("ix_device_incident_in_order", "device", "seq"),
)

GAP = sa.Table(
    "device_sequence_gap",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("expected", sa.BigInteger, nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False),
    sa.Index("ix_device_sequence_gap_in_order", "device", "seq"),
)

TABLES = (
    GAP,
    INCIDENT,
    FIELD_CHECK,
    CALIBRATION_VIEWS,
    COLOUR,
    LIGHT_FIELD,
    ILLUMINATION,
    CALIBRATION,
    DEVICE,
)
NEWEST = 50


def apply(rows: Rows, record: Record) -> None:
    """Apply one record."""
    if record.device is not None:
        _seen(rows, record, str(record.device))
    if not record.stream.startswith(f"{DeviceId.kind}-"):
        return
    device = str(DeviceId.of_stream(record.stream))
    match record.event:
        case facts.DeviceEnrolled() as event:
            rows.put(
                DEVICE,
                device=device,
                serial=event.serial,
                model=event.model,
                public_key=event.public_key,
                enrolled_at=str(record.committed_at),
                last_sequence=0,
                version=record.version,
            )
        case facts.DeviceConfigurationChanged() as event:
            changed = {"configuration": plain(event.configuration)}
            rows.change(DEVICE, {"device": device}, configuration_seq=record.seq, **changed)
        case (
            facts.CalibrationRecorded()
            | facts.CalibrationViewsRecorded()
            | facts.CalibrationLocked()
            | facts.CalibrationInvalidated() as event
        ):
            _calibrate(rows, record, device, event)
        case (
            facts.IlluminationCalibrated()
            | facts.LightFieldMeasured()
            | facts.ColourCalibrated()
            | facts.FieldCheckPerformed() as event
        ):
            _check(rows, record, device, event)
        case facts.DeviceQuarantined() as event:
            rows.change(DEVICE, {"device": device}, quarantine=event.reason)
        case facts.DeviceClockDriftDetected() as event:
            rows.change(DEVICE, {"device": device}, clock_offset_ms=event.offset_ms)
        case facts.DeviceReleased():
            rows.change(DEVICE, {"device": device}, quarantine=None)
        case facts.DeviceSequenceGapDetected() as event:
            rows.put(
                GAP,
                seq=record.seq,
                device=device,
                expected=event.expected,
                received=event.received,
            )
    _incident(rows, record, device)
    rows.change(DEVICE, {"device": device}, version=record.version)


PROJECTION = Projection(name="equipment", version=2, tables=TABLES, apply=apply)


def _seen(rows: Rows, record: Record, device: str) -> None:
    seen = record.received_at or record.committed_at
    found = rows.one(DEVICE, device=device)
    if found is None:
        return
    last = max(found["last_sequence"], record.device_sequence or 0)
    rows.change(DEVICE, {"device": device}, last_sequence=last, last_seen_at=str(seen))


def _calibrate(
    rows: Rows,
    record: Record,
    device: str,
    event: facts.CalibrationRecorded
    | facts.CalibrationViewsRecorded
    | facts.CalibrationLocked
    | facts.CalibrationInvalidated,
) -> None:
    match event:
        case facts.CalibrationRecorded():
            station = rows.one(DEVICE, device=device) or {}
            mounted = (station.get("configuration") or {}).get("cameras", [])
            rows.put(
                CALIBRATION,
                calibration=str(event.calibration.calibration),
                device=device,
                record=plain(event.calibration),
                cameras=[camera["serial"] for camera in mounted],
                valid_until=str(event.calibration.valid_until),
                seq=record.seq,
            )
        case facts.CalibrationViewsRecorded():
            rows.put(CALIBRATION_VIEWS, calibration=str(event.calibration), record=plain(event))
        case facts.CalibrationLocked():
            rows.change(
                CALIBRATION,
                {"calibration": str(event.calibration)},
                locked_at=str(event.signature.signed_at),
                locked_by=str(event.signature.signer),
                locked_seq=record.seq,
            )
        case facts.CalibrationInvalidated():
            key = {"calibration": str(event.calibration)}
            rows.change(CALIBRATION, key, invalidated_because=event.reason)


def _check(
    rows: Rows,
    record: Record,
    device: str,
    event: facts.IlluminationCalibrated
    | facts.LightFieldMeasured
    | facts.ColourCalibrated
    | facts.FieldCheckPerformed,
) -> None:
    match event:
        case facts.IlluminationCalibrated():
            _note(rows, ILLUMINATION, record, device, found=plain(event.illumination))
        case facts.LightFieldMeasured():
            _note(rows, LIGHT_FIELD, record, device, found=plain(event.field))
        case facts.ColourCalibrated():
            _note(rows, COLOUR, record, device, found=plain(event.colour))
        case facts.FieldCheckPerformed():
            _note(rows, FIELD_CHECK, record, device, found=plain(event))
            drift = None if event.passed else event.evidence
            rows.change(CALIBRATION, {"calibration": str(event.calibration)}, drift=drift)


def _note(rows: Rows, table: sa.Table, record: Record, device: str, *, found: object) -> None:
    # When it was done, which only the station's clock can say.
    at = str(record.device_time or record.committed_at)
    rows.put(table, seq=record.seq, device=device, at=at, record=found)


def _incident(rows: Rows, record: Record, device: str) -> None:
    match record.event:
        case facts.DeviceQuarantined() as event:
            words = ("quarantined", "Taken out of use", event.reason)
        case facts.DeviceReleased() as event:
            words = ("released", "Put back into use", event.reason)
        case facts.CalibrationInvalidated() as event:
            words = ("calibration", "Calibration invalidated", event.reason)
        case facts.DeviceSequenceGapDetected() as event:
            detail = f"Number {event.expected} was due, {event.received} came."
            words = ("gap", "Statements are missing", detail)
        case facts.DeviceClockDriftDetected() as event:
            detail = f"The station's clock is {event.offset_ms / 1000:+.1f} s from ours."
            words = ("clock", "Clock far off", detail)
        case facts.DeviceBatchRejected() as event:
            words = ("refused", f"Delivery refused: {event.rule}", event.evidence)
        case _:
            return
    kind, title, detail = words
    rows.put(
        INCIDENT,
        seq=record.seq,
        device=device,
        at=str(record.committed_at),
        kind=kind,
        title=title,
        detail=detail,
    )


def devices(connection: sa.Connection) -> list[Row]:
    """Return all stations with ``calibration`` in force and ``last`` checks, by serial number."""
    found = every(connection, sa.select(DEVICE).order_by(DEVICE.c.serial))
    for row in found:
        row["calibration"] = calibration_in_force(connection, row["device"])
        row["last"] = last_checks(connection, row["device"])
    return found


def device(connection: sa.Connection, identifier: str) -> Row | None:
    """Return a station with its calibrations, light, checks, incidents and gaps, or none."""
    found = one(connection, DEVICE, device=identifier)
    if found is None:
        return None
    found["calibration"] = calibration_in_force(connection, identifier)
    found["last"] = last_checks(connection, identifier)
    for name, table in (
        ("calibrations", CALIBRATION),
        ("illumination", ILLUMINATION),
        ("light_fields", LIGHT_FIELD),
        ("colour", COLOUR),
        ("field_checks", FIELD_CHECK),
        ("incidents", INCIDENT),
        ("gaps", GAP),
    ):
        query = (
            sa.select(table)
            .where(table.c.device == identifier)
            .order_by(table.c.seq.desc())
            .limit(NEWEST)
        )
        found[name] = every(connection, query)
    for row in found["calibrations"]:
        views = one(connection, CALIBRATION_VIEWS, calibration=row["calibration"])
        row["views"] = None if views is None else views["record"]
    return found


def calibration_in_force(connection: sa.Connection, device: str) -> Row | None:
    """Return the station's calibration locked last, whatever was found since, or none."""
    query = (
        sa.select(CALIBRATION)
        .where(CALIBRATION.c.device == device, CALIBRATION.c.locked_seq.is_not(None))
        .order_by(CALIBRATION.c.locked_seq.desc())
        .limit(1)
    )
    return next(iter(every(connection, query)), None)


def last_checks(connection: sa.Connection, device: str) -> Row:
    """Return a station's newest ``illumination``, ``light_field`` and ``colour``, each or none."""
    tables = {"illumination": ILLUMINATION, "light_field": LIGHT_FIELD, "colour": COLOUR}
    return {name: _newest(connection, table, device) for name, table in tables.items()}


def _newest(connection: sa.Connection, table: sa.Table, device: str) -> Row | None:
    found = sa.select(table.c.record).where(table.c.device == device)
    newest: Row | None = connection.scalar(found.order_by(table.c.seq.desc()).limit(1))
    return newest


def serials(connection: sa.Connection) -> dict[str, str]:
    """Return every station's serial number by identifier."""
    query = sa.select(DEVICE.c.device, DEVICE.c.serial)
    return {row.device: row.serial for row in connection.execute(query)}


def last_sequence(connection: sa.Connection, device: str) -> int:
    """Return the highest number under which something of a station is recorded; 0 before."""
    query = sa.select(DEVICE.c.last_sequence).where(DEVICE.c.device == device)
    return connection.execute(query).scalar_one_or_none() or 0
