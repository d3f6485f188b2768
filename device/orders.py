"""What the server wants captured, and what the station must know for it.

Rule kept here: an answer that does not have the expected shape is refused whole; no order is
followed in part.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.errors import MalformedInput
from domain.events.codec import from_plain
from domain.values.capture import GateResult, Prompts
from domain.values.content import CaptureView, Digest
from domain.values.identifiers import AttemptId, CalibrationId, PractitionerId, SessionId
from domain.values.protocol import CalibrationLimits, ProtocolContent
from domain.values.time import DeviceTime, ServerTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of one attempt.

    Attributes:
        accepted: Whether it was accepted.
        advice: What to change, when it was not.
    """

    accepted: bool
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One open session that this station captures.

    Attributes:
        session: The session.
        operator: Who operates.
        content: The acquisition protocol.
        prompts: What the operator asked and saw.
        model_manifest: Digest of the list of approved model releases the session was opened with.
        accepted: Views of which an attempt was accepted.
        judged: Attempts with a verdict; none when the server does not tell.
        gates: The gates that only the server can check, as they stood when it answered.
    """

    session: SessionId
    operator: PractitionerId
    content: ProtocolContent
    prompts: Prompts
    model_manifest: Digest
    accepted: frozenset[CaptureView]
    judged: Mapping[AttemptId, Judged] | None
    gates: tuple[GateResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedCalibration:
    """The calibration in force.

    Attributes:
        calibration: Which one.
        parameters: Digest of its parameters.
        valid_until: When it expires, by this station's clock, which dated it.
    """

    calibration: CalibrationId
    parameters: Digest
    valid_until: DeviceTime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldLimits:
    """The limits of the protocol in force.

    Attributes:
        protocol: Its name and version, in words.
        calibration: What a calibration and its check in the field must reach.
    """

    protocol: str
    calibration: CalibrationLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """One answer of the server.

    Attributes:
        server_time: Its time.
        latest_sequence: Highest number of this station that is recorded.
        calibration: The calibration in force, if one is locked.
        light_baseline: When the light field was measured that later ones are compared with; none
            before one was accepted, and again after service.
        limits: What upkeep is held against; none while no protocol is approved.
        quarantined: Why the station is out of use; none while it is in use.
        gates_last_s: For how many seconds the gates told may be relied on.
        orders: Open sessions, in the order in which to capture them.
    """

    server_time: ServerTime
    latest_sequence: int
    calibration: LockedCalibration | None
    light_baseline: DeviceTime | None
    limits: ToldLimits | None
    quarantined: str | None
    gates_last_s: float
    orders: tuple[Order, ...]


def read_orders(answer: object) -> Orders:
    """Return the orders in a JSON answer.

    Raises:
        MalformedInput: the answer does not have the expected shape.
    """
    try:
        given = _object(answer)
        locked, limits = given["calibration"], given["limits"]
        baseline = given["light_baseline"]
        return Orders(
            server_time=ServerTime.parse(given["server_time"]),  # type: ignore[arg-type]
            latest_sequence=int(given["latest_sequence"]),  # type: ignore[call-overload]
            calibration=None
            if locked is None
            else LockedCalibration(
                calibration=CalibrationId(str(_object(locked)["calibration"])),
                parameters=Digest(str(_object(locked)["parameters"])),
                valid_until=DeviceTime.parse(str(_object(locked)["valid_until"])),
            ),
            light_baseline=None if baseline is None else DeviceTime.parse(str(baseline)),
            limits=None if limits is None else _limits(_object(limits)),
            quarantined=None if given["quarantined"] is None else str(given["quarantined"]),
            gates_last_s=float(given["gates_last_s"]),  # type: ignore[arg-type]
            orders=tuple(_order(_object(each)) for each in _list(given["orders"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedInput("the orders do not have the expected shape") from error


def _limits(given: Mapping[str, object]) -> ToldLimits:
    calibration: CalibrationLimits = from_plain(CalibrationLimits, given["calibration"])  # type: ignore[arg-type]
    return ToldLimits(protocol=f"{given['name']} {given['version']}", calibration=calibration)


def _order(given: Mapping[str, object]) -> Order:
    judged = given.get("judged")
    return Order(
        session=SessionId(str(given["session"])),
        operator=PractitionerId(str(given["operator"])),
        content=from_plain(ProtocolContent, given["protocol_content"]),  # type: ignore[arg-type]
        prompts=from_plain(Prompts, given["prompts"]),  # type: ignore[arg-type]
        model_manifest=Digest(str(given["model_manifest"])),
        accepted=frozenset(CaptureView(str(each)) for each in _list(given["accepted_views"])),
        judged=None if judged is None else dict(_verdict(_object(each)) for each in _list(judged)),
        gates=tuple(from_plain(GateResult, each) for each in _list(given["gates"])),  # type: ignore[arg-type]
    )


def _verdict(given: Mapping[str, object]) -> tuple[AttemptId, Judged]:
    advice = tuple(str(each) for each in _list(given["advice"]))
    accepted = given["accepted"] is True
    return AttemptId(str(given["attempt"])), Judged(accepted=accepted, advice=advice)


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise MalformedInput("an object was expected")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise MalformedInput("a list was expected")
    return value
