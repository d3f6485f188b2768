"""A station at a glance: ready, needing attention or out of use, and why.

Rules kept here:

1. A station is ready only if every gate that needs no client would pass now.
2. What expires soon is said before it expires.
3. A field check is held against the protocol in force, whatever limits the station used.
"""

from datetime import timedelta

from pydantic import BaseModel

from api.answers import Reading
from api.protocol_in_force import limits_in_force
from domain.values.protocol import CalibrationLimits
from domain.values.station import FieldErrors, check_misses
from domain.values.time import ServerTime
from projections.equipment import devices
from projections.rows import Row

SOON = timedelta(days=3)
CLOCK_LIMIT_MS = 5_000.0


class DeviceCard(BaseModel):
    """A station at a glance."""

    device: str
    serial: str
    model: str
    state: str
    reasons: list[str]
    calibration_until: str | None
    firmware: str | None
    last_seen_at: str | None
    clock_offset_ms: float | None
    last_sequence: int


def device_cards(reading: Reading) -> list[DeviceCard]:
    """Return every station's card."""
    now, limits = reading.system.clock.now(), limits_in_force(reading.system)
    return [device_card(row, now, limits) for row in devices(reading.connection)]


def device_card(row: Row, now: ServerTime, limits: CalibrationLimits | None) -> DeviceCard:
    """Return the card of one station's row, as of now, under the limits in force."""
    blocking, warning = _reasons(row, now, limits)
    state = "quarantined" if row["quarantine"] else "attention" if blocking else "ready"
    configuration = row["configuration"] or {}
    calibration = row["calibration"]
    return DeviceCard(
        device=row["device"],
        serial=row["serial"],
        model=row["model"],
        state=state,
        reasons=[*blocking, *warning],
        calibration_until=None if calibration is None else calibration["valid_until"],
        firmware=configuration.get("firmware"),
        last_seen_at=row["last_seen_at"],
        clock_offset_ms=row["clock_offset_ms"],
        last_sequence=row["last_sequence"],
    )


def _reasons(
    row: Row, now: ServerTime, limits: CalibrationLimits | None
) -> tuple[list[str], list[str]]:
    blocking, warning = [], []
    if row["quarantine"]:
        blocking.append(f"Out of use: {row['quarantine']}")
    if row["configuration"] is None:
        blocking.append("No configuration was recorded.")
    calibration = row["calibration"]
    if calibration is None:
        blocking.append("There is no locked calibration.")
    elif calibration["invalidated_because"]:
        blocking.append(f"Calibration invalidated: {calibration['invalidated_because']}")
    elif calibration["drift"]:
        blocking.append(f"The last field check failed: {calibration['drift']}")
    elif missed := _check_misses(calibration["checked"], limits):
        blocking.extend(f"{each[:1].upper()}{each[1:]}." for each in missed)
    elif _mounted(row) != (calibration["cameras"], calibration["record"]["lens_configuration"]):
        blocking.append("Cameras or lenses were changed since the calibration.")
    else:
        until = ServerTime.parse(calibration["valid_until"])
        if until <= now:
            blocking.append("The calibration has expired.")
        elif until <= now.plus(SOON):
            warning.append("The calibration expires within three days.")
    offset = row["clock_offset_ms"]
    if offset is not None and abs(offset) > CLOCK_LIMIT_MS:
        warning.append(f"The clock is {offset / 1000:+.1f} s from ours.")
    return blocking, warning


def _check_misses(check: Row | None, limits: CalibrationLimits | None) -> tuple[str, ...]:
    """Return which limits in force the last field check of a calibration misses."""
    if check is None or limits is None:
        return ()
    found = FieldErrors(
        epipolar_px=check["epipolar_error_px"], baseline_mm=check["baseline_error_mm"]
    )
    return check_misses(found, limits)


def _mounted(row: Row) -> tuple[list[str], str | None]:
    """Return the cameras and lenses now mounted on a station, as a calibration names them."""
    configuration = row["configuration"] or {}
    serials = [camera["serial"] for camera in configuration.get("cameras", [])]
    return serials, configuration.get("lens_configuration")
