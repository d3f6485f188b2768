"""Stored pictures of one capture attempt to quality measurements.

Rules kept here:

1. The same bytes, calibration and platform give the same numbers; nothing else goes in.
2. Every gate that applies is measured; a measure that makes no sense for these pictures (no edges,
   no chart, no matches) is *absent*, and a protocol limit without its measurement fails.
3. Without a face, exposure and sharpness are measured in the middle of the picture, so that the
   reason (too dark, out of focus) shows beside ``face_found`` = 0.
4. Of two cameras the worse one counts, with its region; positions and light are averaged, because
   the two verged cameras see the face from opposite sides.
5. Nothing is judged here: limits belong to the protocol, the verdict to the domain.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging import measures as table
from adapters.imaging.alignment import FacePlace, locate_face
from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.colour_chart import ChartMeasurement, measure_chart
from adapters.imaging.decode import DecodedImage, decode
from adapters.imaging.depth import FARTHEST_MM, NEAREST_MM, DepthMap, reconstruct_luma
from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.edge_spread import EdgeSpread, edge_spread
from adapters.imaging.exposure import Exposure, clipped, level_ratio, measure_exposure
from adapters.imaging.focus import focus_permille
from adapters.imaging.illumination import FaceLight, measure_face_light, ratio
from adapters.imaging.motion_blur import motion_permille
from adapters.imaging.pixels import (
    EncodedLuma,
    LinearLuma,
    Window,
    ellipse_mask,
    encoded_luma,
    linear_luma,
)
from adapters.imaging.rectification import rectify
from adapters.imaging.stereo import measure_agreement
from domain.values.content import FrameRole
from domain.values.quality import QualityMeasurement, Region

_CHECK_SCALE = 0.5
_CLIPPING_REACH = 9
_INNER_FACE = 0.5
_MIDDLE = 0.4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AttemptResult:
    """Everything measured on one attempt.

    Attributes:
        measurements: In the order of the table.
        depth: The depth map, for a calibrated stereo pair.
        chart: The colour reference, when it was found.
    """

    measurements: tuple[QualityMeasurement, ...]
    depth: DepthMap | None
    chart: ChartMeasurement | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Look:
    """What one picture shows."""

    frame: str
    image: DecodedImage
    luma: LinearLuma
    face: FacePlace | None
    window: Window
    exposure: Exposure
    light: FaceLight | None
    spread: EdgeSpread | None

    @property
    def region(self) -> Region:
        return as_region(self.window, self.frame)

    def focus(self) -> float | None:
        if self.spread is None:
            return None
        return focus_permille(self.spread, width=self.image.width, height=self.image.height)

    def motion(self) -> float | None:
        if self.spread is None:
            return None
        return motion_permille(self.spread, width=self.image.width, height=self.image.height)


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
    calibration: StereoCalibration | None = None,
) -> AttemptResult:
    """Return every applicable measurement of decoded pictures, with depth map and chart.

    Raises:
        MalformedInput: the pictures have another size than the calibration.
    """
    fix_arithmetic()
    expected = None if chart_region is None else as_window(chart_region)
    chart = measure_chart(left.linear, left.encoded, expected=expected)
    hidden = expected if chart is None else chart.place.window
    role = (FrameRole.SINGLE if right is None else FrameRole.LEFT).value
    looks = [_look(left, role, hidden)]
    if right is not None:
        looks.append(_look(right, FrameRole.RIGHT.value, None))
    found = [*_placed(looks), *_sharp(looks), *_exposed(looks), *_lit(looks)]
    found += _coloured(chart, role)
    depth = None
    if right is not None:
        levels = [look.exposure.mean_level for look in looks]
        found.append(table.STEREO_EXPOSURE_RATIO.of(level_ratio(*levels), looks[0].region))
    if right is not None and calibration is not None:
        lumas = encoded_luma(left.encoded), encoded_luma(right.encoded)
        depth = reconstruct_luma(*lumas, calibration)
        found += _agreeing(looks[0], lumas, calibration)
        found += _deep(looks[0], depth, calibration)
    return AttemptResult(measurements=tuple(found), depth=depth, chart=chart)


def as_region(window: Window, frame: str) -> Region:
    """Return a window as the domain's region of a frame."""
    return Region(
        frame=frame,
        x_px=window.left,
        y_px=window.top,
        width_px=window.width,
        height_px=window.height,
    )


def as_window(region: Region) -> Window:
    """Return the domain's region as a window."""
    return Window(left=region.x_px, top=region.y_px, width=region.width_px, height=region.height_px)


def _look(image: DecodedImage, frame: str, hidden: Window | None) -> _Look:
    """Measure what one picture shows on its own."""
    luma = linear_luma(image.linear)
    face = locate_face(image.linear, ignored=hidden)
    window = face.window if face is not None else _middle(image.width, image.height)
    mask = ellipse_mask(window, width=image.width, height=image.height)
    reach = np.ones((_CLIPPING_REACH, _CLIPPING_REACH), np.uint8)
    part = np.s_[window.rows, window.columns]
    spoiled = cv2.dilate(clipped(image.encoded)[part].astype(np.uint8), reach).astype(np.bool_)
    return _Look(
        frame=frame,
        image=image,
        luma=luma,
        face=face,
        window=window,
        exposure=measure_exposure(image.encoded, luma, mask),
        light=measure_face_light(luma, mask, window),
        spread=edge_spread(LinearLuma(luma[part]), mask[part] & ~spoiled),
    )


def _middle(width: int, height: int) -> Window:
    """Return the middle of a picture, measured when no face was found."""
    inner_width, inner_height = max(1, int(width * _MIDDLE)), max(1, int(height * _MIDDLE))
    return Window(
        left=(width - inner_width) // 2,
        top=(height - inner_height) // 2,
        width=inner_width,
        height=inner_height,
    )


def _placed(looks: list[_Look]) -> list[QualityMeasurement]:
    """Face alignment, averaged over the cameras."""
    faces = [look.face for look in looks if look.face is not None]
    region = looks[0].region
    if len(faces) < len(looks):
        return [table.FACE_FOUND.of(0.0, region)]
    least = min(range(len(faces)), key=lambda number: faces[number].symmetry)
    return [
        table.FACE_FOUND.of(1.0, region),
        table.FACE_OFFSET_ACROSS.of(100 * _mean([face.offset_x for face in faces]), region),
        table.FACE_OFFSET_DOWN.of(100 * _mean([face.offset_y for face in faces]), region),
        table.FACE_ROLL.of(_mean([face.roll_deg for face in faces]), region),
        table.FACE_SYMMETRY.of(faces[least].symmetry, looks[least].region),
    ]


def _sharp(looks: list[_Look]) -> list[QualityMeasurement]:
    """Focus and motion of the worse camera; absent when one picture has no edges."""
    found = []
    for measure, values in (
        (table.FOCUS_EDGE_WIDTH, [look.focus() for look in looks]),
        (table.MOTION_EXTENT, [look.motion() for look in looks]),
    ):
        known = [value for value in values if value is not None]
        if len(known) == len(looks):
            worst = int(np.argmax(known))
            found.append(measure.of(known[worst], looks[worst].region))
    return found


def _exposed(looks: list[_Look]) -> list[QualityMeasurement]:
    """Exposure: the worse camera for clipping, the first camera for the level."""
    lightest = max(looks, key=lambda look: look.exposure.clipped_share)
    darkest = max(looks, key=lambda look: look.exposure.drowned_share)
    return [
        table.CLIPPED_SHARE.of(lightest.exposure.clipped_share, lightest.region),
        table.DROWNED_SHARE.of(darkest.exposure.drowned_share, darkest.region),
        table.FACE_LEVEL.of(looks[0].exposure.mean_level, looks[0].region),
    ]


def _lit(looks: list[_Look]) -> list[QualityMeasurement]:
    """Light on the face, averaged over the cameras."""
    lights = [look.light for look in looks if look.light is not None]
    if len(lights) < len(looks):
        return []
    region = looks[0].region
    across = ratio([light.right_over_left for light in lights])
    down = ratio([light.bottom_over_top for light in lights])
    return [
        table.LIGHT_ACROSS_RATIO.of(across, region),
        table.LIGHT_DOWN_RATIO.of(down, region),
        table.LIGHT_ZONE_RATIO.of(ratio([light.spread for light in lights]), region),
    ]


def _coloured(chart: ChartMeasurement | None, frame: str) -> list[QualityMeasurement]:
    """The colour reference of the first camera."""
    if chart is None:
        return [table.COLOUR_REFERENCE_FOUND.of(0.0)]
    region = as_region(chart.place.window, frame)
    found = [
        table.COLOUR_REFERENCE_FOUND.of(1.0, region),
        table.COLOUR_REFERENCE_PATCHES.of(chart.usable, region),
        table.COLOUR_DIFFERENCE_MEAN.of(float(np.nanmean(chart.before)), region),
        table.COLOUR_DIFFERENCE_CORRECTED_MEAN.of(float(np.nanmean(chart.after)), region),
        table.COLOUR_DIFFERENCE_CORRECTED_MAX.of(float(np.nanmax(chart.after)), region),
    ]
    kelvin = chart.colour_temperature_k
    if kelvin is not None:
        found.append(table.COLOUR_TEMPERATURE.of(kelvin, region))
    return found


def _agreeing(
    look: _Look, lumas: tuple[EncodedLuma, EncodedLuma], calibration: StereoCalibration
) -> list[QualityMeasurement]:
    """Agreement of the pair with its calibration."""
    rig = rectify(calibration, scale=_CHECK_SCALE)
    agreement = measure_agreement(
        rig,
        rig.left_picture(lumas[0]),
        rig.right_picture(lumas[1]),
        look.window,
        nearest_mm=NEAREST_MM,
        farthest_mm=FARTHEST_MM,
    )
    found = []
    if agreement.epipolar_residual_px is not None:
        found.append(table.EPIPOLAR_RESIDUAL.of(agreement.epipolar_residual_px, look.region))
    found.append(table.STEREO_CORRESPONDENCE.of(agreement.correspondence, look.region))
    return found


def _deep(look: _Look, depth: DepthMap, calibration: StereoCalibration) -> list[QualityMeasurement]:
    """Completeness of depth on the face, and the distance to its middle."""
    rows, columns = depth.valid.shape
    window = look.window
    small = Window(
        left=window.left // depth.step,
        top=window.top // depth.step,
        width=max(1, window.width // depth.step),
        height=max(1, window.height // depth.step),
    )
    face = ellipse_mask(small, width=columns, height=rows)
    share = float((depth.valid & face).sum()) / max(1, int(face.sum()))
    found = [table.DEPTH_COMPLETENESS.of(share, look.region)]
    distance_mm = _distance_mm(depth, small, calibration)
    if distance_mm is not None:
        found.append(table.WORKING_DISTANCE.of(distance_mm, look.region))
    return found


def _distance_mm(depth: DepthMap, face: Window, calibration: StereoCalibration) -> float | None:
    """Return the median distance from midway between the cameras to the inner face."""
    rows, columns = depth.valid.shape
    centre_x, centre_y = face.centre
    width, height = face.width * _INNER_FACE, face.height * _INNER_FACE
    inner = Window(
        left=max(0, int(centre_x - width / 2)),
        top=max(0, int(centre_y - height / 2)),
        width=max(1, int(width)),
        height=max(1, int(height)),
    )
    chosen = ellipse_mask(inner, width=columns, height=rows) & depth.valid
    where = np.argwhere(chosen)[:, ::-1]
    if len(where) < 2 * int(chosen.shape[0] ** 0.5):
        return None
    stored = np.asarray(where * depth.step + (depth.step - 1) / 2, np.float64)
    camera = calibration.left
    flat = cv2.undistortPoints(stored.reshape(-1, 1, 2), camera.matrix, camera.distortion_vector)
    rays = np.column_stack([np.asarray(flat, np.float64).reshape(-1, 2), np.ones(len(where))])
    points: NDArray[np.float64] = rays * depth.depth_mm[chosen].astype(np.float64)[:, None]
    middle = -calibration.rotation_matrix.T @ calibration.translation_vector / 2
    return float(np.median(np.linalg.norm(points - middle, axis=1)))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
