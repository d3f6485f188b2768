"""Stored pictures of one capture attempt to quality measurements.

Rules kept here:

1. The same bytes, calibration and platform give the same numbers; nothing else goes in.
2. Every gate that applies is measured; a measure that makes no sense for these pictures (no edges,
   no chart, no matches) is *absent*, and a protocol limit without its measurement fails.
3. Of two cameras the worse one counts, with its region; positions and light are averaged, because
   the two verged cameras see the face from opposite sides.  A region is the part that is worst,
   where one stands out, and never decides a value: ``measures.py`` says it of each measure.
4. Nothing is judged here: limits belong to the protocol, the verdict to the domain.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from adapters.imaging import measures as table
from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.chart_place import ChartPlace
from adapters.imaging.colour_chart import ChartMeasurement, measure_chart
from adapters.imaging.decode import DecodedImage, decode
from adapters.imaging.depth import FARTHEST_MM, NEAREST_MM, SGBM, DepthMap, reconstruct_luma
from adapters.imaging.depth_completeness import measure_completeness
from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.disclosure import disclose, disclose_depth, find_all, reference_level
from adapters.imaging.exposure import level_ratio
from adapters.imaging.face_measures import CAMERA_ORDER, COLOUR_REFERENCE_LEVEL
from adapters.imaging.head_pose import measure_head_pose
from adapters.imaging.illumination import darker_end, darker_side, darkest_zone, ratio
from adapters.imaging.light_direction import light_across_deg
from adapters.imaging.looks import Look, as_region, as_window, look_at
from adapters.imaging.pixels import EncodedLuma, encoded_luma
from adapters.imaging.rectification import rectify
from adapters.imaging.stereo import StereoAgreement, measure_agreement
from domain.values.content import FrameRole
from domain.values.quality import QualityMeasurement, Region

_CHECK_SCALE: Final = 0.5
_FITTING: Final = 0.7
_FITTING_PX: Final = 1.5
_LEAST_SYMMETRY: Final = 0.6
"""Below it a face is turned so far that its mirror axis means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AttemptResult:
    """Everything measured on one attempt.

    Attributes:
        measurements: In the order of the table.
        depth: The depth map, for a calibrated stereo pair.
        chart: The colour reference, when it was found.
        wholes: What was measured as a whole: the face in each picture, then the colour reference.
    """

    measurements: tuple[QualityMeasurement, ...]
    depth: DepthMap | None
    chart: ChartMeasurement | None
    wholes: tuple[Region, ...]


def measure_attempt(
    left_bytes: bytes,
    right_bytes: bytes | None = None,
    *,
    chart_region: Region | None = None,
    calibration: StereoCalibration | None = None,
) -> tuple[QualityMeasurement, ...]:
    """Return every applicable measurement of one attempt.

    Args:
        left_bytes: The stored left picture, or the only one.
        right_bytes: The stored right picture of a pair.
        chart_region: Where the protocol puts the colour reference in the left picture; the whole
            picture is searched when absent.
        calibration: The locked calibration; without it the pair's geometry is not measured.

    Raises:
        MalformedInput: bytes are not an upright sRGB picture, or have another size than the
            calibration.
    """
    right = None if right_bytes is None else decode(right_bytes)
    return measure_images(
        decode(left_bytes), right, chart_region=chart_region, calibration=calibration
    ).measurements


def measure_images(
    left: DecodedImage,
    right: DecodedImage | None = None,
    *,
    chart_region: Region | None = None,
    chart_last: ChartPlace | None = None,
    calibration: StereoCalibration | None = None,
) -> AttemptResult:
    """Return every applicable measurement of decoded pictures, with depth map and chart.

    Args:
        left: The left picture, or the only one.
        right: The right one of a pair.
        chart_region: As ``measure_attempt`` takes it.
        chart_last: Where the colour reference was in the frame before, of a preview.
        calibration: As ``measure_attempt`` takes it.

    Raises:
        MalformedInput: the pictures have another size than the calibration.
    """
    fix_arithmetic()
    expected = None if chart_region is None else as_window(chart_region)
    chart = measure_chart(left.linear, left.encoded, expected=expected, last=chart_last)
    ignored, white = (expected, None) if chart is None else (chart.place.window, chart.white)
    role = (FrameRole.SINGLE if right is None else FrameRole.LEFT).value
    looks = [look_at(left, role, ignored=ignored, white=white)]
    if right is not None:
        looks.append(look_at(right, FrameRole.RIGHT.value, ignored=None, white=white))
    found = [*_placed(looks), *_sharp(looks), *_exposed(looks), *_lit(looks)]
    found += _coloured(chart, role)
    seen = find_all([left] if right is None else [left, right], looks)
    disclosed = [] if seen is None else disclose(seen, chart)
    wholes = [look.region for look in looks]
    level = reference_level(chart)
    if chart is not None and level is not None:
        wholes.append(as_region(chart.place.window, role))
        disclosed.append(COLOUR_REFERENCE_LEVEL.of(level, wholes[-1]))
    depth = None
    if right is not None:
        levels = [look.exposure.mean_level for look in looks]
        found.append(table.STEREO_EXPOSURE_RATIO.of(level_ratio(*levels), looks[0].region))
    if right is not None and calibration is not None:
        lumas = encoded_luma(left.encoded), encoded_luma(right.encoded)
        # The gates' own depth is the quick one: their limits were set for it.
        depth = reconstruct_luma(*lumas, calibration, method=SGBM)
        agreement = _agreement(looks[0], lumas, calibration)
        found += _agreeing(looks[0], agreement)
        found += _deep(looks, depth, calibration)
        found += _shaded(left, looks[0], depth, calibration)
        order = _order(agreement, looks[1], lumas, calibration)
        disclosed.append(CAMERA_ORDER.of(order, looks[0].region))
        disclosed += disclose_depth(looks[0], seen, depth, calibration.left)
    return AttemptResult(
        measurements=(*found, *disclosed), depth=depth, chart=chart, wholes=tuple(wholes)
    )


def _placed(looks: list[Look]) -> list[QualityMeasurement]:
    """Face alignment, averaged over the cameras."""
    faces = [look.face for look in looks if look.face is not None]
    region = looks[0].region
    if len(faces) < len(looks):
        return [table.FACE_FOUND.of(0.0, region)]
    least = min(range(len(faces)), key=lambda number: faces[number].symmetry)
    symmetry = faces[least].symmetry
    found = [
        table.FACE_FOUND.of(1.0, region),
        table.FACE_OFFSET_ACROSS.of(100 * _mean([face.offset_x for face in faces]), region),
        table.FACE_OFFSET_DOWN.of(100 * _mean([face.offset_y for face in faces]), region),
    ]
    if symmetry >= _LEAST_SYMMETRY:
        found.append(table.FACE_ROLL.of(_mean([face.roll_deg for face in faces]), region))
    found.append(table.FACE_SYMMETRY.of(symmetry, looks[least].region))
    return found


def _sharp(looks: list[Look]) -> list[QualityMeasurement]:
    """Focus and motion of the worse camera; absent when one picture has no edges."""
    found = []
    for measure, values, parts in (
        (table.FOCUS_EDGE_WIDTH, [look.focus for look in looks], [look.softest for look in looks]),
        (table.MOTION_EXTENT, [look.motion for look in looks], [None for _ in looks]),
    ):
        known = [value for value in values if value is not None]
        if len(known) == len(looks):
            worst = int(np.argmax(known))
            found.append(measure.of(known[worst], looks[worst].region_of(parts[worst])))
    return found


def _exposed(looks: list[Look]) -> list[QualityMeasurement]:
    """Exposure: the worse camera for clipping, the first camera for the level."""
    lightest = max(looks, key=lambda look: look.exposure.clipped_share)
    darkest = max(looks, key=lambda look: look.exposure.drowned_share)
    emptiest = max(looks, key=lambda look: look.blank_rows)
    clipped, drowned = lightest.exposure.clipped_part, darkest.exposure.drowned_part
    blank = emptiest.blank_part
    return [
        table.CLIPPED_SHARE.of(lightest.exposure.clipped_share, lightest.region_of(clipped)),
        table.DROWNED_SHARE.of(darkest.exposure.drowned_share, darkest.region_of(drowned)),
        table.BLANK_ROWS_SHARE.of(
            emptiest.blank_rows, None if blank is None else as_region(blank, emptiest.frame)
        ),
        table.FACE_LEVEL.of(looks[0].exposure.mean_level, looks[0].region),
    ]


def _lit(looks: list[Look]) -> list[QualityMeasurement]:
    """Light on the face, averaged over the cameras."""
    lights = [look.light for look in looks if look.light is not None]
    if len(lights) < len(looks):
        return []
    across = ratio([light.right_over_left for light in lights])
    down = ratio([light.bottom_over_top for light in lights])
    zones = ratio([light.spread for light in lights])
    first = looks[0]
    return [
        table.LIGHT_ACROSS_RATIO.of(across, first.region_of(darker_side(lights, first.window))),
        table.LIGHT_DOWN_RATIO.of(down, first.region_of(darker_end(lights, first.window))),
        table.LIGHT_ZONE_RATIO.of(zones, first.region_of(darkest_zone(lights, first.window))),
    ]


def _coloured(chart: ChartMeasurement | None, frame: str) -> list[QualityMeasurement]:
    """The colour reference of the first camera."""
    if chart is None:
        return [table.COLOUR_REFERENCE_FOUND.of(0.0)]
    region = as_region(chart.place.window, frame)
    spoiled, worst = (
        region if part is None else as_region(part, frame)
        for part in (chart.unusable_part, chart.worst_patch)
    )
    found = [
        table.COLOUR_REFERENCE_FOUND.of(1.0, region),
        table.COLOUR_REFERENCE_PATCHES.of(chart.usable, spoiled),
        table.COLOUR_DIFFERENCE_MEAN.of(float(np.nanmean(chart.before)), region),
        table.COLOUR_DIFFERENCE_CORRECTED_MEAN.of(float(np.nanmean(chart.after)), region),
        table.COLOUR_DIFFERENCE_CORRECTED_MAX.of(float(np.nanmax(chart.after)), worst),
    ]
    kelvin = chart.colour_temperature_k
    if kelvin is not None:
        found.append(table.COLOUR_TEMPERATURE.of(kelvin, region))
    return found


def _agreeing(look: Look, agreement: StereoAgreement) -> list[QualityMeasurement]:
    """Agreement of the pair with its calibration."""
    found = []
    residual_px = agreement.epipolar_residual_px
    if residual_px is not None:
        off_rows = look.region_of(agreement.farthest_off)
        found.append(table.EPIPOLAR_RESIDUAL.of(residual_px, off_rows))
    weakest = look.region_of(agreement.weakest)
    found.append(table.STEREO_CORRESPONDENCE.of(agreement.correspondence, weakest))
    return found


def _agreement(
    look: Look, lumas: tuple[EncodedLuma, EncodedLuma], calibration: StereoCalibration
) -> StereoAgreement:
    rig = rectify(calibration, scale=_CHECK_SCALE)
    return measure_agreement(
        rig,
        rig.left_picture(lumas[0]),
        rig.right_picture(lumas[1]),
        look.window,
        nearest_mm=NEAREST_MM,
        farthest_mm=FARTHEST_MM,
    )


def _order(
    agreement: StereoAgreement,
    other: Look,
    lumas: tuple[EncodedLuma, EncodedLuma],
    calibration: StereoCalibration,
) -> float:
    """Return 0 when the pair fits with its pictures exchanged and not as delivered, else 1.

    ``other`` is the look at the picture delivered as the right one.
    """
    if _fits(agreement):
        return 1.0
    exchanged = _agreement(other, (lumas[1], lumas[0]), calibration)
    return 0.0 if _fits(exchanged) else 1.0


def _fits(agreement: StereoAgreement) -> bool:
    residual = agreement.epipolar_residual_px
    enough = agreement.correspondence >= _FITTING
    return enough and residual is not None and residual < _FITTING_PX


def _deep(
    looks: list[Look], depth: DepthMap, calibration: StereoCalibration
) -> list[QualityMeasurement]:
    """Completeness of depth on the face, and how the head stands."""
    region, window = looks[0].region, looks[0].window
    face = measure_completeness(depth, window)
    found = [table.DEPTH_COMPLETENESS.of(face.share, looks[0].region_of(face.hole))]
    pose = measure_head_pose(depth, calibration, left_face=window, right_face=looks[1].window)
    if pose is not None:
        found += [
            table.WORKING_DISTANCE.of(pose.distance_mm, region),
            table.FACE_TURN.of(pose.turn_deg, region),
            table.FACE_NOD.of(pose.nod_deg, region),
        ]
    return found


def _shaded(
    left: DecodedImage, look: Look, depth: DepthMap, calibration: StereoCalibration
) -> list[QualityMeasurement]:
    """From which side the light comes; absent where nobody is, for a wall has a shade, too."""
    if look.face is None:
        return []
    across = light_across_deg(left.linear, depth, calibration, look.window)
    return [] if across is None else [table.LIGHT_DIRECTION_ACROSS.of(across, look.region)]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
