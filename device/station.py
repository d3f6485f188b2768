"""The capture station's main loop: fetch orders, follow the protocol, keep what comes of it.

Rules kept here:

1. Every attempt and every refusal is in the outbox, durable, before anything else happens.
2. Without room on the disk nothing is captured: what could not be kept is not begun.
3. Delivery runs beside capture; the client never waits for it [journey 1.4].
4. The server's answers steer; the station goes on with the orders it has while the server is away.
"""

import time
from collections.abc import Callable
from typing import Final

import httpx

from adapters.imaging.calibrate import TargetBoard
from adapters.imaging.calibration import StereoCalibration
from adapters.system import SystemClock, SystemRandomness
from device.attempt import Circumstances, pack_attempt
from device.client import Client
from device.delivery import Delivery
from device.facts import Facts
from device.orders import Order, Orders
from device.outbox import Outbox
from device.ports import CameraSettings, Hardware, SecureKey
from device.preview import CHART_FOUND, Observed, measure_preview, station_gates
from device.protocol import (
    CalibrateLight,
    Capture,
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
from device.secure_key import FileSecureKey
from device.settings import Settings
from device.upkeep import Upkeep
from domain.errors import NotSignedIn, RuleViolation, Unavailable
from domain.events.capture_session import CaptureBlocked
from domain.events.equipment import (
    DeviceConfigurationChanged,
    FieldCheckPerformed,
)
from domain.ports import Clock, Randomness
from domain.values.calibration import CalibrationRecord, IlluminationRecord
from domain.values.capture import Gate, Stage
from domain.values.identifiers import (
    AttemptId,
    DeviceId,
    PractitionerId,
)
from domain.values.protocol import CalibrationLimits

_REQUEST_TIMEOUT_S: Final = 30.0
_BUSY_PAUSE_S: Final = 0.02


class Station:
    """One capture station at work."""

    def __init__(
        self,
        settings: Settings,
        hardware: Hardware,
        *,
        http: httpx.Client,
        camera_settings: CameraSettings,
        board: TargetBoard,
        key: SecureKey | None = None,
        clock: Clock | None = None,
        randomness: Randomness | None = None,
        monotonic_us: Callable[[], int] = lambda: time.monotonic_ns() // 1000,
    ) -> None:
        """Put the station together.

        Args:
            settings: Which station this is; with its identifier from enrolment.
            hardware: What it is made of.
            http: Connection to the server's address.
            camera_settings: What the cameras were built to be set to.
            board: The calibration target's print.
            key: Its key; by default the one in its folder.
            clock: Its clock.
            randomness: Its source of salts and identifiers.
            monotonic_us: A clock that never goes back, microseconds.

        Raises:
            RuleViolation: the station has no identifier yet.
        """
        if settings.device is None:
            raise RuleViolation(
                "station.enrolled",
                "the station has no identifier",
                "Enrol it and set VULTUS_STATION_DEVICE.",
            )
        self.settings = settings
        self.device: DeviceId = settings.device
        self._hardware = hardware
        self._camera_settings = camera_settings
        self._key = key or FileSecureKey.load_or_create(settings.folder / "keys")
        self._monotonic_us = monotonic_us
        self._new_id = (randomness or SystemRandomness()).uuid
        self.configuration = settings.configuration(key_storage=self._key.location)
        clock, randomness = clock or SystemClock(), randomness or SystemRandomness()
        self.outbox = Outbox(settings.folder / "outbox.sqlite", self._key, clock=clock)
        self._facts = Facts(
            self.outbox, device=self.device, key=self._key, clock=clock, randomness=randomness
        )
        self.client = Client(
            http,
            device=self.device,
            key=self._key,
            clock=clock,
            randomness=randomness,
        )
        self.delivery = Delivery(self.outbox, self.client, clock=clock)
        self._upkeep = Upkeep(
            hardware,
            self._facts,
            board=board,
            camera_settings=camera_settings,
            configuration=self.configuration,
            new_id=self._new_id,
        )
        self._orders: Orders | None = None
        self._asked_us: int | None = None
        self._captures: dict[str, Capture] = {}
        self._stated = False
        self.problem: str | None = None

    def step(self) -> bool:
        """Do the next piece of work; return whether there was any."""
        self._ask()
        if not self._ready():
            return False
        order = self._current()
        if order is None or self._orders is None:
            return False
        capture = self._captures.get(order.session)
        if capture is None:
            self._hardware.panel.welcome(order.session)
            capture = begin(order)
        capture, actions = judged(capture, order, at_us=self._monotonic_us())
        self._captures[order.session] = capture
        self._act(actions)
        if capture.phase not in (Phase.POSITIONING, Phase.SETTLING):
            return False
        self._look(order, capture)
        return True

    def calibrate(
        self, *, operator: PractitionerId, limits: CalibrationLimits
    ) -> CalibrationRecord:
        """Calibrate the rig with the target and keep the result for delivery.

        Raises:
            MalformedInput: too few poses show the target to both cameras.
            Unavailable: server, hardware or disk fail; nothing was kept.
        """
        self._must_state()
        return self._upkeep.calibrate(operator=operator, limits=limits)

    def calibrate_light(self) -> IlluminationRecord:
        """Calibrate the light and keep the result for delivery.

        Raises:
            Unavailable: server, hardware or disk fail; nothing was kept.
        """
        self._must_state()
        return self._upkeep.calibrate_light()

    def check_in_field(self, *, limits: CalibrationLimits) -> FieldCheckPerformed:
        """Check the calibration in force with the target in its holder.

        Raises:
            RuleViolation: there is no calibration in force whose parameters the station holds.
            Unavailable: server, hardware or disk fail; nothing was kept.
        """
        self._must_state()
        locked = None if self._orders is None else self._orders.calibration
        return self._upkeep.check_in_field(locked, limits=limits)

    def ask_now(self) -> None:
        """Fetch the orders at once, whatever the interval."""
        self._asked_us = None
        self._ask()

    def close(self) -> None:
        """Close the queue."""
        self.outbox.close()

    def _ask(self) -> None:
        now_us = self._monotonic_us()
        if self._asked_us is not None and now_us - self._asked_us < self.settings.poll_s * 1e6:
            return
        try:
            self._orders = self.client.orders()
            self.outbox.number_from(self._orders.latest_sequence)
            self.problem = None
        except (Unavailable, NotSignedIn, RuleViolation) as error:
            # The server is away or does not know us: go on with the orders at hand.
            self.problem = str(error)
        self._asked_us = self._monotonic_us()

    def _ready(self) -> bool:
        """Return whether the station may state anything; state its configuration first."""
        if self._stated:
            return True
        if self._orders is None and self.outbox.state().last_sequence == 0:
            # Numbers used before may be known to the server only: ask before the first one.
            return False
        self._facts.state(DeviceConfigurationChanged(configuration=self.configuration))
        self._stated = True
        return True

    def _must_state(self) -> None:
        if self._orders is None:
            self.ask_now()
        if not self._ready():
            raise Unavailable(f"the server was not reached yet: {self.problem}")

    def _current(self) -> Order | None:
        """Return the first order there is something left to do for."""
        if self._orders is None or self._orders.quarantined is not None:
            return None
        for order in self._orders.orders:
            capture = self._captures.get(order.session)
            if capture is None or capture.phase not in (Phase.DONE, Phase.HELP):
                return order
        return None

    def _look(self, order: Order, capture: Capture) -> None:
        state = self.outbox.state()
        if state.free_bytes < self.settings.reserve_bytes:
            self._hardware.panel.show(
                f"The station's disk is nearly full ({state.free_bytes >> 20} MB left) and "
                f"{state.waiting} deliveries wait. Connect the station, or free space."
            )
            return
        light = self._upkeep.illumination()
        distance_mm = self._hardware.fixture.distance_mm()
        measured = measure_preview(self._hardware.cameras.preview(), distance_mm)
        known = self._parameters()
        observed = Observed(
            measurements=measured,
            engaged=self._hardware.fixture.engaged(),
            rest_cleaned=order.prompts.rest_cleaned,
            baseline_locked=self._hardware.fixture.baseline_locked(),
            baseline_mm=None if known is None else known.baseline_mm,
            nominal_baseline_mm=self.configuration.baseline_mm,
            illumination=light,
            at=self._facts.now(),
            infeasible=self.settings.infeasible_reference,
        )
        seen = Look(
            at_us=self._monotonic_us(),
            gates=station_gates(observed, order.content),
            armed=self._hardware.panel.armed(),
        )
        capture, actions = look(capture, order, seen)
        self._captures[order.session] = capture
        for action in actions:
            match action:
                case Shoot():
                    self._shoot(order, capture, action, observed, distance_mm)
                case Refuse():
                    self._facts.state(
                        CaptureBlocked(
                            stage=Stage.STATION,
                            view=action.view,
                            gates=action.gates,
                            based_on=(),
                        ),
                        stream=order.session.stream,
                    )
                    self._hardware.panel.refused()
                case CalibrateLight():
                    self._upkeep.calibrate_light()
                case Show():
                    self._hardware.panel.show(action.words)

    def _act(self, actions: tuple[object, ...]) -> None:
        for action in actions:
            if isinstance(action, Show):
                self._hardware.panel.show(action.words)

    def _shoot(
        self,
        order: Order,
        capture: Capture,
        action: Shoot,
        observed: Observed,
        distance_mm: float | None,
    ) -> None:
        locked = None if self._orders is None else self._orders.calibration
        light, offset = observed.illumination, self.client.offset
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
                    serial=self.settings.serial,
                    configuration=self.configuration,
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
        except (Unavailable, RuleViolation) as error:
            after, actions = not_captured(capture, why=f"Not captured: {error}")
        else:
            after, actions = handed_in(capture, attempt, at_us=self._monotonic_us())
        self._captures[order.session] = after
        self._act(actions)

    def _parameters(self) -> StereoCalibration | None:
        locked = None if self._orders is None else self._orders.calibration
        return None if locked is None else self._facts.parameters(locked.parameters)


def _reference_passed(observed: Observed, action: Shoot) -> bool:
    """Return whether the reference was seen and its gate passed [REQ-IN-092]."""
    seen = any(each.name == CHART_FOUND and each.value >= 1 for each in observed.measurements)
    gate = next(each for each in action.gates if each.gate is Gate.COLOUR_REFERENCE)
    return seen and not observed.infeasible and gate.passed
