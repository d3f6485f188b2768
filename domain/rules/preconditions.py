"""The gates that the server checks before a session is opened.

Rules kept here:

1. Consent, operator, device identity, calibration, versions and protocol are checked together and
   every result is recorded, passed or not [REQ-IN-077 to 081; DRV-07].
2. What was found in other streams comes as values, with the versions that were read.
3. Where photographs are imported no station is asked; they stay uncalibrated for ever.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.events.capture_session import CaptureBlocked, PreconditionsChecked
from domain.values.capture import (
    SERVER_GATES,
    DeviceConfiguration,
    Gate,
    GateResult,
    ReadAt,
    Stage,
    failed,
)
from domain.values.consent import Coverage
from domain.values.content import Digest
from domain.values.gates import block, consent_gate, let_pass, unreported, versions_gate
from domain.values.protocol import ProtocolContent

_NO_STATION = "no station is used: photographs are imported and stay uncalibrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What is known of whoever wants to open a session.

    Attributes:
        signed_in: Whether signed in at this moment.
        may_operate: Whether the role allows capturing.
    """

    signed_in: bool
    may_operate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFound:
    """What is known of the station.

    Attributes:
        fitness: Its gates, from ``fit_for_capture``.
        configuration: What runs and is mounted; none before it was reported.
    """

    fitness: tuple[GateResult, ...]
    configuration: DeviceConfiguration | None


def check_preconditions(
    *,
    consent: Coverage,
    operator: Operator,
    station: StationFound | None,
    protocol: ProtocolContent | None,
    model_list: Digest,
    based_on: Iterable[ReadAt],
) -> PreconditionsChecked | CaptureBlocked:
    """Check every gate known to the server and say what was found.

    Args:
        consent: Whether consent covers the purpose.
        operator: Who wants to open the session.
        station: The station; none when photographs are imported.
        protocol: The protocol version, if it is approved and not retired.
        model_list: Digest of the list of approved model releases in force.
        based_on: The streams and versions that were read.
    """
    found = (
        consent_gate(consent),
        _operator_gate(operator),
        *(_no_station() if station is None else _station(station, protocol, model_list)),
        _protocol_gate(protocol),
    )
    gates = (*found, *unreported(found, SERVER_GATES))
    if failed(gates):
        return CaptureBlocked(stage=Stage.OPENING, view=None, gates=gates, based_on=tuple(based_on))
    return PreconditionsChecked(gates=gates, based_on=tuple(based_on))


def _operator_gate(operator: Operator) -> GateResult:
    if not operator.signed_in:
        return block(Gate.OPERATOR, "the operator is not signed in", "Sign in and try again.")
    if not operator.may_operate:
        return block(
            Gate.OPERATOR,
            "the operator's role does not include capturing",
            "Ask an administrator for the role of operator or practitioner.",
        )
    return let_pass(Gate.OPERATOR, "the operator is signed in and may capture")


def _protocol_gate(protocol: ProtocolContent | None) -> GateResult:
    if protocol is None:
        return block(
            Gate.PROTOCOL, "the protocol version is not approved", "Choose an approved version."
        )
    return let_pass(Gate.PROTOCOL, f"{protocol.name} {protocol.version} is approved")


def _station(
    station: StationFound, protocol: ProtocolContent | None, model_list: Digest
) -> tuple[GateResult, ...]:
    if station.configuration is None or protocol is None:
        return station.fitness
    versions = versions_gate(
        firmware=station.configuration.firmware,
        software=station.configuration.software,
        content=protocol,
        given=model_list,
        held=model_list,
    )
    return (*station.fitness, versions)


def _no_station() -> tuple[GateResult, ...]:
    return tuple(
        let_pass(gate, _NO_STATION)
        for gate in (Gate.DEVICE_IDENTITY, Gate.CALIBRATION, Gate.VERSIONS)
    )
