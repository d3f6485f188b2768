"""The capture station's main loop: fetch orders, follow the protocol, keep what comes of it.

Rules kept here:

1. Delivery runs beside capture; the client never waits for it [journey 1.4].
2. The server's answers steer; the station goes on with the orders it has while the server is away,
   as long as what it was told of consent and operator may be relied on.
3. A station in quarantine is closed at a gate: a capture wanted of it is a recorded refusal.
4. Upkeep is held against the limits that the server names, with or without a session.

``device/capturing.py`` carries a session from the first look to the verdict.
"""

import time
from collections.abc import Callable
from typing import Final

import httpx

from adapters.imaging.calibrate import TargetBoard
from adapters.system import SystemClock, SystemRandomness
from device.board_views import Tell
from device.calibrate import Calibrated
from device.capturing import Capturing
from device.client import Client
from device.delivery import Delivery
from device.facts import Facts
from device.orders import Order, Orders, ToldLimits
from device.outbox import Outbox
from device.ports import Hardware, SecureKey
from device.secure_key import FileSecureKey
from device.settings import Settings
from device.told_gates import Told
from device.upkeep import Upkeep
from domain.errors import NotSignedIn, RuleViolation, Unavailable
from domain.events.equipment import (
    DeviceConfigurationChanged,
    FieldCheckPerformed,
)
from domain.ports import Clock, Randomness
from domain.values.calibration import IlluminationRecord
from domain.values.capture import CameraSettings
from domain.values.colour import ColourLimits, ColourRecord
from domain.values.identifiers import DeviceId, PractitionerId
from domain.values.light_field import LightFieldLimits, LightFieldRecord
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
        self._told_us = 0
        self._capturing = Capturing(
            settings,
            hardware,
            facts=self._facts,
            outbox=self.outbox,
            upkeep=self._upkeep,
            configuration=self.configuration,
            new_id=self._new_id,
            offset=lambda: self.client.offset,
            monotonic_us=self._now_us,
        )
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
        orders, asked_us = self._orders, self._told_us
        return self._capturing.step(
            Told(
                order=order,
                calibration=orders.calibration,
                age_s=(self._monotonic_us() - asked_us) / 1_000_000,
                lasts_s=orders.gates_last_s,
            )
        )

    def calibrate(
        self, *, operator: PractitionerId, limits: CalibrationLimits, tell: Tell | None = None
    ) -> Calibrated:
        """Calibrate the rig with the target and keep the result for delivery.

        Args:
            operator: Who performs it.
            limits: The protocol's.
            tell: Takes advice after each view; by default the station's panel.

        Raises:
            MalformedInput: too few poses show the target to both cameras.
            Unavailable: server, hardware or disk fail; nothing was kept.
        """
        self._must_state()
        return self._upkeep.calibrate(operator=operator, limits=limits, tell=tell)

    def calibrate_light(self) -> IlluminationRecord:
        """Calibrate the light and keep the result for delivery.

        Raises:
            Unavailable: server, hardware or disk fail; nothing was kept.
        """
        self._must_state()
        return self._upkeep.calibrate_light()

    def measure_light_field(
        self, *, limits: LightFieldLimits, new_baseline: bool = False
    ) -> LightFieldRecord:
        """Measure the light on the grey target and keep the result for delivery.

        Args:
            limits: What it is held against.
            new_baseline: Whether later ones shall be compared with this one, after service.

        Raises:
            RuleViolation: the light was never calibrated, the target is not traceable, a new
                baseline is asked for without service, or the station does not hold the one in
                force.
            MalformedInput: the target is not in view.
            Unavailable: server, hardware or disk fail, or the server has not said which light
                field is the baseline; nothing was kept.
        """
        self._must_state()
        self.ask_now()
        if self._orders is None or self.problem is not None:
            raise Unavailable(f"the server does not say which baseline holds: {self.problem}")
        if self._facts.light_field_waits():
            raise Unavailable(
                "a light field measured before waits for delivery, and may be the baseline"
            )
        return self._upkeep.measure_light_field(
            self._orders.light_baseline, limits=limits, new_baseline=new_baseline
        )

    def calibrate_colour(self, *, limits: ColourLimits) -> ColourRecord:
        """Calibrate the colours with the chart and keep the result for delivery.

        Raises:
            RuleViolation: the light was never calibrated, or the chart is not traceable.
            MalformedInput: the chart is not in view, or too few patches can be measured.
            Unavailable: server, hardware or disk fail; nothing was kept.
        """
        self._must_state()
        return self._upkeep.calibrate_colour(limits=limits)

    def check_in_field(self, *, limits: CalibrationLimits) -> FieldCheckPerformed:
        """Check the calibration in force with the target in its holder.

        Raises:
            RuleViolation: there is no calibration in force whose parameters the station holds.
            Unavailable: server, hardware or disk fail; nothing was kept.
        """
        self._must_state()
        locked = None if self._orders is None else self._orders.calibration
        return self._upkeep.check_in_field(locked, limits=limits)

    def limits(self) -> ToldLimits | None:
        """Return the limits of the protocol in force, as the server named them last, or none."""
        return self._facts.limits()

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
            # What is told was so at some time since it was asked for.
            self._told_us = now_us
            self.outbox.number_from(self._orders.latest_sequence)
            self._facts.keep_limits(self._orders.limits)
            self.problem = None
        except (Unavailable, NotSignedIn, RuleViolation) as error:
            # The server is away or does not know us: go on with the orders at hand.
            self.problem = str(error)
        self._asked_us = self._monotonic_us()

    def _now_us(self) -> int:
        return self._monotonic_us()

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
        if self._orders is None:
            return None
        orders = self._orders.orders
        return next((each for each in orders if not self._capturing.ended(each.session)), None)
