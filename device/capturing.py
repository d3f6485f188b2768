"""Captures one session after the other: looks, follows the protocol, states what comes of it.

Rules kept here:

1. Every attempt, every refusal and every failure is in the outbox, durable, before anything else
   happens; a fact for which the disk has no room just now is stated before the next look.
2. Without room on the disk nothing is captured: what could not be kept is not begun. The reserve is
   for facts, so that this, too, can be stated.
3. What the server told is asked in the very look that opens the shutter.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from adapters.imaging.calibration import StereoCalibration
from device.attempt import Circumstances, pack_attempt
from device.client import ClockOffset
from device.facts import Facts
from device.orders import LockedCalibration
from device.outbox import Outbox
from device.ports import Hardware
from device.preview import CHART_FOUND, Observed, Previews, station_gates
from device.protocol import (
    Action,
    CalibrateLight,
    Capture,
    Fail,
    GiveUp,
    Look,
    Phase,
    Refuse,
    Shoot,
    Show,
    begin,
    handed_in,
    judged,
    look,
    not_captured,
)
from device.settings import Settings
from device.told_gates import Told, told_gates
from device.upkeep import Upkeep
from domain.errors import MalformedInput, Refusal, RuleViolation, Unavailable
from domain.events.capture_session import CaptureBlocked
from domain.events.names import Event
from domain.events.refused_capture import CaptureFailed, CaptureGivenUp
from domain.values.capture import DeviceConfiguration, Gate, GateResult, Stage
from domain.values.identifiers import AttemptId, SessionId, StreamName

_UNSTATED: Final = 16


class Capturing:
    """Carries sessions from the first look to the verdict."""

    def __init__(
        self,
        settings: Settings,
        hardware: Hardware,
        *,
        facts: Facts,
        outbox: Outbox,
        upkeep: Upkeep,
        configuration: DeviceConfiguration,
        new_id: Callable[[], str],
        offset: Callable[[], ClockOffset | None],
        monotonic_us: Callable[[], int],
    ) -> None:
        """Take what captures need.

        Args:
            settings: Which station this is.
            hardware: What it is made of.
            facts: Where facts are stated.
            outbox: Where they wait.
            upkeep: Calibrates the light.
            configuration: What runs and is mounted.
            new_id: Makes identifiers.
            offset: What is known of the clock's offset now.
            monotonic_us: A clock that never goes back, microseconds.
        """
        self._settings = settings
        self._hardware = hardware
        self._facts = facts
        self._outbox = outbox
        self._upkeep = upkeep
        self._configuration = configuration
        self._new_id = new_id
        self._offset = offset
        self._monotonic_us = monotonic_us
        self._previews = Previews()
        self._captures: dict[str, Capture] = {}
        self._unstated: deque[tuple[Event, StreamName]] = deque(maxlen=_UNSTATED)

    def ended(self, session: SessionId) -> bool:
        """Return whether there is nothing left to do for a session here."""
        capture = self._captures.get(session)
        return capture is not None and capture.phase in (Phase.DONE, Phase.HELP)

    def step(self, told: Told) -> bool:
        """Do the next piece of work for a session; return whether there was any."""
        order = told.order
        self._state_the_rest()
        capture = self._captures.get(order.session)
        if capture is None:
            self._hardware.panel.welcome(order.session)
            capture = begin(order)
        capture, actions = judged(capture, order, at_us=self._monotonic_us())
        self._captures[order.session] = capture
        self._act(actions, order.session)
        if capture.phase not in (Phase.POSITIONING, Phase.SETTLING):
            return False
        if self._room(capture):
            self._look(told, capture)
        return True

    def _room(self, capture: Capture) -> bool:
        state = self._outbox.state()
        if state.free_bytes >= self._settings.reserve_bytes:
            return True
        why = Refusal(
            rule="capture.disk",
            evidence=f"the station's disk is nearly full ({state.free_bytes >> 20} MB left) and "
            f"{state.waiting} deliveries wait",
            next_step="Connect the station, or free space.",
        )
        if self._hardware.panel.armed():
            self._failed(capture, why, ())
        else:
            self._hardware.panel.show(f"{why.evidence.capitalize()}. {why.next_step}")
        return False

    def _look(self, told: Told, capture: Capture) -> None:
        order = told.order
        distance_mm = self._hardware.fixture.distance_mm()
        measured = self._previews.measure(self._hardware.cameras.preview(), distance_mm)
        known = self._parameters(told.calibration)
        observed = Observed(
            measurements=measured,
            engaged=self._hardware.fixture.engaged(),
            rest_cleaned=order.prompts.rest_cleaned,
            baseline_locked=self._hardware.fixture.baseline_locked(),
            baseline_mm=None if known is None else known.baseline_mm,
            nominal_baseline_mm=self._configuration.baseline_mm,
            illumination=self._upkeep.illumination(),
            at=self._facts.now(),
            infeasible=self._settings.infeasible_reference,
        )
        seen = Look(
            at_us=self._monotonic_us(),
            gates=(
                *told_gates(told, now=observed.at, configuration=self._configuration),
                *station_gates(observed, order.content),
            ),
            armed=self._hardware.panel.armed(),
        )
        capture, actions = look(capture, order, seen)
        self._captures[order.session] = capture
        for action in actions:
            if isinstance(action, Shoot):
                self._shoot(told, capture, action, observed, distance_mm)
        self._act(actions, order.session)

    def _act(self, actions: tuple[Action, ...], session: SessionId) -> None:
        for action in actions:
            match action:
                case Show():
                    self._hardware.panel.show(action.words)
                case CalibrateLight():
                    self._upkeep.calibrate_light()
                case Refuse():
                    blocked = CaptureBlocked(
                        stage=Stage.STATION, view=action.view, gates=action.gates, based_on=()
                    )
                    self._state(blocked, session)
                    self._hardware.panel.refused()
                case Fail():
                    failure = CaptureFailed(
                        view=action.view,
                        gates=action.gates,
                        rule=action.why.rule,
                        evidence=action.why.evidence,
                        next_step=action.why.next_step,
                    )
                    self._state(failure, session)
                case GiveUp():
                    given_up = CaptureGivenUp(
                        view=action.view, tries=action.tries, evidence=action.evidence
                    )
                    self._state(given_up, session)
                case Shoot():
                    pass  # by the look that asked for it

    def _shoot(
        self,
        told: Told,
        capture: Capture,
        action: Shoot,
        observed: Observed,
        distance_mm: float | None,
    ) -> None:
        order, locked = told.order, told.calibration
        light, offset = observed.illumination, self._offset()
        if locked is None or light is None or distance_mm is None:
            raise AssertionError("gates let a capture pass without calibration or distance")
        captured_at = self._facts.now()
        attempt = AttemptId(self._new_id())
        try:
            pair = self._hardware.cameras.shoot()
            packed = pack_attempt(
                pair,
                attempt=attempt,
                view=action.requirement.view,
                captured_at=captured_at,
                circumstances=Circumstances(
                    serial=self._settings.serial,
                    configuration=self._configuration,
                    model_manifest=order.model_manifest,
                    calibration=locked.calibration,
                    illumination=light,
                    distance_mm=distance_mm,
                    temperature_c=self._hardware.thermometer.temperature_c(),
                    fixture_engaged=observed.engaged,
                    infeasible=observed.infeasible,
                    colour_reference_passed=_reference_passed(observed, action),
                    clock_offset_ms=None if offset is None else offset.offset_ms,
                    clock_uncertainty_ms=None if offset is None else offset.uncertainty_ms,
                ),
                gates=action.gates,
                claims=observed.measurements,
            )
            self._facts.state(packed.event, stream=order.session.stream, content=packed.content)
        except (Unavailable, RuleViolation, MalformedInput) as error:
            self._failed(capture, _worded(error), action.gates)
        else:
            after, actions = handed_in(capture, attempt, at_us=self._monotonic_us())
            self._captures[order.session] = after
            self._act(actions, order.session)

    def _failed(self, capture: Capture, why: Refusal, gates: tuple[GateResult, ...]) -> None:
        after, actions = not_captured(capture, why, gates=gates, at_us=self._monotonic_us())
        self._captures[capture.session] = after
        self._act(actions, capture.session)

    def _state(self, event: Event, session: SessionId) -> None:
        """State a fact now, or before the next look where the disk takes nothing."""
        self._unstated.append((event, session.stream))
        try:
            self._state_the_rest()
        except Unavailable as error:
            self._hardware.panel.show(f"Not recorded yet: {error}.")

    def _state_the_rest(self) -> None:
        while self._unstated:
            event, stream = self._unstated[0]
            self._facts.state(event, stream=stream)
            self._unstated.popleft()

    def _parameters(self, locked: LockedCalibration | None) -> StereoCalibration | None:
        return None if locked is None else self._facts.parameters(locked.parameters)


def _worded(error: Unavailable | RuleViolation | MalformedInput) -> Refusal:
    if isinstance(error, RuleViolation):
        return Refusal(rule=error.rule, evidence=error.evidence, next_step=error.next_step)
    return Refusal(
        rule="capture.hardware",
        evidence=str(error),
        next_step="Try again; have the station looked at if it stays.",
    )


def _reference_passed(observed: Observed, action: Shoot) -> bool:
    """Return whether the reference was seen and its gate passed [REQ-IN-092]."""
    seen = any(each.name == CHART_FOUND and each.value >= 1 for each in observed.measurements)
    gate = next(each for each in action.gates if each.gate is Gate.COLOUR_REFERENCE)
    return seen and not observed.infeasible and gate.passed
