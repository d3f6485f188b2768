"""The controlled repeat imaging protocol as a state machine: state and observation to actions.

Rules kept here:

1. The shutter is asked for only when every gate, the server's and the station's, was reported open
   in that very look, the operator allows it, and both held without a break for the settling time
   [REQ-IN-077 to 092].
2. A gate nobody reported on is closed.
3. A capture refused although the operator asked for it is a fact, once for each change of reason;
   a standing fault is one fact, not one for each look [DRV-07].
4. After a rejected attempt the operator is told so, and what to change; after ``MOST_TRIES`` the
   station asks for help instead of trying on, which is a fact.
5. A capture that fails behind open gates is a fact; the same failure again soon is the same one.

Nothing here reads a clock or touches hardware: times are microseconds of a clock that never goes
back, and come as arguments.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from device.orders import Order
from domain.errors import Refusal
from domain.values.capture import CAPTURE_GATES, Gate, GateResult, failed, missing
from domain.values.content import CaptureView
from domain.values.gates import block
from domain.values.identifiers import AttemptId, SessionId
from domain.values.protocol import ViewRequirement

SETTLE_US: Final = 500_000
REPEAT_US: Final = 30_000_000
LIGHT_AGAIN_US: Final = 300_000_000
VERDICT_PATIENCE_US: Final = 30_000_000
MOST_TRIES: Final = 6
_LIGHT_TRIES: Final = 2


class Phase(StrEnum):
    """Where a session stands at the station."""

    POSITIONING = "positioning"
    SETTLING = "settling"
    SHOOTING = "shooting"
    JUDGING = "judging"
    DONE = "done"
    HELP = "help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the station saw at one moment.

    Attributes:
        at_us: When.
        gates: What is known of the gates, the server's and the station's.
        armed: Whether the operator allows the shutter.
    """

    at_us: int
    gates: tuple[GateResult, ...]
    armed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Where the session stands.

    Attributes:
        session: Which session.
        phase: Where it stands.
        view: The capture view now; none when all are accepted.
        since_us: Since when the phase holds, where that matters.
        tries: Attempts at this view that did not succeed.
        light_tries: Illumination calibrations tried while the gate stayed closed.
        light_us: When the last of them was.
        reported: The closed gates last reported as a refusal.
        reported_us: When they were.
        attempt: The attempt that awaits its verdict.
        failure: The rule of the failure last reported; empty before the first.
        failed_us: When it was.
    """

    session: SessionId
    phase: Phase = Phase.POSITIONING
    view: CaptureView | None = None
    since_us: int = 0
    tries: int = 0
    light_tries: int = 0
    light_us: int = 0
    reported: frozenset[Gate] = field(default_factory=frozenset)
    reported_us: int = 0
    attempt: AttemptId | None = None
    failure: str = ""
    failed_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Show the operator what to change, or what happens."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrateLight:
    """Run the illumination calibration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Record that a capture was refused before the shutter."""

    view: CaptureView
    gates: tuple[GateResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shoot:
    """Expose now, and hand in what comes of it."""

    requirement: ViewRequirement
    gates: tuple[GateResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """Record that nothing was captured although no gate was closed."""

    view: CaptureView
    gates: tuple[GateResult, ...]
    why: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Record that the station stopped trying a view."""

    view: CaptureView
    tries: int
    evidence: str


Action = Show | CalibrateLight | Refuse | Shoot | Fail | GiveUp
Step = tuple[Capture, tuple[Action, ...]]


def begin(order: Order) -> Capture:
    """Return where a session stands when the station takes it up."""
    return _next_view(Capture(session=order.session), order)


def look(capture: Capture, order: Order, seen: Look) -> Step:
    """Decide what one look at the client calls for."""
    requirement = next((each for each in order.content.views if each.view == capture.view), None)
    if capture.phase not in (Phase.POSITIONING, Phase.SETTLING) or requirement is None:
        return capture, ()
    gates = complete(seen.gates)
    closed = failed(gates)
    if closed:
        return _held(capture, gates, closed, seen)
    capture = replace(capture, light_tries=0)
    if not seen.armed:
        ready = replace(capture, phase=Phase.POSITIONING)
        return ready, (Show(words=f"Ready. {requirement.instruction} Press the shutter."),)
    if capture.phase is Phase.POSITIONING:
        settling = replace(capture, phase=Phase.SETTLING, since_us=seen.at_us)
        return settling, (Show(words="Hold still."),)
    if seen.at_us - capture.since_us < SETTLE_US:
        return capture, ()
    shooting = replace(capture, phase=Phase.SHOOTING)
    return shooting, (Shoot(requirement=requirement, gates=gates),)


def handed_in(capture: Capture, attempt: AttemptId, *, at_us: int) -> Step:
    """Take note that the attempt is kept for delivery; the client may move."""
    judging = replace(capture, phase=Phase.JUDGING, attempt=attempt, since_us=at_us)
    return judging, (Show(words="Thank you, you may move. Waiting for the verdict."),)


def not_captured(
    capture: Capture, why: Refusal, *, gates: tuple[GateResult, ...], at_us: int
) -> Step:
    """Take note that the capture failed; nothing was handed in.

    Args:
        capture: Where the session stands.
        why: What failed.
        gates: The gates as they stood; none where the station did not come as far as looking.
        at_us: When.
    """
    held = replace(capture, phase=Phase.POSITIONING)
    show = Show(words=f"Not captured: {why.evidence}. {why.next_step}")
    standing = why.rule == held.failure and at_us - held.failed_us < REPEAT_US
    if standing or held.view is None:
        return held, (show,)
    told = replace(held, failure=why.rule, failed_us=at_us)
    return told, (show, Fail(view=held.view, gates=gates, why=why))


def judged(capture: Capture, order: Order, *, at_us: int) -> Step:
    """Go on by what the server says of the session."""
    if capture.view is not None and capture.view in order.accepted:
        after = _next_view(replace(capture, tries=0), order)
        words = "All views are accepted." if after.view is None else "Accepted. Next view."
        return after, (Show(words=words),)
    if capture.phase is not Phase.JUDGING:
        return capture, ()
    verdict = (
        None
        if order.judged is None or capture.attempt is None
        else order.judged.get(capture.attempt)
    )
    if verdict is not None and not verdict.accepted:
        advice = " ".join(verdict.advice) or "Hold still and try again."
        return _again(capture, advice, verdict="Not accepted. ")
    if order.judged is None and at_us - capture.since_us >= VERDICT_PATIENCE_US:
        return _again(capture, "The attempt was not accepted in time. Hold still and try again.")
    return capture, ()


def complete(gates: Iterable[GateResult]) -> tuple[GateResult, ...]:
    """Return the gates with a closed one for each that nobody reported on."""
    given = tuple(gates)
    silent = (
        block(gate, "the station did not check this gate", "Have the station looked at.")
        for gate in missing(given, CAPTURE_GATES)
    )
    return (*given, *silent)


def _held(
    capture: Capture, gates: tuple[GateResult, ...], closed: tuple[GateResult, ...], seen: Look
) -> Step:
    held = replace(capture, phase=Phase.POSITIONING)
    show = Show(words=" ".join(dict.fromkeys(each.next_step for each in closed)))
    reasons = frozenset(each.gate for each in closed)
    rested = seen.at_us - held.light_us >= LIGHT_AGAIN_US
    if Gate.ILLUMINATION in reasons and (held.light_tries < _LIGHT_TRIES or rested):
        held = replace(held, light_tries=held.light_tries + 1, light_us=seen.at_us)
        words = "Calibrating the light. Lean back for a moment."
        return held, (Show(words=words), CalibrateLight())
    # A gate that flickers would otherwise fill the record: the same reasons wait.
    standing = reasons == held.reported and seen.at_us - held.reported_us < REPEAT_US
    lasting = reasons == held.reported and capture.phase is Phase.POSITIONING
    if not seen.armed or standing or lasting or held.view is None:
        return held, (show,)
    # Whoever reads the refusal may change the lamp: the light is tried again.
    refused = replace(held, reported=reasons, reported_us=seen.at_us, light_tries=0)
    return refused, (show, Refuse(view=held.view, gates=gates))


def _again(capture: Capture, words: str, *, verdict: str = "") -> Step:
    tries = capture.tries + 1
    if tries >= MOST_TRIES:
        helped = replace(capture, phase=Phase.HELP, tries=tries, attempt=None)
        show = Show(words=f"{verdict}{words} Ask for help: {tries} attempts were rejected.")
        if capture.view is None:
            return helped, (show,)
        return helped, (show, GiveUp(view=capture.view, tries=tries, evidence=words))
    again = replace(
        capture, phase=Phase.POSITIONING, tries=tries, attempt=None, reported=frozenset()
    )
    return again, (Show(words=f"{verdict}{words}"),)


def _next_view(capture: Capture, order: Order) -> Capture:
    left = [each.view for each in order.content.views if each.view not in order.accepted]
    return replace(
        capture,
        phase=Phase.POSITIONING if left else Phase.DONE,
        view=left[0] if left else None,
        attempt=None,
        reported=frozenset(),
    )
