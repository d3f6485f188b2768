"""What the station states and what it keeps: signed statements, its last calibrations.

Rule kept here: whatever is stated is in the outbox, durable, once the call returns; what must be
remembered with it is kept in the same step.
"""

from typing import Final

from adapters.imaging.calibration import StereoCalibration, calibration_from_bytes
from device.calibrate import Calibrated
from device.calibrate_light import Lit
from device.orders import ToldLimits
from device.outbox import Outbox
from device.ports import SecureKey
from device.queued import Packed
from device.statement import sign_event
from domain.events.codec import from_plain, to_plain
from domain.events.equipment import CalibrationRecorded, LightFieldMeasured
from domain.events.names import Event
from domain.ledger import canonical
from domain.ledger.entry import SALT_SIZE
from domain.ports import Clock, Randomness
from domain.values.calibration import IlluminationRecord
from domain.values.content import Digest
from domain.values.identifiers import DeviceId, StreamName
from domain.values.light_field import LightFieldRecord
from domain.values.time import DeviceTime

_ILLUMINATION: Final = "illumination"
_LIMITS: Final = "limits"
_LIGHT_BASELINE: Final = "light-baseline"
"""Where the one baseline was kept before every candidate had a place of its own."""


class Facts:
    """States facts in the station's name and remembers what it needs again."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        device: DeviceId,
        key: SecureKey,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        """Take the queue and what signing needs."""
        self._outbox = outbox
        self._device = device
        self._key = key
        self._clock = clock
        self._randomness = randomness

    def now(self) -> DeviceTime:
        """Return the time by the station's clock."""
        return DeviceTime(self._clock.now().us)

    def state(
        self,
        event: Event,
        *,
        stream: StreamName | None = None,
        content: tuple[bytes, ...] = (),
        keep: dict[str, bytes] | None = None,
    ) -> int:
        """Sign an event and keep it for delivery; return its number once it is durable.

        Args:
            event: What happened.
            stream: The stream it belongs to; the station's own when absent.
            content: The bytes it depends on.
            keep: What to remember in the same step, by name.

        Raises:
            Unavailable: the disk is full or read-only; nothing was kept.
        """
        digests = tuple(Digest.of(each) for each in content)

        def make(sequence: int) -> Packed:
            statement = sign_event(
                event,
                stream=stream or self._device.stream,
                device=self._device,
                sequence=sequence,
                at=self.now(),
                salt=self._randomness.token(SALT_SIZE),
                content=digests,
                key=self._key,
            )
            return Packed(statement=statement, content=content)

        return self._outbox.put(make, keep=keep)

    def state_calibration(self, made: Calibrated) -> None:
        """State a stereo calibration and the views behind it; remember its parameters.

        A crash between the two leaves a calibration without its views, and no false one.
        """
        self.state(
            CalibrationRecorded(calibration=made.record),
            content=(made.parameters,),
            keep={_parameters_name(made.record.parameters.digest): made.parameters},
        )
        self.state(made.views, content=(made.corners,))

    def state_illumination(self, made: Lit) -> None:
        """State an illumination calibration and remember it with the exposure it found."""
        record = to_plain(made.event.illumination)
        kept = {"record": record, "exposure_us": made.held.exposure_us}
        self.state(made.event, content=made.content, keep={_ILLUMINATION: canonical.encode(kept)})

    def state_light_field(
        self, measured: LightFieldMeasured, content: tuple[bytes, ...] = ()
    ) -> None:
        """State the light on the grey target; remember one that may become the baseline.

        Whether it does is the service's to say: it is kept under its own time, beside any other.

        Args:
            measured: The result and its basis.
            content: The kept pictures.
        """
        record = measured.field
        first = record.passed and record.baseline is None
        name = _light_field_name(record.performed_at)
        keep = {name: canonical.encode(to_plain(record))} if first else None
        self.state(measured, content=content, keep=keep)

    def light_field(self, performed_at: DeviceTime) -> LightFieldRecord | None:
        """Return the light field without a baseline that was measured at a time, or none."""
        for name in (_light_field_name(performed_at), _LIGHT_BASELINE):
            kept = self._outbox.kept(name)
            if kept is None:
                continue
            found: LightFieldRecord = from_plain(LightFieldRecord, canonical.parse_canonical(kept))
            if found.performed_at == performed_at:
                return found
        return None

    def light_field_waits(self) -> bool:
        """Return whether the service has yet to say what became of a light field."""
        waiting = self._outbox.waiting(self._outbox.state().waiting)
        return any(each.name == LightFieldMeasured.__name__ for each in waiting)

    def keep_limits(self, limits: ToldLimits | None) -> None:
        """Remember the limits the service named last, or that it named none."""
        if limits == self.limits():
            return
        told = {} if limits is None else to_plain(limits)
        self._outbox.keep(_LIMITS, canonical.encode(told))

    def limits(self) -> ToldLimits | None:
        """Return the limits the service named last, or none."""
        kept = self._outbox.kept(_LIMITS)
        found = {} if kept is None else canonical.parse_canonical(kept)
        if not found:
            return None
        told: ToldLimits = from_plain(ToldLimits, found)
        return told

    def illumination(self) -> tuple[IlluminationRecord, float] | None:
        """Return the last illumination calibration and its exposure in microseconds, or none."""
        kept = self._outbox.kept(_ILLUMINATION)
        if kept is None:
            return None
        found = canonical.parse_canonical(kept)
        record: IlluminationRecord = from_plain(IlluminationRecord, found["record"])  # type: ignore[index, call-overload]
        return record, float(found["exposure_us"])  # type: ignore[index, call-overload, arg-type]

    def parameters(self, digest: Digest) -> StereoCalibration | None:
        """Return the parameters of a calibration made at this station, or none."""
        kept = self._outbox.kept(_parameters_name(digest))
        return None if kept is None else calibration_from_bytes(kept)


def _light_field_name(performed_at: DeviceTime) -> str:
    return f"light-field/{performed_at}"


def _parameters_name(digest: Digest) -> str:
    return f"parameters/{digest}"
