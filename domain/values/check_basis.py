"""What a check of the station was calculated from: its basis, from which the result follows again.

Rules kept here:

1. Only the part of a picture that was measured is kept, as content; a picture is named by what it
   shows.
2. Every number that the result rests on besides stands here, with its unit: a setting that is only
   in a program changes with the program.
3. All pictures of one check are taken with the cameras as they were held.
4. A check that saw nothing to measure keeps no picture.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.errors import MalformedInput
from domain.values.capture import CameraSettings
from domain.values.content import ContentReference, Digest
from domain.values.protocol import CalibrationLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPicture:
    """The part of a picture that was measured, and kept.

    Attributes:
        shows: What it shows: ``together`` for all light zones, ``zone:`` with the name of one that
            burned alone, ``chart:`` with the number of a repeated picture, from 1.
        content: Its pixels, without loss.
        exposure_us: Exposure time in microseconds.
    """

    shows: str
    content: ContentReference
    exposure_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLevel:
    """What one light zone alone gave on the colour reference when it was new.

    Attributes:
        zone: Name.
        level: Linear level, 0 to 1.
    """

    zone: str
    level: float

    def __post_init__(self) -> None:
        """Refuse a level that nothing can be compared with."""
        if not self.level > 0:
            message = f"zone {self.zone}: what it gave when new is above 0"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCheckBasis:
    """What a field check was calculated from, besides the parameters of the calibration.

    Attributes:
        method: How, with its version, such as ``field-check/1``.
        platform: Digest of the computing platform's description.
        corners: The corners that both cameras saw of the target, ``vultus/board-corners/v1``.
        limits: What it was held against.
    """

    method: str
    platform: Digest
    corners: ContentReference
    limits: CalibrationLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class IlluminationBasis:
    """What an illumination calibration was calculated from.

    Attributes:
        method: How, with its version, such as ``illumination-on-chart/1``.
        platform: Digest of the computing platform's description.
        pictures: The colour reference, in the light of all zones and of each alone; none where it
            was not in view.
        reference_levels: Of every zone, in the order of the result.
        nominal_cct_k: Colour temperature the lights were made for, kelvin.
        built: What the cameras were built to be set to.
        held: How they were set.
        exposure_tolerance: Largest deviation of the exposure from its target, as a share.
        zone_tolerance: Largest deviation of a zone from what it gave when new, as a share.
        cct_tolerance_k: Largest deviation of the colour temperature, kelvin.
    """

    method: str
    platform: Digest
    pictures: tuple[MeasuredPicture, ...]
    reference_levels: tuple[ReferenceLevel, ...]
    nominal_cct_k: float
    built: CameraSettings
    held: CameraSettings
    exposure_tolerance: float
    zone_tolerance: float
    cct_tolerance_k: float

    def __post_init__(self) -> None:
        """Refuse pictures taken otherwise than the cameras were held, and lights without zones."""
        _require_held(self.pictures, self.held)
        if not self.reference_levels:
            message = "an illumination calibration checks at least one zone"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class LightFieldBasis:
    """What a light field was calculated from, besides the baseline that its record names.

    Attributes:
        method: How, with its version, such as ``light-field-on-grey/1``.
        platform: Digest of the computing platform's description.
        pictures: The middle of the grey target, in the light of all zones and of each alone.
        nominal_cct_k: Colour temperature the lights were made for, kelvin.
        unevenness: Largest share of a part's level by which an even target departs from a smooth
            field of light.
        built: What the cameras were built to be set to.
        held: How they were set.
    """

    method: str
    platform: Digest
    pictures: tuple[MeasuredPicture, ...]
    nominal_cct_k: float
    unevenness: float
    built: CameraSettings
    held: CameraSettings

    def __post_init__(self) -> None:
        """Refuse pictures taken otherwise than the cameras were held."""
        _require_held(self.pictures, self.held)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourBasis:
    """What a colour calibration was calculated from.

    Attributes:
        method: How, with its version, such as ``colour-on-chart/1``.
        platform: Digest of the computing platform's description.
        pictures: The chart, several times.
        held: How the cameras were set.
    """

    method: str
    platform: Digest
    pictures: tuple[MeasuredPicture, ...]
    held: CameraSettings

    def __post_init__(self) -> None:
        """Refuse pictures taken otherwise than the cameras were held."""
        _require_held(self.pictures, self.held)


def _require_held(pictures: Iterable[MeasuredPicture], held: CameraSettings) -> None:
    if not held.exposure_us > 0:
        message = "the cameras are held at an exposure above 0"
        raise MalformedInput(message)
    if any(each.exposure_us != held.exposure_us for each in pictures):
        message = "a picture of a check is taken at the exposure at which the cameras were held"
        raise MalformedInput(message)
