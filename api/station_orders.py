"""What a station shall capture and must know for it, as the service answers it.

Rules kept here:

1. An order holds everything a capture needs, so that a station can go on while we are away.
2. What became of an attempt is told with what to change, not with what was wrong.
"""

from pydantic import BaseModel

from projections.rows import Row

_JUDGED = {"accepted", "rejected", "unmeasurable"}


class Judged(BaseModel):
    """What became of an attempt, and what to change."""

    attempt: str
    accepted: bool
    advice: list[str]


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


class CalibrationInForce(BaseModel):
    """The locked calibration a station captures under."""

    calibration: str
    parameters: str
    valid_until: str


class Orders(BaseModel):
    """What a station shall do, and what it must know."""

    server_time: str
    device: str
    latest_sequence: int
    calibration: CalibrationInForce | None
    illumination_at: str | None
    quarantined: str | None
    orders: list[Order]


def calibration_in_force(row: Row) -> CalibrationInForce:
    """Return how the station's locked calibration is told."""
    return CalibrationInForce(
        calibration=row["calibration"],
        parameters=row["record"]["parameters"]["digest"],
        valid_until=row["valid_until"],
    )


def order_of(row: Row, protocol: Row) -> Order:
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
    )


def _judged(attempt: Row) -> Judged:
    reasons = (attempt["verdict"] or {}).get("reasons", [])
    return Judged(
        attempt=attempt["attempt"],
        accepted=attempt["state"] == "accepted",
        advice=[each["advice"] for each in reasons],
    )
