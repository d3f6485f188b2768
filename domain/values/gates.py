"""From facts to gate results: what several rules ask of a capture in the same words.

Rules kept here:

1. A gate that passes says on what evidence; one that does not also says what to do.
2. A gate nobody reported on did not pass.
3. Versions are compared with what is approved now, and the evidence says with what [REQ-IN-081].
"""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.errors import RuleViolation
from domain.values.capture import (
    STATION_GATES,
    CaptureConditions,
    Gate,
    GateResult,
    failed,
    missing,
)
from domain.values.consent import Coverage
from domain.values.content import Digest
from domain.values.identifiers import DeviceId
from domain.values.protocol import ProtocolContent
from domain.values.quality import QualityMeasurement, judge

DISTANCE = "distance"
"""The word under which a protocol limits the camera-to-face distance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What is known of whoever operates, at one moment.

    Attributes:
        signed_in: Whether signed in.
        may_operate: Whether the roles held allow capturing.
    """

    signed_in: bool
    may_operate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What runs on a station.

    Attributes:
        firmware: Firmware version.
        software: Version of the station software.
        software_digest: Digest of that software as the station reports it.
    """

    firmware: str
    software: str
    software_digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLists:
    """Digests of lists of approved model releases.

    Attributes:
        in_force: The list of those approved now.
        opened_with: The list a session was opened with; none while it is being opened.
    """

    in_force: Digest
    opened_with: Digest | None = None


class GatesClosed(RuleViolation):
    """A capture was refused at a gate.

    Attributes:
        gates: Every gate checked, passed or not.
    """

    def __init__(self, gates: Iterable[GateResult]) -> None:
        """Name the gates that did not pass and keep all of them."""
        self.gates = tuple(gates)
        closed = failed(self.gates)
        super().__init__(
            "capture.gates",
            f"gates that did not pass: {', '.join(each.gate for each in closed)}",
            " ".join(dict.fromkeys(each.next_step for each in closed)),
        )


def must_be_open(gates: Iterable[GateResult]) -> None:
    """Refuse a capture at the gates that are closed.

    Raises:
        GatesClosed: at least one of them is.
    """
    found = tuple(gates)
    if failed(found):
        raise GatesClosed(found)


def let_pass(gate: Gate, evidence: str) -> GateResult:
    """Return the result of a gate that passed."""
    return GateResult(gate=gate, passed=True, evidence=evidence, next_step="")


def block(gate: Gate, evidence: str, next_step: str) -> GateResult:
    """Return the result of a gate that did not pass."""
    return GateResult(gate=gate, passed=False, evidence=evidence, next_step=next_step)


def consent_gate(consent: Coverage) -> GateResult:
    """Return whether consent lets the capture pass [REQ-IN-077]."""
    if consent.covered:
        return let_pass(Gate.CONSENT, consent.evidence)
    return block(
        Gate.CONSENT,
        consent.evidence,
        f"Ask the client about {consent.purpose} and record the answer.",
    )


def operator_gate(operator: Operator) -> GateResult:
    """Return whether the operator lets the capture pass [REQ-IN-078]."""
    if not operator.signed_in:
        return block(Gate.OPERATOR, "the operator is not signed in", "Sign in and try again.")
    if not operator.may_operate:
        return block(
            Gate.OPERATOR,
            "the operator's role does not include capturing",
            "Ask an administrator for the role of operator or practitioner.",
        )
    return let_pass(Gate.OPERATOR, "the operator is signed in and may capture")


def protocol_gate(protocol: ProtocolContent | None) -> GateResult:
    """Return whether the protocol may be followed; none stands for one that may not."""
    if protocol is None:
        return block(
            Gate.PROTOCOL, "the protocol version is not approved", "Choose an approved version."
        )
    return let_pass(Gate.PROTOCOL, f"{protocol.name} {protocol.version} is approved")


def versions_gate(
    running: Running,
    *,
    content: ProtocolContent,
    models: ModelLists,
    named: tuple[Digest | None, ...] = (),
) -> GateResult:
    """Return whether everything that runs is approved now [REQ-IN-081].

    Args:
        running: What runs on the station.
        content: The protocol, which names the approved versions.
        models: The lists of approved model releases, now and at the opening.
        named: The list that the capture itself names, where there is a capture.
    """
    wrong = []
    if running.firmware not in content.firmware:
        wrong.append(f"firmware {running.firmware} is not among {', '.join(content.firmware)}")
    software = _software(running, content)
    wrong.extend(software.wrong)
    opened_with = models.opened_with
    if opened_with is not None and opened_with != models.in_force:
        wrong.append(
            f"the session was opened with the model list {opened_with}, in force is now "
            f"{models.in_force}"
        )
    wrong.extend(
        f"the capture names the model list {each or 'none'}, in force is {models.in_force}"
        for each in named
        if each != models.in_force
    )
    if wrong:
        return block(
            Gate.VERSIONS,
            "; ".join(wrong),
            "Update the station to approved versions and open a new session.",
        )
    compared = " and ".join(
        who
        for who, told in (("the session", opened_with is not None), ("the capture", bool(named)))
        if told
    )
    lists = f"named by {compared}" if compared else "given to the session"
    return let_pass(
        Gate.VERSIONS,
        f"firmware {running.firmware}, {software.evidence}, model list in force "
        f"{models.in_force}, {lists}",
    )


def unreported(gates: Iterable[GateResult], required: Iterable[Gate]) -> tuple[GateResult, ...]:
    """Return a result that did not pass for every required gate nobody reported on."""
    return tuple(
        block(gate, "nothing was reported on this gate", "Check it and capture again.")
        for gate in missing(gates, required)
    )


def session_station_gate(*, captured: DeviceId, opened: DeviceId | None) -> tuple[GateResult, ...]:
    """Return a result that did not pass when another station captured than the session's."""
    if captured == opened:
        return ()
    return (
        block(
            Gate.DEVICE_IDENTITY,
            f"station {captured} captured, but the session is captured with {opened or 'none'}",
            "Open a session for this station.",
        ),
    )


def station_gates(
    reported: Iterable[GateResult], conditions: CaptureConditions, content: ProtocolContent
) -> tuple[GateResult, ...]:
    """Return the station's gates, those it left out, and those its own conditions contradict.

    A gate that the station reports as passed is not believed against the numbers it reports
    [REQ-IN-082, 083, 091].
    """
    # What the station was told by us is found again here; only where it captured all the same,
    # against what it was told, does that count.
    given = tuple(each for each in reported if each.gate in STATION_GATES or not each.passed)
    contradicted = []
    if not conditions.fixture_engaged:
        contradicted.append(
            block(Gate.FIXTURE, "the rest is not engaged", "Seat chin and forehead in the rest.")
        )
    distance = QualityMeasurement(
        name=DISTANCE, value=conditions.distance_mm, unit="mm", method="claim"
    )
    limits = (each for each in content.station_limits if each.name == DISTANCE)
    contradicted.extend(
        block(
            Gate.DISTANCE,
            f"the face is at {conditions.distance_mm:g} mm, outside "
            f"{'any' if reason.minimum is None else f'{reason.minimum:g}'} to "
            f"{'any' if reason.maximum is None else f'{reason.maximum:g}'} {reason.unit}",
            reason.advice,
        )
        for reason in judge((distance,), limits, stereo=True).reasons
    )
    if not conditions.colour_reference.strip():
        contradicted.append(
            block(
                Gate.COLOUR_REFERENCE,
                "no reference is in view and no reason was given",
                "Put the colour chart into view, or say why that is not feasible.",
            )
        )
    return (*given, *unreported(given, STATION_GATES), *contradicted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    wrong: tuple[str, ...] = ()
    evidence: str = ""


def _software(running: Running, content: ProtocolContent) -> _Compared:
    """Compare the station software with what the protocol approves: by digest where it names one.

    An entry is a version, or a version and the digest of its only approved build.
    """
    version, digest = running.software, running.software_digest
    if f"{version} {digest}" in content.software:
        return _Compared(evidence=f"station software {version} with the approved digest {digest}")
    if version in content.software:
        return _Compared(
            evidence=f"station software {version} by its version (the protocol names no digest of "
            f"it; the station reports {digest})"
        )
    approved = ", ".join(content.software)
    return _Compared(
        wrong=(f"station software {version} with the digest {digest} is not among {approved}",)
    )
