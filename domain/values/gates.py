"""From facts to gate results: what several rules ask of a capture in the same words.

Rules kept here:

1. A gate that passes says on what evidence; one that does not also says what to do.
2. A gate nobody reported on did not pass.
"""

from collections.abc import Iterable

from domain.values.capture import Gate, GateResult, missing
from domain.values.consent import Coverage
from domain.values.content import Digest
from domain.values.protocol import ProtocolContent


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
    *, firmware: str, software: str, content: ProtocolContent, given: Digest | None, held: Digest
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
