"""The permanent table of measurements: word, unit, which side is bad, method and version.

Rules kept here:

1. A word in this table is for ever; a changed method gets a new method version, a changed meaning a
   new word.
2. Limits are not here: they are protocol data.
3. Of each measure it is said what its region shows; where that is all that was measured, why.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from domain.values.quality import QualityMeasurement, Region


class Bound(Enum):
    """Which side of a measurement a protocol limits."""

    LOWER = "lower"
    UPPER = "upper"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measurement the product can make.

    Attributes:
        name: Permanent word.
        unit: Unit of the value; ``1`` for shares, ratios and counts.
        bound: Which side is limited.
        method: Method and version.
        meaning: One sentence for people.
        region: Which part of the picture its region is, and why it is no smaller.
        finer: Whether that is a part, where the first records state all that was measured.
        stereo: Needs both pictures.
    """

    name: str
    unit: str
    bound: Bound
    method: str
    meaning: str
    region: str
    finer: bool = False
    stereo: bool = False

    def of(self, value: float, region: Region | None = None) -> QualityMeasurement:
        """Return the measurement with a value."""
        return QualityMeasurement(
            name=self.name,
            value=float(value),
            unit=self.unit,
            method=self.method,
            region=region,
        )


FACE_FOUND: Final = Measure(
    name="face_found",
    unit="1",
    bound=Bound.LOWER,
    method="face-place/1",
    meaning="1 when a face stands out from the background in every picture, else 0",
    region="the face, or the middle of the picture that is measured without one",
)
FACE_OFFSET_ACROSS: Final = Measure(
    name="face_offset_across",
    unit="percent",
    bound=Bound.BOTH,
    method="face-place/1",
    meaning="Face centre from the picture's centre, per cent of the width, right positive",
    region="the face: its box is what is off the centre",
)
FACE_OFFSET_DOWN: Final = Measure(
    name="face_offset_down",
    unit="percent",
    bound=Bound.BOTH,
    method="face-place/1",
    meaning="Face centre from the picture's centre, per cent of the height, down positive",
    region="the face: its box is what is off the centre",
)
FACE_ROLL: Final = Measure(
    name="face_roll",
    unit="deg",
    bound=Bound.BOTH,
    method="mirror-axis/1",
    meaning="Tilt of the face's symmetry axis from the vertical, clockwise positive",
    region="the face: its mirror axis runs through all of it",
)
FACE_SYMMETRY: Final = Measure(
    name="face_symmetry",
    unit="1",
    bound=Bound.LOWER,
    method="mirror-axis/1",
    meaning="Likeness of the two halves of the face, 1 when it looks straight ahead",
    region="the face: its halves are compared as wholes",
)
FOCUS_EDGE_WIDTH: Final = Measure(
    name="focus_edge_width",
    unit="permille",
    bound=Bound.UPPER,
    method="edge-spread/1",
    meaning="Width of the face's sharpest edges, thousandths of the picture's diagonal",
    region="tiles with edges clearly wider than on the other side; the face where both are alike",
    finer=True,
)
MOTION_EXTENT: Final = Measure(
    name="motion_extent",
    unit="permille",
    bound=Bound.UPPER,
    method="edge-spread/1",
    meaning="Length of motion during the exposure, thousandths of the picture's diagonal",
    region="the face: a direction takes edges of many, which no tile has",
)
CLIPPED_SHARE: Final = Measure(
    name="clipped_share",
    unit="1",
    bound=Bound.UPPER,
    method="exposure/1",
    meaning="Share of the face with a colour channel at its upper limit",
    region="the patch with most of the clipped pixels; the face where they are scattered",
    finer=True,
)
DROWNED_SHARE: Final = Measure(
    name="drowned_share",
    unit="1",
    bound=Bound.UPPER,
    method="exposure/1",
    meaning="Share of the face with all colour channels at the bottom",
    region="the patch with most of the drowned pixels; the face where they are scattered",
    finer=True,
)
BLANK_ROWS_SHARE: Final = Measure(
    name="blank_rows_share",
    unit="1",
    bound=Bound.UPPER,
    method="exposure/1",
    meaning="Share of the picture's rows without any content",
    region="the longest run of such rows; none without any",
    finer=True,
)
FACE_LEVEL: Final = Measure(
    name="face_level",
    unit="1",
    bound=Bound.BOTH,
    method="exposure/1",
    meaning="Mean linear luminance of the face, 1 at the upper limit; depends on skin tone",
    region="the face: a mean of all of it",
)
LIGHT_ACROSS_RATIO: Final = Measure(
    name="light_across_ratio",
    unit="1",
    bound=Bound.UPPER,
    method="face-light/1",
    meaning="Lighter over darker side of the face, left against right",
    region="the darker third; too much light on the other side reads the same",
    finer=True,
)
LIGHT_DOWN_RATIO: Final = Measure(
    name="light_down_ratio",
    unit="1",
    bound=Bound.UPPER,
    method="face-light/1",
    meaning="Lighter over darker part of the face, top against bottom",
    region="the darker third; too much light at the other end reads the same",
    finer=True,
)
LIGHT_ZONE_RATIO: Final = Measure(
    name="light_zone_ratio",
    unit="1",
    bound=Bound.UPPER,
    method="face-light/1",
    meaning="Lightest over darkest of nine zones of the face",
    region="the darkest zone, by all cameras together, in the first picture",
    finer=True,
)
LIGHT_DIRECTION_ACROSS: Final = Measure(
    name="light_direction_across",
    unit="deg",
    bound=Bound.BOTH,
    method="face-shading/1",
    meaning="Where the light on the face comes from, right positive, by how known slopes are lit",
    region="the face: one light is fitted to all of it",
    stereo=True,
)
COLOUR_REFERENCE_FOUND: Final = Measure(
    name="colour_reference_found",
    unit="1",
    bound=Bound.LOWER,
    method="colour-chart/1",
    meaning="1 when the 24-patch reference is in view, else 0",
    region="the reference; none without one",
)
COLOUR_REFERENCE_PATCHES: Final = Measure(
    name="colour_reference_patches",
    unit="1",
    bound=Bound.LOWER,
    method="colour-chart/1",
    meaning="Number of reference patches without clipping",
    region="the box around patches with clipping; the reference without any",
    finer=True,
)
COLOUR_DIFFERENCE_MEAN: Final = Measure(
    name="colour_difference_mean",
    unit="dE00",
    bound=Bound.UPPER,
    method="colour-chart/1",
    meaning="Mean colour difference of the patches, exposure evened out, before correction",
    region="the reference: a mean of all patches",
)
COLOUR_DIFFERENCE_CORRECTED_MEAN: Final = Measure(
    name="colour_difference_corrected_mean",
    unit="dE00",
    bound=Bound.UPPER,
    method="colour-chart/1",
    meaning="Mean colour difference of the patches after the 3 x 3 correction",
    region="the reference: a mean of all patches",
)
COLOUR_DIFFERENCE_CORRECTED_MAX: Final = Measure(
    name="colour_difference_corrected_max",
    unit="dE00",
    bound=Bound.UPPER,
    method="colour-chart/1",
    meaning="Largest colour difference of a patch after the 3 x 3 correction",
    region="the patch that differs most",
    finer=True,
)
COLOUR_TEMPERATURE: Final = Measure(
    name="colour_temperature",
    unit="K",
    bound=Bound.BOTH,
    method="colour-chart/1",
    meaning="Colour temperature of the light in the picture's white balance; 6504 when they agree",
    region="the reference: the light on it is one",
)
STEREO_EXPOSURE_RATIO: Final = Measure(
    name="stereo_exposure_ratio",
    unit="1",
    bound=Bound.UPPER,
    method="exposure/1",
    meaning="Level of the face in the lighter picture over the darker one",
    region="the face: means of two pictures are compared",
    stereo=True,
)
EPIPOLAR_RESIDUAL: Final = Measure(
    name="epipolar_residual",
    unit="px",
    bound=Bound.UPPER,
    method="stereo-agreement/1",
    meaning="Median distance of matches from the line the locked calibration predicts",
    region="tiles of the face with matches clearly farther off; the face where it is alike",
    finer=True,
    stereo=True,
)
STEREO_CORRESPONDENCE: Final = Measure(
    name="stereo_correspondence",
    unit="1",
    bound=Bound.LOWER,
    method="stereo-agreement/1",
    meaning="Share of the face's features found again in the other picture",
    region="tiles of the face with clearly fewer matches; the face where it is alike",
    finer=True,
    stereo=True,
)
DEPTH_COMPLETENESS: Final = Measure(
    name="depth_completeness",
    unit="1",
    bound=Bound.LOWER,
    method="sgbm-half/1",
    meaning="Share of the face with trusted depth",
    region="the largest hole; the face where what is missing is scattered",
    finer=True,
    stereo=True,
)
FACE_TURN: Final = Measure(
    name="face_turn",
    unit="deg",
    bound=Bound.BOTH,
    method="head-pose/1",
    meaning="Turn of the face to the picture's right, from the nose in depth",
    region="the face: it turns as a whole",
    stereo=True,
)
FACE_NOD: Final = Measure(
    name="face_nod",
    unit="deg",
    bound=Bound.BOTH,
    method="head-pose/1",
    meaning="Tilt of the face upwards, from the slope of the face in depth",
    region="the face: it nods as a whole",
    stereo=True,
)
WORKING_DISTANCE: Final = Measure(
    name="working_distance",
    unit="mm",
    bound=Bound.BOTH,
    method="head-pose/1",
    meaning="Median distance from midway between the cameras to the middle of the face",
    region="the face: a median over all of it",
    stereo=True,
)

MEASURES: Final = (
    FACE_FOUND,
    FACE_OFFSET_ACROSS,
    FACE_OFFSET_DOWN,
    FACE_ROLL,
    FACE_SYMMETRY,
    FOCUS_EDGE_WIDTH,
    MOTION_EXTENT,
    CLIPPED_SHARE,
    DROWNED_SHARE,
    BLANK_ROWS_SHARE,
    FACE_LEVEL,
    LIGHT_ACROSS_RATIO,
    LIGHT_DOWN_RATIO,
    LIGHT_ZONE_RATIO,
    COLOUR_REFERENCE_FOUND,
    COLOUR_REFERENCE_PATCHES,
    COLOUR_DIFFERENCE_MEAN,
    COLOUR_DIFFERENCE_CORRECTED_MEAN,
    COLOUR_DIFFERENCE_CORRECTED_MAX,
    COLOUR_TEMPERATURE,
    STEREO_EXPOSURE_RATIO,
    EPIPOLAR_RESIDUAL,
    STEREO_CORRESPONDENCE,
    DEPTH_COMPLETENESS,
    WORKING_DISTANCE,
    FACE_TURN,
    FACE_NOD,
    LIGHT_DIRECTION_ACROSS,
)

LATER: Final = frozenset({LIGHT_DIRECTION_ACROSS.name})
"""Words that the first records could not hold: there, a missing one was not yet measured."""
