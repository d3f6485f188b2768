"""What limits the reliability of depth and skin measures, by permanent words, from measurements.

Rules kept here:

1. A flag is raised by what was detected in the stored pictures; what an operator said can only add
   to it, never take one away.
2. What could not be measured raises no flag here: the gate that owns it says so.
3. The bounds here only flag; what decides about a capture stands in its protocol.

Each bound lies about half way between clean and faulty captures of the simulated station; the
command ``./vultus benchmark gates`` prints both.
"""

from collections.abc import Iterable
from typing import Final

from adapters.imaging import face_measures as measures
from adapters.imaging.measures import Measure
from domain.values.quality import QualityMeasurement

Bound = tuple[Measure, float | None, float | None]
"""A measure, the least and the most that raises no flag."""

FLAGS: Final[dict[str, tuple[Bound, ...]]] = {
    "little-texture": ((measures.SKIN_TEXTURE, 0.55, None),),
    "hair-not-held-back": ((measures.FACE_DARK_SHARE, None, 0.35),),
    "face-partly-occluded": (
        (measures.FACE_BAR_SHARE, None, 0.6),
        (measures.FACE_UNEVEN_SHARE, None, 0.06),
    ),
    "expression-not-neutral": (
        (measures.MOUTH_OPENING, None, 0.1),
        (measures.MOUTH_WIDTH, None, 0.595),
        (measures.SMILE, None, 0.05),
        (measures.BROW_HEIGHT, None, 0.2555),
    ),
    "makeup-present": ((measures.LIP_CONTRAST, None, 9.0), (measures.SKIN_TEXTURE, 1.25, None)),
    "specular-reflection": ((measures.SKIN_SHINE, None, 0.14),),
    "poor-alignment": ((measures.EYE_LINE, -5.0, 5.0),),
    "not-one-face": ((measures.FACE_COUNT, 1.0, 1.0),),
    "flat-face": ((measures.FACE_RELIEF, 1.5, None),),
    "cameras-exchanged": ((measures.CAMERA_ORDER, 1.0, None),),
}
"""Each flag and what raises it."""


def detected(measurements: Iterable[QualityMeasurement]) -> tuple[str, ...]:
    """Return the flags that measurements raise, in the order of the table."""
    known = {each.name: each.value for each in measurements}
    return tuple(
        flag
        for flag, bounds in FLAGS.items()
        if any(_outside(known.get(measure.name), low, high) for measure, low, high in bounds)
    )


def _outside(value: float | None, low: float | None, high: float | None) -> bool:
    if value is None:
        return False
    return (low is not None and value < low) or (high is not None and value > high)
