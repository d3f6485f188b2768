"""Calibrations and checks of the station itself, performed and stated.

Rules kept here:

1. A result is stated whatever it is; the cameras go on as the last passed or failed illumination
   calibration left them.
2. Which light field is the baseline is the service's to say: the station compares with that one,
   or measures nothing.
"""

from collections.abc import Callable
from dataclasses import replace

from adapters.imaging.calibrate import TargetBoard
from device.board_views import Tell
from device.calibrate import Calibrated, calibrate, check_in_field
from device.calibrate_colour import calibrate_colour
from device.calibrate_light import calibrate_light
from device.facts import Facts
from device.light_field import measure_light_field
from device.orders import LockedCalibration
from device.ports import Hardware
from domain.errors import RuleViolation
from domain.events.equipment import FieldCheckPerformed
from domain.values.calibration import IlluminationRecord
from domain.values.capture import CameraSettings, DeviceConfiguration
from domain.values.colour import ColourLimits, ColourRecord
from domain.values.identifiers import CalibrationId, PractitionerId
from domain.values.light_field import LightFieldLimits, LightFieldRecord
from domain.values.protocol import CalibrationLimits
from domain.values.time import DeviceTime


class Upkeep:
    """Keeps the station fit for capture."""

    def __init__(
        self,
        hardware: Hardware,
        facts: Facts,
        *,
        board: TargetBoard,
        camera_settings: CameraSettings,
        configuration: DeviceConfiguration,
        new_id: Callable[[], str],
    ) -> None:
        """Take what is calibrated and where results are stated."""
        self._hardware = hardware
        self._facts = facts
        self._board = board
        self._camera_settings = camera_settings
        self._configuration = configuration
        self._new_id = new_id

    def calibrate(
        self, *, operator: PractitionerId, limits: CalibrationLimits, tell: Tell | None = None
    ) -> Calibrated:
        """Calibrate the rig with the target and state the result.

        Raises:
            MalformedInput: too few poses show the target to both cameras.
            Unavailable: hardware or disk fail; nothing was kept.
        """
        self._hardware.cameras.lock(self._camera_settings)
        made = calibrate(
            self._hardware,
            self._board,
            identifier=CalibrationId(self._new_id()),
            operator=operator,
            configuration=self._configuration,
            limits=limits,
            at=self._facts.now(),
            tell=tell,
        )
        self._facts.state_calibration(made)
        return made

    def calibrate_light(self) -> IlluminationRecord:
        """Calibrate the light and state the result.

        Raises:
            Unavailable: hardware or disk fail; nothing was kept.
        """
        made = calibrate_light(self._hardware, self._camera_settings, at=self._facts.now())
        self._facts.state_illumination(made)
        return made.event.illumination

    def measure_light_field(
        self,
        in_force: DeviceTime | None,
        *,
        limits: LightFieldLimits,
        new_baseline: bool = False,
    ) -> LightFieldRecord:
        """Measure the light on the grey target and state the result.

        Args:
            in_force: When the baseline was measured, as the service says; none when there is none.
            limits: What it is held against.
            new_baseline: Whether later ones shall be compared with this one, after service.

        Raises:
            RuleViolation: the light was never calibrated, the target is not traceable, a new
                baseline is asked for without service, or the station does not hold the one in
                force.
            MalformedInput: the target is not in view.
            Unavailable: hardware or disk fail; nothing was kept.
        """
        light = self._held()
        if light is None:
            raise RuleViolation(
                "light.exposure",
                "the light was never calibrated, so no exposure was found",
                "Calibrate the light first.",
            )
        baseline = self._baseline(in_force, new=new_baseline)
        measured, content = measure_light_field(
            self._hardware,
            self._camera_settings,
            light[1],
            baseline=baseline,
            limits=limits,
            at=self._facts.now(),
        )
        self._facts.state_light_field(measured, content)
        return measured.field

    def calibrate_colour(self, *, limits: ColourLimits) -> ColourRecord:
        """Calibrate the colours with the chart, in the light as it was last calibrated.

        Raises:
            RuleViolation: the light was never calibrated, or the chart is not traceable.
            MalformedInput: the chart is not in view, or too few patches can be measured.
            Unavailable: hardware or disk fail; nothing was kept.
        """
        light = self._held()
        if light is None:
            raise RuleViolation(
                "colour.light",
                "the light was never calibrated, so its colours mean nothing",
                "Calibrate the light first.",
            )
        event, content = calibrate_colour(
            self._hardware, light[1], limits=limits, at=self._facts.now()
        )
        self._facts.state(event, content=content)
        return event.colour

    def check_in_field(
        self, locked: LockedCalibration | None, *, limits: CalibrationLimits
    ) -> FieldCheckPerformed:
        """Check the calibration in force and state the result.

        Raises:
            RuleViolation: the station does not hold the parameters of a locked calibration.
            Unavailable: hardware or disk fail; nothing was kept.
        """
        known = None if locked is None else self._facts.parameters(locked.parameters)
        if locked is None or known is None:
            raise RuleViolation(
                "calibration.in-force",
                "the station does not hold a locked calibration",
                "Calibrate the station and have the calibration locked.",
            )
        self._hardware.cameras.lock(self._camera_settings)
        check, corners = check_in_field(
            self._hardware,
            self._board,
            known,
            calibration=locked.calibration,
            limits=limits,
            at=self._facts.now(),
        )
        self._facts.state(check, content=(corners,))
        return check

    def _baseline(self, in_force: DeviceTime | None, *, new: bool) -> LightFieldRecord | None:
        if in_force is None:
            return None
        if new:
            raise RuleViolation(
                "light.baseline",
                f"the station's baseline is that of {in_force}, and only service ends it",
                "Have the station taken out of use and put back after service, then measure again.",
            )
        held = self._facts.light_field(in_force)
        if held is None:
            raise RuleViolation(
                "light.baseline",
                f"the station's baseline is that of {in_force}, which it does not hold any more",
                "Have the station taken out of use and put back, then measure a new baseline.",
            )
        return held

    def illumination(self) -> IlluminationRecord | None:
        """Return the last illumination calibration, with the cameras set as it left them."""
        light = self._held()
        return None if light is None else light[0]

    def _held(self) -> tuple[IlluminationRecord, CameraSettings] | None:
        """Set the cameras as the last illumination calibration left them; return both, or none."""
        found = self._facts.illumination()
        if found is None:
            return None
        record, exposure_us = found
        settings = replace(self._camera_settings, exposure_us=exposure_us)
        return record, self._hardware.cameras.lock(settings)
