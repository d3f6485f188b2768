"""A station at a glance: ready, needing attention or out of use, and why.

Rules kept here:

1. A station is ready only if every gate that needs no client would pass now.
2. A gate that would not pass is named with its evidence and the next step, as the gate itself would
   say it, so that no screen has to guess from a date.
3. What is only to be known closes nothing (``device_warnings.py``).
4. A field check is held against the protocol in force, whatever limits the station used.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from pydantic import BaseModel

from api.answers import Reading
from api.device_warnings import by_its_own, device_warnings
from api.protocol_in_force import limits_in_force
from domain.values.capture import Gate
from domain.values.protocol import CalibrationLimits
from domain.values.station import FieldErrors, check_misses
from domain.values.time import ServerTime
from projections.equipment import devices
from projections.field_check import last_field_check
from projections.rows import Row

_RECALIBRATE = "Calibrate the station with the target and have the calibration locked."


class ClosedGate(BaseModel):
    """A gate that would not pass now, why, and what to do."""

    gate: str
    evidence: str
    next_step: str


class DeviceCard(BaseModel):
    """A station at a glance."""

    device: str
    serial: str
    model: str
    state: str
    reasons: list[str]
    closed: list[ClosedGate]
    calibration_until: str | None
    firmware: str | None
    last_seen_at: str | None
    clock_offset_ms: float | None
    last_sequence: int


def device_cards(reading: Reading) -> list[DeviceCard]:
    """Return every station's card."""
    now, limits = reading.system.clock.now(), limits_in_force(reading.system)
    return [
        device_card(row, now, missed=missed_in_field(reading.connection, row, limits))
        for row in devices(reading.connection)
    ]


def missed_in_field(
    connection: sa.Connection, row: Row, limits: CalibrationLimits | None
) -> tuple[str, ...]:
    """Return which limits in force the last field check of a station's calibration misses."""
    calibration = row["calibration"]
    if calibration is None or limits is None:
        return ()
    check = last_field_check(connection, row["device"], calibration["calibration"])
    if check is None:
        return ()
    found = FieldErrors(
        epipolar_px=check["epipolar_error_px"], baseline_mm=check["baseline_error_mm"]
    )
    return check_misses(found, limits)


def device_card(row: Row, now: ServerTime, *, missed: tuple[str, ...]) -> DeviceCard:
    """Return the card of one station's row, as of now.

    Args:
        row: The station.
        now: The time, by our clock.
        missed: Which limits its last field check misses, from ``missed_in_field``.
    """
    closed = [*_identity(row), *_calibration(row, now, missed)]
    state = "quarantined" if row["quarantine"] else "attention" if closed else "ready"
    configuration = row["configuration"] or {}
    calibration = row["calibration"]
    return DeviceCard(
        device=row["device"],
        serial=row["serial"],
        model=row["model"],
        state=state,
        reasons=[*(each.evidence for each in closed), *device_warnings(row, now)],
        closed=closed,
        calibration_until=None if calibration is None else calibration["valid_until"],
        firmware=configuration.get("firmware"),
        last_seen_at=row["last_seen_at"],
        clock_offset_ms=row["clock_offset_ms"],
        last_sequence=row["last_sequence"],
    )


def _identity(row: Row) -> Iterator[ClosedGate]:
    """Yield why the station may not be used at all; ``identity_gate`` is the rule."""
    if row["quarantine"]:
        yield ClosedGate(
            gate=Gate.DEVICE_IDENTITY,
            evidence=f"Out of use: {row['quarantine']}",
            next_step="Have the cause removed and the station put back into use.",
        )
    if row["configuration"] is None:
        yield ClosedGate(
            gate=Gate.DEVICE_IDENTITY,
            evidence="No configuration was recorded.",
            next_step="Start the station and wait until it has reported what is mounted on it.",
        )


def _calibration(row: Row, now: ServerTime, missed: tuple[str, ...]) -> Iterator[ClosedGate]:
    """Yield why the calibration may not be relied on; ``calibration_gate`` is the rule."""
    evidence = _unreliable(row, now, missed)
    if evidence is not None:
        yield ClosedGate(gate=Gate.CALIBRATION, evidence=evidence, next_step=_RECALIBRATE)


def _unreliable(row: Row, now: ServerTime, missed: tuple[str, ...]) -> str | None:
    calibration = row["calibration"]
    if calibration is None:
        return "There is no locked calibration."
    if calibration["invalidated_because"]:
        return f"Calibration invalidated: {calibration['invalidated_because']}"
    if calibration["drift"]:
        return f"The last field check failed: {calibration['drift']}"
    if missed:
        return f"{missed[0][:1].upper()}{'; '.join(missed)[1:]}."
    if _mounted(row) != (calibration["cameras"], calibration["record"]["lens_configuration"]):
        return "Cameras or lenses were changed since the calibration."
    until = ServerTime.parse(calibration["valid_until"])
    if until <= now:
        return "The calibration has expired."
    if until <= by_its_own(row, now):
        return "The calibration has expired by the station's own clock."
    return None


def _mounted(row: Row) -> tuple[list[str], str | None]:
    """Return the cameras and lenses now mounted on a station, as a calibration names them."""
    configuration = row["configuration"] or {}
    serials = [camera["serial"] for camera in configuration.get("cameras", [])]
    return serials, configuration.get("lens_configuration")
