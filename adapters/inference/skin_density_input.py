"""From a capture to what the skin density models and the steps after them are given.

Rules kept here:

1. The same capture gives the same tensors: picture, chart, skin, regions and depth decide, nothing
   else.
2. What is looked at is skin, away from its outline, where the slope allows it, inside the named
   regions where those are known.
3. A scale comes from calibrated depth. Without one a nominal pixel, by the width of the skin,
   stands in to choose filters, and no size is reported.
4. Large pictures are averaged over whole blocks of linear light, where full detail is not needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.colour import linear_to_lab_d65
from adapters.imaging.colour_chart import measure_chart
from adapters.imaging.decode import DecodedImage
from adapters.imaging.masked import inner
from adapters.imaging.pixels import LUMINANCE_WEIGHTS, Mask
from adapters.imaging.skin_scale import METHOD as SCALE_METHOD
from adapters.imaging.skin_scale import skin_scale
from adapters.inference.analysis import Given, Source
from adapters.inference.release import InputDomain, InputFacts
from adapters.inference.skin_mask import METHOD as MASK_METHOD
from adapters.inference.skin_mask import find_skin
from adapters.inference.tensors import Tensor
from domain.values.facial_region import FacialRegion

REGIONS: Final = tuple(FacialRegion)
"""A region's number in the tensor ``regions`` is its place here, from 1 on."""

WORKING_SIDE_PX: Final = 2028
_AWAY_FROM_OUTLINE_MM: Final = 1.5
_NOMINAL_WIDTH_MM: Final = 140.0
_WELL_LIT_PERCENT: Final = (50.0, 95.0)
_WHOLE: Final = 0.99
"""Share of skin from which on a block of pixels is skin."""


def preprocessing(*, shrunk: bool) -> str:
    """Return names and versions of the steps, for the record."""
    size = f"longest-side={WORKING_SIDE_PX}" if shrunk else "full-size"
    return f"skin-density-input/1 {MASK_METHOD} colour-chart/1 {SCALE_METHOD} {size}"


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture on the grid that is worked on."""

    linear: NDArray[np.float32]
    skin: Mask
    regions: NDArray[np.uint8]


def density_input(source: Source, domain: InputDomain, *, shrunk: bool) -> Given:
    """Return what a skin density model and the steps after it are given.

    Args:
        source: The capture.
        domain: The released domain.
        shrunk: Whether to average blocks of pixels of large pictures.

    Raises:
        MalformedInput: the picture is too small.
    """
    image = source.image
    chart = measure_chart(image.linear, image.encoded)
    skin = find_skin(image.encoded)
    residual = None if chart is None else float(np.nanmean(chart.after))
    limit = float(domain.colour_residual_max_delta_e)
    correction = np.asarray(np.eye(3) if chart is None else chart.correction, dtype=np.float32)
    picture = _picture(source, skin.mask.astype(np.bool_), _blocks(image) if shrunk else 1)
    beside = _looked_at(source, picture)
    beside["tone_lab"] = _tone_lab(picture, correction)
    facts = InputFacts(
        pixel_count=image.width * image.height,
        skin_pixel_count=skin.skin_pixel_count,
        clipped_fraction=skin.clipped_fraction,
        colour_reference_passed=None if residual is None else residual <= limit,
        colour_residual_delta_e=residual,
        makeup=source.makeup,
        neutral_expression=source.neutral_expression,
    )
    return Given(
        tensors={
            "linear": picture.linear,
            "colour_correction": correction,
            "skin_mask": picture.skin.astype(np.uint8),
        },
        beside=beside,
        facts=facts,
        flags=_flags(source, beside),
    )


def _flags(source: Source, beside: Mapping[str, Tensor]) -> tuple[str, ...]:
    raised = {
        "scale-not-calibrated": not has_scale(beside),
        "regions-unknown": not source.regions,
        "hair-not-held-back": source.hair_back is False,
    }
    return tuple(flag for flag, is_raised in raised.items() if is_raised)


def _blocks(image: DecodedImage) -> int:
    return max(1, round(max(image.width, image.height) / WORKING_SIDE_PX))


def _picture(source: Source, skin: Mask, block: int) -> _Picture:
    rows, columns = skin.shape[0] // block, skin.shape[1] // block
    inside = np.s_[: rows * block, : columns * block]
    regions = np.zeros(skin.shape, dtype=np.uint8)
    for number, region in enumerate(REGIONS, start=1):
        if region in source.regions:
            regions[source.regions[region]] = number
    if block == 1:
        return _Picture(source.image.linear, skin, regions)
    size = (columns, rows)
    linear = cv2.resize(source.image.linear[inside], size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(skin[inside].astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(regions[inside], size, interpolation=cv2.INTER_NEAREST)
    return _Picture(
        np.asarray(linear, np.float32),
        np.asarray(share > _WHOLE),
        np.asarray(small, np.uint8),
    )


def _looked_at(source: Source, picture: _Picture) -> dict[str, Tensor]:
    """Return the mask that is looked at, the regions, and the scale where there is one."""
    skin = picture.skin
    if picture.regions.any():
        skin = skin & (picture.regions > 0)
    scale = None
    if source.depth is not None and source.camera is not None:
        scale = skin_scale(source.depth, source.camera, skin)
    found: dict[str, Tensor] = {"regions": picture.regions}
    if scale is None:
        width_px = int(np.count_nonzero(skin.any(axis=0)))
        pixel_mm = _NOMINAL_WIDTH_MM / max(width_px, 1)
    else:
        pixel_mm = scale.pixel_mm
        skin = scale.gentle
        found["pixel_mm2"] = np.where(skin, scale.pixel_mm2, np.float32(0)).astype(np.float32)
        found["depth_covered"] = np.array(scale.covered, dtype=np.float64)
    found["pixel_mm"] = np.array(pixel_mm, dtype=np.float64)
    found["looked_at"] = inner(skin, _AWAY_FROM_OUTLINE_MM / pixel_mm).astype(np.uint8)
    return found


def _tone_lab(picture: _Picture, correction: NDArray[np.float32]) -> Tensor:
    """Return the mean colour of well-lit skin, CIELAB (D65): (3,) float64; NaN without skin.

    The darker half lies in the shade of the face, the brightest twentieth under gloss.
    """
    if not picture.skin.any():
        return np.full(3, np.nan)
    colours = picture.linear[picture.skin] @ correction.T
    light = colours @ LUMINANCE_WEIGHTS
    low, high = np.percentile(light, _WELL_LIT_PERCENT)
    mean = colours[(light >= low) & (light <= high)].mean(axis=0, dtype=np.float64)
    return linear_to_lab_d65(mean)


def has_scale(beside: Mapping[str, Tensor]) -> bool:
    """Return whether sizes on the skin are known."""
    return "pixel_mm2" in beside


def mask_of(beside: Mapping[str, Tensor]) -> Mask:
    """Return what is looked at: (rows, columns) bool."""
    return np.asarray(beside["looked_at"], dtype=np.bool_)


def pixel_mm_of(beside: Mapping[str, Tensor]) -> float:
    """Return the length of a pixel on the skin, millimetres; nominal without a scale."""
    return float(beside["pixel_mm"].item())


def pixel_mm2_of(beside: Mapping[str, Tensor]) -> NDArray[np.float32]:
    """Return the skin area behind each pixel: (rows, columns) float32; nominal without a scale."""
    if has_scale(beside):
        return np.asarray(beside["pixel_mm2"], dtype=np.float32)
    return np.full(beside["looked_at"].shape, pixel_mm_of(beside) ** 2, dtype=np.float32)
