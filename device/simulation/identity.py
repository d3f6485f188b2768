"""Who the simulated subject is, and what changed about them between two sessions.

Rules kept here:

1. An identity is a handful of proportions, drawn from one seed; the same seed is the same person.
2. A change is stated, not drawn: its volume in cubic centimetres and its pigmentation are the
   ground truth against which a measured change is judged.
3. Sides are the subject's own: left is +x of the head frame.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final, Self

import numpy as np

from domain.errors import MalformedInput

MAX_CHANGE_CM3: Final = 5.0
"""Beyond this a bump is no longer a treated cheek."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChange:
    """What a treatment, or time, did to the subject since the first session.

    Attributes:
        cheek_volume_cm3: Volume added (or lost, below 0) under the cheek on ``side``.
        side: Which cheek.
        spots_faded: 0 leaves pigmented spots as they were, 1 removes them.
        redness_faded: 0 leaves the cheeks' redness as it was, 1 removes it.
    """

    cheek_volume_cm3: float = 0.0
    side: Side = Side.LEFT
    spots_faded: float = 0.0
    redness_faded: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a change outside what the simulation stands for."""
        if not abs(self.cheek_volume_cm3) <= MAX_CHANGE_CM3:
            raise MalformedInput(f"cheek volume must lie within ±{MAX_CHANGE_CM3} cm³")
        for name in ("spots_faded", "redness_faded"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise MalformedInput(f"{name} must lie in 0..1")


NO_CHANGE: Final = SessionChange()
