"""Who the simulated subject is, and what changed about them between two sessions.

Rules kept here:

1. An identity is a handful of proportions, drawn from one seed; the same seed is the same person.
2. A change is stated, not drawn: its volume in cubic centimetres and its pigmentation are the
   ground truth against which a measured change is judged.
3. Sides are the subject's own: left is +x of the head frame.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

import numpy as np

from domain.errors import MalformedInput

MAX_CHANGE_CM3: Final = 5.0
"""Beyond this a bump is no longer a treated cheek."""

AGE_RANGE_YEARS: Final = (18.0, 85.0)
_MEAN_AGE_YEARS: Final = 44.0
_AGE_SPREAD_YEARS: Final = 18.0


class TypologyClass(StrEnum):
    """Skin colour by individual typology angle.  Source: Chardon 1991; Del Bino 2013."""

    VERY_LIGHT = "very light"
    LIGHT = "light"
    INTERMEDIATE = "intermediate"
    TAN = "tan"
    BROWN = "brown"
    DARK = "dark"


class Side(StrEnum):
    """A side of the face as the subject knows it."""

    LEFT = "left"
    RIGHT = "right"


class VolumePlace(StrEnum):
    """A region of the face whose volume a session can change."""

    FOREHEAD = "forehead"
    TEMPLE_LEFT = "temple left"
    TEMPLE_RIGHT = "temple right"
    TEAR_TROUGH_LEFT = "tear trough left"
    TEAR_TROUGH_RIGHT = "tear trough right"
    CHEEK_LEFT = "cheek left"
    CHEEK_RIGHT = "cheek right"
    NASOLABIAL_LEFT = "nasolabial left"
    NASOLABIAL_RIGHT = "nasolabial right"
    PERIORAL = "perioral"
    CHIN = "chin"
    JAW_LEFT = "jaw left"
    JAW_RIGHT = "jaw right"
    NOSE = "nose"
    GLABELLA = "glabella"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Proportions of one head; 0 is the average adult, about -1..1 the usual spread.

    Attributes:
        seed: Also drives freckles, pores, brow hairs and asymmetry.
    """

    seed: int
    face_width: float = 0.0
    face_length: float = 0.0
    jaw_width: float = 0.0
    chin: float = 0.0
    cheek_fullness: float = 0.0
    brow_ridge: float = 0.0
    brow_height: float = 0.0
    eye_spacing: float = 0.0
    eye_opening: float = 0.0
    eye_tilt: float = 0.0
    nose_width: float = 0.0
    nose_length: float = 0.0
    nose_bridge: float = 0.0
    mouth_width: float = 0.0
    lip_fullness: float = 0.0
    age: float = 0.0
    asymmetry: float = 1.0

    @classmethod
    def from_seed(cls, seed: int) -> Self:
        """Draw a person: each proportion from a normal spread, cut at 1.4."""
        rng = np.random.default_rng(np.random.SeedSequence([seed, 0x1D]))
        names = [f.name for f in fields(cls) if f.name not in {"seed", "asymmetry"}]
        drawn = np.clip(rng.standard_normal(len(names)) * 0.6, -1.4, 1.4)
        return cls(seed=seed, **dict(zip(names, map(float, drawn), strict=True)))

    @property
    def age_years(self) -> float:
        """The age in years that the proportion ``age`` stands for."""
        return max(AGE_RANGE_YEARS[0], _MEAN_AGE_YEARS + _AGE_SPREAD_YEARS * self.age)


def age_of(years: float) -> float:
    """Return the proportion ``age`` of a person so many years old.

    Raises:
        MalformedInput: nobody of that age is simulated.
    """
    low, high = AGE_RANGE_YEARS
    if not low <= years <= high:
        raise MalformedInput(f"an age must lie in {low:g}..{high:g} years")
    return (years - _MEAN_AGE_YEARS) / _AGE_SPREAD_YEARS


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeChange:
    """Volume added (or lost, below 0) under one region since the first session."""

    place: VolumePlace
    volume_cm3: float

    def __post_init__(self) -> None:
        """Refuse a change outside what the simulation stands for."""
        if not abs(self.volume_cm3) <= MAX_CHANGE_CM3:
            raise MalformedInput(f"a region's volume must lie within ±{MAX_CHANGE_CM3} cm³")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChange:
    """What a treatment, or time, did to the subject since the first session.

    Attributes:
        cheek_volume_cm3: Volume added (or lost, below 0) under the cheek on ``side``.
        side: Which cheek.
        spots_faded: 0 leaves pigmented spots as they were, 1 removes them.
        redness_faded: 0 leaves the cheeks' redness as it was, 1 removes it.
        volumes: Further regions; several changes of one region add up.
        lines_softened: 0 leaves wrinkles and fine lines as deep as they were, 1 removes them.
        comedones_cleared: 0 leaves comedones and papules as they were, 1 removes them.
    """

    cheek_volume_cm3: float = 0.0
    side: Side = Side.LEFT
    spots_faded: float = 0.0
    redness_faded: float = 0.0
    volumes: tuple[VolumeChange, ...] = ()
    lines_softened: float = 0.0
    comedones_cleared: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a change outside what the simulation stands for."""
        if not abs(self.cheek_volume_cm3) <= MAX_CHANGE_CM3:
            raise MalformedInput(f"cheek volume must lie within ±{MAX_CHANGE_CM3} cm³")
        for name in ("spots_faded", "redness_faded", "lines_softened", "comedones_cleared"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise MalformedInput(f"{name} must lie in 0..1")

    @classmethod
    def of_volumes(cls, volumes_cm3: Mapping[VolumePlace, float]) -> Self:
        """Return the change that adds these volumes, cubic centimetres, and nothing else."""
        return cls(
            volumes=tuple(
                VolumeChange(place=place, volume_cm3=volume)
                for place, volume in volumes_cm3.items()
            )
        )

    def volumes_cm3(self) -> Mapping[VolumePlace, float]:
        """Return the volume added in every region that changed, cubic centimetres."""
        cheek = (
            VolumePlace.CHEEK_LEFT if self.side is Side.LEFT else VolumePlace.CHEEK_RIGHT,
            self.cheek_volume_cm3,
        )
        total: dict[VolumePlace, float] = {}
        for place, volume in (cheek, *((each.place, each.volume_cm3) for each in self.volumes)):
            total[place] = total.get(place, 0.0) + volume
        return MappingProxyType({place: volume for place, volume in total.items() if volume})


NO_CHANGE: Final = SessionChange()
