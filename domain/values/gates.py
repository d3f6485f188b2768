"""From facts to gate results: what several rules ask of a capture in the same words.

Rules kept here:

1. A gate that passes says on what evidence; one that does not also says what to do.
2. A gate nobody reported on did not pass.
"""

from collections.abc import Iterable

from domain.values.capture import STATION_GATES, CaptureConditions, Gate, GateResult, missing
from domain.values.consent import Coverage
from domain.values.content import Digest
from domain.values.identifiers import DeviceId
from domain.values.protocol import ProtocolContent
from domain.values.quality import QualityMeasurement, judge

DISTANCE = "distance"
"""The word under which a protocol limits the camera-to-face distance."""


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


def versions_gate(
    *,
    firmware: str,
    software: str,
    content: ProtocolContent,
    given: Digest | None,
    held: Digest | None,
) -> GateResult:
    """Return whether everything that runs is approved [REQ-IN-081].

    Args:
        firmware: Firmware version that runs.
        software: Station software version that runs.
        content: The protocol, which names the approved versions.
        given: Digest of the list of approved model releases that the station holds.
        held: Digest of the list in force.
    """
    wrong = []
    if firmware not in content.firmware:
        wrong.append(f"firmware {firmware} is not among {', '.join(content.firmware)}")
    if software not in content.software:
        wrong.append(f"station software {software} is not among {', '.join(content.software)}")
    if given != held:
        wrong.append("the station does not hold the list of approved model releases in force")
    if wrong:
        return block(
            Gate.VERSIONS,
            "; ".join(wrong),
            "Update the station to approved versions and open a new session.",
        )
    return let_pass(
        Gate.VERSIONS, f"firmware {firmware}, station software {software}, model list {held}"
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
    given = tuple(reported)
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
