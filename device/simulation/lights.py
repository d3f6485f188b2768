"""The ring light: four zones, each with its own white and its own drive.

Rules kept here:

1. Zones are named as the operator sees them when standing behind the cameras: left, right, top,
   bottom.  Each is a quarter of a ring around the cameras, cut into a few small diffuse panels.
2. A white matt surface on the axis at the working distance, square to it, has radiance 1 in every
   channel when all zones burn at full drive and 6504 K.
3. Colour is carried in linear RGB (sRGB primaries); one light spectrum is one RGB triple.
4. What a diffuser does to a zone moves its light from panel to panel and loses none: all panels are
   as far from the axis, so rule 2 holds for a spoilt diffuser as for a sound one.

Known gap: three bands stand for a spectrum, so metamerism between lights is not simulated. A zone
can have a white of its own (``temperature_k``), a spectrum it cannot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from device.simulation.colorimetry import white_light
from device.simulation.rig import WORKING_DISTANCE_MM
from domain.errors import MalformedInput

RING_RADIUS_MM: Final = 185.0
RING_WIDTH_MM: Final = 56.0
RING_FORWARD_MM: Final = 20.0
"""How far the ring stands in front of the camera centres, towards the subject."""

PANELS_PER_ZONE: Final = 4


class Zone(StrEnum):
    """A quarter of the ring."""

    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"


_MIDDLE_DEG: Final = {Zone.RIGHT: 0.0, Zone.BOTTOM: 90.0, Zone.LEFT: 180.0, Zone.TOP: 270.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneState:
    """One zone as it burns.

    Attributes:
        drive: Pulse width, 0..1.
        temperature_k: Correlated colour temperature of its white.
        health: Output against a new zone at the same drive, 0..1; 0 is a dead zone.
        gathered: Share of its light that leaves through the panel at its clockwise end instead of
            through all alike, 0..1; 0 is a sound diffuser.
    """

    drive: float = 1.0
    temperature_k: float = 5600.0
    health: float = 1.0
    gathered: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no driver can do."""
        if not 0.0 <= self.drive <= 1.0:
            raise MalformedInput("a zone's drive must lie in 0..1")
        if not 0.0 <= self.health <= 1.0:
            raise MalformedInput("a zone's health must lie in 0..1")
        if not 0.0 <= self.gathered <= 1.0:
            raise MalformedInput("the share of a zone's light that is gathered must lie in 0..1")
        if not 2000.0 <= self.temperature_k <= 12000.0:  # noqa: PLR2004
            raise MalformedInput("a zone's colour temperature must lie in 2000..12000 K")


def _all_on() -> Mapping[Zone, ZoneState]:
    return MappingProxyType({zone: ZoneState() for zone in Zone})


@dataclass(frozen=True, slots=True, kw_only=True)
class RingLight:
    """The state of every zone."""

    zones: Mapping[Zone, ZoneState] = field(default_factory=_all_on)

    def __post_init__(self) -> None:
        """Refuse a ring with a zone unaccounted for."""
        if set(self.zones) != set(Zone):
            raise MalformedInput("a ring light must state each of its zones")

    @classmethod
    def even(cls, *, temperature_k: float = 5600.0, drive: float = 1.0) -> "RingLight":
        """All zones alike."""
        state = ZoneState(drive=drive, temperature_k=temperature_k)
        return cls(zones=MappingProxyType(dict.fromkeys(Zone, state)))

    def white(self) -> NDArray[np.float64]:
        """Return the colour of the burning zones together, luminance 1: (3,) linear RGB."""
        parts = [s.drive * s.health * white_light(s.temperature_k) for s in self.zones.values()]
        total = np.sum(parts, axis=0)
        luminance = float(total @ np.array([0.2126, 0.7152, 0.0722]))
        if luminance <= 0.0:
            return np.ones(3)
        return np.asarray(total / luminance, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panels:
    """The ring as small panels.

    Attributes:
        positions_mm: (n, 3) float64, rig frame.
        power: (n, 3) float64, linear RGB; divided by squared distance and multiplied by both
            cosines it gives the radiance of a white matt surface.
    """

    positions_mm: NDArray[np.float64]
    power: NDArray[np.float64]


def panels(light: RingLight) -> Panels:
    """Cut the burning ring into panels, scaled by rule 2."""
    spread = (np.arange(PANELS_PER_ZONE) + 0.5) / PANELS_PER_ZONE * 90.0 - 45.0
    positions, power = [], []
    for zone in Zone:
        state = light.zones[zone]
        share = np.full(PANELS_PER_ZONE, 1.0 - state.gathered)
        share[-1] += PANELS_PER_ZONE * state.gathered
        angles = np.radians(_MIDDLE_DEG[zone] + spread)
        for angle, part in zip(angles, share, strict=True):
            positions.append(
                [RING_RADIUS_MM * np.cos(angle), RING_RADIUS_MM * np.sin(angle), RING_FORWARD_MM]
            )
            power.append(part * (state.drive * state.health * white_light(state.temperature_k)))
    places = np.array(positions)
    reach = np.array([0.0, 0.0, WORKING_DISTANCE_MM]) - places
    square = np.sum(reach**2, axis=-1)
    # Both cosines are alike: panels face along the axis, as the reference surface does.
    unit = np.sum(reach[:, 2] ** 2 / square**2)
    return Panels(positions_mm=places, power=np.array(power) / unit)
