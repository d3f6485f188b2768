"""Stations: enrol, look, lock and invalidate calibrations, quarantine and release."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field

from adapters.keys.signing import parse_p256_public_key
from api.admission import CheckedFirst
from api.answers import Read, Recorded, Running, found_or_refuse, recorded, tag
from api.calibration_words import calibration_notes, calibration_state
from api.check_pictures import LastPictures, last_pictures, picture_of_check
from api.device_cards import DeviceCard, device_card, device_cards, missed_in_field
from api.light_views import light_shown
from api.permissions import Permission
from api.preconditions import IdempotencyKey
from api.protocol_in_force import limits_in_force
from api.signatures import Approval, signing
from api.signin import Person, allowed
from api.wiring import System
from domain.errors import RuleViolation
from domain.events.codec import from_plain
from domain.events.equipment import EquipmentEvent
from domain.events.record import Record
from domain.handling import update
from domain.rules import calibration as calibrations
from domain.rules import equipment as rules
from domain.rules.calibration import calibration_digest
from domain.rules.equipment import EQUIPMENT
from domain.values.calibration import CalibrationRecord
from domain.values.identifiers import CalibrationId, DeviceId
from domain.values.protocol import CalibrationLimits
from domain.values.signature import Meaning
from domain.values.station import Station
from domain.values.time import ServerTime
from projections import equipment as read
from projections.capture_drift import capture_drift
from projections.practitioner import display_names
from projections.rows import Row

ROUTER = APIRouter(prefix="/devices", tags=["equipment"], route_class=CheckedFirst)
Reader = Annotated[Person, Depends(allowed(Permission.DEVICES_READ))]
Enroller = Annotated[Person, Depends(allowed(Permission.DEVICES_ENROL))]
Servicer = Annotated[Person, Depends(allowed(Permission.DEVICES_SERVICE))]
Locker = Annotated[Person, Depends(allowed(Permission.CALIBRATIONS_LOCK))]


class NewDevice(BaseModel):
    """A station to enrol with its public key (P-256, SubjectPublicKeyInfo, hexadecimal)."""

    serial: str = Field(max_length=100)
    model: str = Field(max_length=100)
    public_key: str = Field(max_length=400)


class Enrolled(Recorded):
    """A station that was enrolled."""

    device: str


class Reason(BaseModel):
    """Why, in words."""

    reason: str = Field(max_length=2000)


class Calibration(BaseModel):
    """A calibration record with its state now, the views behind it, and what to know in words."""

    calibration: str
    state: str
    performed_at: str
    operator_name: str
    target_serial: str
    target_certificate: str
    reprojection_error_px: float
    view_errors_px: list[float]
    epipolar_error_px: float
    baseline_mm: float
    lens_configuration: str
    temperature_c: float | None
    passed: bool
    reasons: list[str]
    valid_until: str
    locked_at: str | None
    locked_by: str | None
    invalidated_because: str | None
    views: dict[str, Any] | None
    notes: list[str]
    digest: str


class Incident(BaseModel):
    """Something about the station that somebody should know."""

    seq: int
    at: str
    kind: str
    title: str
    detail: str


class DriftPoint(BaseModel):
    """The epipolar self-check of one capture: distance from the expected row, and the verdict."""

    at: str
    value: float
    unit: str
    passed: bool | None


class Gap(BaseModel):
    """Numbers that never arrived."""

    expected: int
    received: int


class DeviceDetail(BaseModel):
    """A station with everything recorded about it."""

    card: DeviceCard
    configuration: dict[str, Any] | None
    calibrations: list[Calibration]
    illumination: list[dict[str, Any]]
    light_fields: list[dict[str, Any]]
    colour: list[dict[str, Any]]
    field_checks: list[dict[str, Any]]
    pictures: LastPictures
    self_checks: list[DriftPoint]
    incidents: list[Incident]
    gaps: list[Gap]
    version: int


class Devices(BaseModel):
    """All stations."""

    items: list[DeviceCard]


@ROUTER.get("")
def list_devices(_person: Reader, reading: Read) -> Devices:
    """Return all stations with their readiness."""
    return Devices(items=device_cards(reading))


@ROUTER.post("", status_code=201)
def enrol(new: NewDevice, person: Enroller, system: Running, key: IdempotencyKey) -> Enrolled:
    """Enrol a station by its public key; there is no shared secret."""
    parse_p256_public_key(new.public_key)
    device = DeviceId.derived(new.public_key)
    decide = partial(
        rules.enrol_device,
        identifier=device,
        serial=new.serial,
        model=new.model,
        public_key=new.public_key,
    )
    records = _update(system, device, person, key, decide)
    return Enrolled(**recorded(records).model_dump(), device=str(device))


@ROUTER.get("/{device}")
def show(
    device: str, _person: Reader, reading: Read, request: Request, response: Response
) -> DeviceDetail:
    """Return a station with configuration, calibrations, light, checks and incidents."""

    def address(seq: int, digest: str) -> str:
        place = {"device": device, "seq": str(seq), "digest": digest}
        return str(request.app.url_path_for("check_picture", **place))

    row = found_or_refuse(read.device(reading.connection, device), "station")
    tag(response, row["version"])
    now, limits = reading.system.clock.now(), limits_in_force(reading.system)
    names = display_names(reading.connection)
    return DeviceDetail(
        card=device_card(row, now, missed=missed_in_field(reading.connection, row, limits)),
        configuration=row["configuration"],
        calibrations=[_calibration(each, row, names, now=now) for each in row["calibrations"]],
        illumination=[light_shown(each) for each in row["illumination"]],
        light_fields=[{"at": each["at"], **each["record"]} for each in row["light_fields"]],
        colour=[{"at": each["at"], **each["record"]} for each in row["colour"]],
        self_checks=[
            DriftPoint(**each)
            for each in capture_drift(reading.connection, device, "epipolar_residual")
        ],
        field_checks=[{"at": each["at"], **each["record"]} for each in row["field_checks"]],
        pictures=last_pictures(reading.system.log, row, address),
        incidents=[
            Incident(**{name: each[name] for name in Incident.model_fields})
            for each in row["incidents"]
        ],
        gaps=[Gap(expected=each["expected"], received=each["received"]) for each in row["gaps"]],
        version=row["version"],
    )


@ROUTER.get("/{device}/checks/{seq}/pictures/{digest}", response_class=Response)
def check_picture(
    device: str,
    seq: Annotated[int, Path(ge=0, le=2**53 - 1)],
    digest: str,
    _person: Reader,
    system: Running,
) -> Response:
    """Return a picture that a check of the station measured, without loss."""
    found = picture_of_check(system.log, device, seq, digest)
    content = b"".join(system.blobs.read(found.digest, key=system.clinic_key))
    return Response(content, media_type="image/png")


@ROUTER.post("/{device}/calibrations/{calibration}/lock")
def lock(
    device: str,
    calibration: str,
    approval: Approval,
    person: Locker,
    system: Running,
    key: IdempotencyKey,
) -> Recorded:
    """Lock a passed calibration for use, by signature over its record."""
    limits = _limits(system)
    decide = partial(
        calibrations.lock_calibration,
        calibration=CalibrationId(calibration),
        at=system.clock.now(),
        limits=limits,
        signing=signing(system, person, approval, Meaning.LOCKED),
    )
    return recorded(_update(system, DeviceId(device), person, key, decide))


@ROUTER.post("/{device}/calibrations/{calibration}/invalidate")
def invalidate(
    device: str,
    calibration: str,
    reason: Reason,
    person: Locker,
    system: Running,
    key: IdempotencyKey,
) -> Recorded:
    """Record that a calibration was found defective; reports that rest on it are flagged."""
    decide = partial(
        calibrations.invalidate_calibration,
        calibration=CalibrationId(calibration),
        reason=reason.reason,
    )
    return recorded(_update(system, DeviceId(device), person, key, decide))


@ROUTER.post("/{device}/quarantine")
def quarantine(
    device: str, reason: Reason, person: Servicer, system: Running, key: IdempotencyKey
) -> Recorded:
    """Take a station out of use."""
    decide = partial(rules.quarantine_device, reason=reason.reason)
    return recorded(_update(system, DeviceId(device), person, key, decide))


@ROUTER.post("/{device}/release")
def release(
    device: str, reason: Reason, person: Servicer, system: Running, key: IdempotencyKey
) -> Recorded:
    """Put a station back into use."""
    decide = partial(rules.release_device, reason=reason.reason)
    return recorded(_update(system, DeviceId(device), person, key, decide))


def _update(
    system: System,
    device: DeviceId,
    person: Person,
    key: str,
    decide: Callable[[Station], EquipmentEvent | tuple[EquipmentEvent, ...]],
) -> tuple[Record, ...]:
    context = system.context(person.actor, idempotency_key=key)
    records = update(system.log, EQUIPMENT, device.stream, decide, context)
    return records or system.log.stream(device.stream)


def _limits(system: System) -> CalibrationLimits:
    limits = limits_in_force(system)
    if limits is None:
        raise RuleViolation(
            "calibration.limits",
            "no acquisition protocol is approved, so there are no limits to hold it against",
            "Approve a protocol first.",
        )
    return limits


def _calibration(row: Row, device: Row, names: dict[str, str], *, now: ServerTime) -> Calibration:
    record = row["record"]
    measured: CalibrationRecord = from_plain(CalibrationRecord, record)
    shown = {name: record[name] for name in Calibration.model_fields if name in record}
    state = calibration_state(row, device, str(now))
    return Calibration(
        **shown,
        state=state,
        views=row["views"],
        notes=calibration_notes(row, device, state=state, now=now),
        operator_name=names.get(record["operator"], ""),
        target_serial=record["target"]["serial"],
        target_certificate=record["target"]["certificate"],
        locked_at=row["locked_at"],
        locked_by=names.get(row["locked_by"] or ""),
        invalidated_because=row["invalidated_because"],
        digest=str(calibration_digest(measured)),
    )
