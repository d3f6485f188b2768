"""What the station needs from its hardware, each promise in prose.

Rules kept here:

1. The sentence is the contract, the signature its summary; the OpenCV cameras and the simulated
   station keep the same promises.
2. Pictures are (rows, columns, 3) uint8, RGB, sRGB-coded, upright; left is the left camera as the
   cameras look.
3. Hardware that is missing or does not answer is ``Unavailable``; a setting it refuses is a
   ``RuleViolation``. Nothing is guessed in its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from domain.values.calibration import CalibrationTarget
from domain.values.capture import CameraSettings
from domain.values.identifiers import SessionId

Picture = NDArray[np.uint8]
"""(rows, columns, 3) uint8, RGB, sRGB-coded, upright."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """One simultaneous pair of pictures.

    Attributes:
        left: Of the left camera.
        right: Of the right camera.
        settings: How the cameras were really set, read back.
        skew_us: Measured time between the two exposures, never negative.
    """

    left: Picture
    right: Picture
    settings: CameraSettings
    skew_us: float


class Cameras(Protocol):
    """The two matched cameras."""

    @property
    def serials(self) -> tuple[str, str]:
        """Serial numbers, left first."""
        ...

    def lock(self, settings: CameraSettings) -> CameraSettings:
        """Set and lock exposure, gain and white balance; return what the cameras read back.

        Raises:
            RuleViolation: a camera does not keep a setting.
            Unavailable: a camera does not answer.
        """
        ...

    def preview(self) -> Picture:
        """Return a fresh, small picture of the left camera; never one from before this call.

        Raises:
            Unavailable: a camera does not answer.
        """
        ...

    def shoot(self) -> Pair:
        """Return a fresh pair in full size, both exposed after this call began.

        Raises:
            Unavailable: a camera does not answer.
            RuleViolation: the two exposures lie too far apart.
        """
        ...


class Lights(Protocol):
    """The illumination ring with its zones."""

    @property
    def zones(self) -> tuple[str, ...]:
        """Names of the zones."""
        ...

    @property
    def cct_k(self) -> float:
        """Colour temperature the ring was made for."""
        ...

    def burn(self, duty: Mapping[str, float]) -> None:
        """Let every zone burn at its duty cycle, 0 to 1; a zone left out is dark.

        Raises:
            Unavailable: the driver does not answer.
        """
        ...

    def current_ma(self, zone: str) -> float:
        """Return the current a zone draws, measured.

        Raises:
            Unavailable: the driver does not answer.
        """
        ...

    def reference_level(self, zone: str) -> float:
        """Return the linear level this zone alone gave on the reference when it was new, 0 to 1."""
        ...


class Fixture(Protocol):
    """Chin and forehead rest, and the mechanical lock of the cameras' baseline."""

    def engaged(self) -> bool:
        """Return whether chin and forehead rest against the fixture now."""
        ...

    def baseline_locked(self) -> bool:
        """Return whether the lock that holds the cameras' distance is closed now."""
        ...

    def distance_mm(self) -> float | None:
        """Return the distance from the cameras to the face, or none when nothing is in range."""
        ...


class Thermometer(Protocol):
    """Temperature of the rig."""

    def temperature_c(self) -> float | None:
        """Return the temperature, or none when it cannot be read."""
        ...


class Target(Protocol):
    """The traceable calibration target, held before the cameras by a person or a holder."""

    @property
    def target(self) -> CalibrationTarget:
        """Serial number, certificate and kind."""
        ...

    @property
    def grey(self) -> CalibrationTarget | None:
        """The even grey target, with serial number and certificate; none when there is none."""
        ...

    def present_grey(self) -> bool:
        """Bring the grey target square before the cameras; false when there is none."""
        ...

    def present(self, pose: int) -> bool:
        """Bring the target into the pose of this number; false when there are no more poses."""
        ...

    def away(self) -> None:
        """Take the target away."""
        ...


class Panel(Protocol):
    """What the operator sees and presses at the station."""

    def welcome(self, session: SessionId) -> None:
        """Say that the station takes up a session."""
        ...

    def refused(self) -> None:
        """Say that the capture asked for was refused; what to change was shown."""
        ...

    def show(self, words: str) -> None:
        """Show what to change, or that nothing need change."""
        ...

    def armed(self) -> bool:
        """Return whether the operator allows the shutter now."""
        ...


class SigningKey(Protocol):
    """Signs as the station."""

    def sign(self, content: bytes) -> bytes:
        """Return the ECDSA signature with SHA-256 over the content, DER."""
        ...


class SecureKey(SigningKey, Protocol):
    """The station's own key, made inside and never given out."""

    @property
    def location(self) -> str:
        """Where the key lives, such as ``secure-element`` or ``file``; for the record."""
        ...

    def public_key(self) -> bytes:
        """Return the P-256 public key as SubjectPublicKeyInfo in DER."""
        ...

    def seal(self, content: bytes, context: bytes) -> bytes:
        """Return the content encrypted and bound to its context.

        Only ``open`` of the same key, given the same context, brings it back.
        """
        ...

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            DigestMismatch: the sealed bytes or their context were changed.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """Everything a station is made of, besides its key."""

    cameras: Cameras
    lights: Lights
    fixture: Fixture
    thermometer: Thermometer
    target: Target
    panel: Panel
    chart: CalibrationTarget | None = None
    """The colour chart in its holder; none without serial number and certificate."""
