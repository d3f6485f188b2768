"""How a capture session is shown: attempts with measurements against limits, gates, refusals.

Rules kept here:

1. A measurement is never shown without its limit and its unit.
2. The device's claims and our measurements are shown apart.
"""

from typing import Any

from pydantic import BaseModel

from api.answers import Reading
from api.failed_places import failed_places
from projections import acquisition_protocol, assessment, equipment, practitioner, subject
from projections.rows import Row

LABELS = {
    "consent": "Consent",
    "operator": "Operator signed in",
    "device-identity": "Station identity",
    "calibration": "Calibration in force",
    "versions": "Approved versions",
    "protocol": "Approved protocol",
    "fixture": "Chin and forehead rest engaged",
    "distance": "Working distance",
    "alignment": "Face alignment",
    "baseline": "Camera baseline verified",
    "illumination": "Illumination calibrated",
    "colour-reference": "Colour chart in view",
}


class Gate(BaseModel):
    """A gate before capture."""

    gate: str
    label: str
    passed: bool
    evidence: str
    next_step: str


class Measurement(BaseModel):
    """A number about an image, against its limit; ``place`` says where it is worst, or nothing."""

    name: str
    label: str
    value: float
    unit: str
    method: str
    minimum: float | None
    maximum: float | None
    passed: bool | None
    advice: str | None
    region: dict[str, Any] | None
    place: str


class Frame(BaseModel):
    """An image without its pixels."""

    role: str
    digest: str
    width_px: int
    height_px: int
    camera_serial: str | None
    size_bytes: int
    media_type: str


class Attempt(BaseModel):
    """One try at one capture view, kept whether good or bad."""

    attempt: str
    number: int
    view: str
    imported: bool
    source: str | None
    state: str
    captured_at: str | None
    received_at: str | None
    committed_at: str
    seq: int
    device_sequence: int | None
    frames: list[Frame]
    conditions: dict[str, Any] | None
    gates: list[Gate]
    claims: list[Measurement]
    measurements: list[Measurement]
    verdict: dict[str, Any] | None
    depth: dict[str, Any] | None
    failure: dict[str, Any] | None


class Blocked(BaseModel):
    """A capture that was refused before the shutter."""

    seq: int
    at: str
    stage: str
    view: str | None
    gates: list[Gate]


class Refused(BaseModel):
    """What was wanted and did not become an attempt: failed, given up, or refused on receipt.

    ``kind`` is ``failed``, ``given-up``, ``attempt`` or ``photograph``. There is no picture of it.
    """

    seq: int
    at: str
    kind: str
    view: str
    attempt: str | None
    digests: list[str]
    gates: list[Gate]
    rule: str
    evidence: str
    next_step: str


class WithheldOutput(BaseModel):
    """An output that a rule forbade."""

    attempt: str
    output: str
    rule: str
    evidence: str
    next_step: str


class View(BaseModel):
    """A capture view the protocol requires."""

    view: str
    stereo: bool
    instruction: str
    accepted: bool


class SessionRow(BaseModel):
    """A session in a list."""

    session: str
    subject: str
    pseudonym: str
    operator_name: str
    device_serial: str | None
    purpose: str
    state: str
    opened_at: str
    accepted: int
    rejected: int


class SessionDetail(BaseModel):
    """A session with everything in it."""

    session: str
    subject: str
    pseudonym: str
    operator: str
    operator_name: str
    device: str | None
    device_serial: str | None
    protocol: str
    protocol_name: str
    protocol_version: str
    purpose: str
    state: str
    ended_because: str | None
    opened_at: str
    time_zone: str
    prompts: dict[str, Any]
    preconditions: list[Gate]
    attempts: list[Attempt]
    blocked: list[Blocked]
    refused: list[Refused]
    withheld: list[WithheldOutput]
    views: list[View]
    assessment: str | None
    version: int


def session_rows(reading: Reading, rows: list[Row]) -> list[SessionRow]:
    """Return how sessions are shown in a list; whatever their number, names are asked for once."""
    pseudonyms = subject.pseudonyms(reading.connection, {row["subject"] for row in rows})
    names = practitioner.display_names(reading.connection)
    serials = equipment.serials(reading.connection)
    return [
        SessionRow(
            pseudonym=pseudonyms.get(row["subject"], ""),
            operator_name=names.get(row["operator"], ""),
            device_serial=serials.get(row["device"] or ""),
            **{name: row[name] for name in SessionRow.model_fields if name in row},
        )
        for row in rows
    ]


def session_detail(reading: Reading, row: Row) -> SessionDetail:
    """Return how a session is shown whole."""
    protocol = acquisition_protocol.protocol(reading.connection, row["protocol"]) or {}
    content = protocol.get("content") or {"views": [], "limits": []}
    limits = {each["name"]: each for each in content["limits"]}
    opened = assessment.of_session(reading.connection, row["session"])
    accepted = {each["view"] for each in row["attempts"] if each["state"] == "accepted"}
    shown = {
        name: row[name]
        for name in ("session", "subject", "operator", "device", "protocol", "purpose", "state")
    }
    return SessionDetail(
        **shown,
        pseudonym=_pseudonym(reading, row),
        operator_name=_name(reading, row["operator"]),
        device_serial=_serial(reading, row["device"]),
        protocol_name=protocol.get("name", ""),
        protocol_version=protocol.get("content_version", ""),
        ended_because=row["ended_because"],
        opened_at=row["opened_at"],
        time_zone=row["time_zone"],
        prompts=row["prompts"],
        preconditions=gates(row["preconditions"]),
        attempts=[
            _attempt(each, number, limits) for number, each in enumerate(row["attempts"], start=1)
        ],
        blocked=[
            Blocked(
                seq=each["seq"],
                at=each["at"],
                stage=each["stage"],
                view=each["view"],
                gates=gates(each["gates"]),
            )
            for each in row["blocked"]
        ],
        refused=[
            Refused(
                **{name: each[name] for name in Refused.model_fields if name != "gates"},
                gates=gates(each["gates"]),
            )
            for each in row["refused"]
        ],
        withheld=[
            WithheldOutput(**{name: each[name] for name in WithheldOutput.model_fields})
            for each in row["withheld"]
        ],
        views=[View(**each, accepted=each["view"] in accepted) for each in content["views"]],
        assessment=None if opened is None else opened["assessment"],
        version=row["version"],
    )


def gates(found: list[dict[str, Any]]) -> list[Gate]:
    """Return how gates are shown."""
    return [Gate(**each, label=LABELS[each["gate"]]) for each in found]


def _attempt(row: Row, number: int, limits: dict[str, Row]) -> Attempt:
    kept = ("frames", "gates", "claims", "measurements")
    shown = {name: row[name] for name in Attempt.model_fields if name in row and name not in kept}
    return Attempt(
        **shown,
        number=number,
        frames=[_frame(each) for each in row["frames"]],
        gates=gates(row["gates"]),
        claims=_measurements(row["claims"], {}),
        measurements=_measurements(row["measurements"], limits),
    )


def _frame(found: dict[str, Any]) -> Frame:
    content = found["content"]
    return Frame(
        role=found["role"],
        digest=content["digest"],
        width_px=found["width_px"],
        height_px=found["height_px"],
        camera_serial=found["camera_serial"],
        size_bytes=content["size_bytes"],
        media_type=content["media_type"],
    )


def _measurements(found: list[Row], limits: dict[str, Row]) -> list[Measurement]:
    places = failed_places(found)
    return [_measurement(each, limits.get(each["name"]), places[each["name"]]) for each in found]


def _measurement(found: dict[str, Any], limit: Row | None, place: str) -> Measurement:
    minimum = None if limit is None else limit["minimum"]
    maximum = None if limit is None else limit["maximum"]
    value = float(found["value"])
    below = minimum is not None and value < minimum
    above = maximum is not None and value > maximum
    return Measurement(
        **{**found, "value": value},
        label=found["name"].replace("_", " ").capitalize(),
        minimum=minimum,
        maximum=maximum,
        passed=None if limit is None else not (below or above),
        advice=None if limit is None else limit["advice"],
        place=place,
    )


def _pseudonym(reading: Reading, row: Row) -> str:
    return subject.pseudonyms(reading.connection, {row["subject"]}).get(row["subject"], "")


def _name(reading: Reading, identifier: str) -> str:
    found = practitioner.practitioner(reading.connection, identifier)
    return "" if found is None else str(found["display_name"])


def _serial(reading: Reading, identifier: str | None) -> str | None:
    if identifier is None:
        return None
    return equipment.serials(reading.connection).get(identifier)
