"""What a station shall capture and must know for it, as the service answers it.

Rules kept here:

1. An order holds everything a capture needs, so that a station can go on while we are away.
2. What became of an attempt is told with what to change, and where on the face that shows, not with
   what was wrong.
3. The gates known here are told as they stand now, and for how long that may be relied on: longer
   than a sign-in lasts without activity, nobody knows who is there.
4. What a station's upkeep is held against is told with or without a session: the limits of the
   protocol in force, and the baseline of its light, which only the record knows.
"""

from typing import Final

from pydantic import BaseModel

from adapters.sign_ins import IDLE_US
from api.failed_places import failed_places
from api.protocol_in_force import ProtocolInForce
from domain.events.codec import to_plain
from domain.values.capture import GateResult
from projections.rows import Row

GATES_LAST_S: Final = IDLE_US / 1_000_000

_AGAIN: Final = "Capture again; if it stays, have the cameras looked at."
_JUDGED = {"accepted", "rejected", "unmeasurable"}


class Judged(BaseModel):
    """What became of an attempt, and what to change."""

    attempt: str
    accepted: bool
    advice: list[str]


class ToldGate(BaseModel):
    """One of the gates that only the service can check, as it stands now."""

    gate: str
    passed: bool
    evidence: str
    next_step: str


class Order(BaseModel):
    """One open session a station shall capture."""

    session: str
    stream: str
    operator: str
    purpose: str
    protocol: str
    protocol_content: dict[str, object]
    prompts: dict[str, object]
    model_manifest: str
    accepted_views: list[str]
    judged: list[Judged]
    attempts: int
    gates: list[ToldGate]


class CalibrationInForce(BaseModel):
    """The locked calibration a station captures under."""

    calibration: str
    parameters: str
    valid_until: str


class LimitsInForce(BaseModel):
    """The limits a station's upkeep is held against, and the protocol that lays them down."""

    protocol: str
    name: str
    version: str
    calibration: dict[str, object]


class Orders(BaseModel):
    """What a station shall do, and what it must know."""

    server_time: str
    device: str
    latest_sequence: int
    calibration: CalibrationInForce | None
    illumination_at: str | None
    light_baseline: str | None
    limits: LimitsInForce | None
    quarantined: str | None
    gates_last_s: float
    orders: list[Order]


def calibration_in_force(row: Row) -> CalibrationInForce:
    """Return how the station's locked calibration is told."""
    return CalibrationInForce(
        calibration=row["calibration"],
        parameters=row["record"]["parameters"]["digest"],
        valid_until=row["valid_until"],
    )


def limits_of(in_force: ProtocolInForce) -> LimitsInForce:
    """Return how the limits of the protocol in force are told."""
    return LimitsInForce(
        protocol=str(in_force.protocol),
        name=in_force.content.name,
        version=in_force.content.version,
        calibration=to_plain(in_force.content.calibration),  # type: ignore[arg-type]
    )


def order_of(row: Row, protocol: Row, gates: tuple[GateResult, ...]) -> Order:
    """Return how an open session is told."""
    accepted = [each["view"] for each in row["attempts"] if each["state"] == "accepted"]
    return Order(
        session=row["session"],
        stream=f"capture-session-{row['session']}",
        operator=row["operator"],
        purpose=row["purpose"],
        protocol=row["protocol"],
        protocol_content=protocol.get("content", {}),
        prompts=row["prompts"],
        model_manifest=row["model_manifest"],
        accepted_views=accepted,
        judged=[_judged(each) for each in row["attempts"] if each["state"] in _JUDGED],
        attempts=len(row["attempts"]),
        gates=[
            ToldGate(
                gate=each.gate.value,
                passed=each.passed,
                evidence=each.evidence,
                next_step=each.next_step,
            )
            for each in gates
        ],
    )


def _judged(attempt: Row) -> Judged:
    reasons = (attempt["verdict"] or {}).get("reasons", [])
    places = failed_places(attempt["measurements"])
    advice = [f"{each['advice']} {places.get(each['name'], '')}".strip() for each in reasons]
    if attempt["state"] == "unmeasurable":
        # Nothing the client does helps: what was found ends with what to do about the bytes.
        advice = [f"The picture could not be measured: {attempt['failure']['evidence']}", _AGAIN]
    return Judged(
        attempt=attempt["attempt"], accepted=attempt["state"] == "accepted", advice=advice
    )
