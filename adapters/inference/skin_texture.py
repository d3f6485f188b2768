"""Texture of the skin: pores, roughness, lines, wrinkles, and how texture changes over the face.

Rules kept here:

1. Everything has a size on the skin, so without calibrated depth it is withheld; each measure also
   states the pixel it needs, and is withheld with both numbers when the picture is coarser.
2. Depth of wrinkles and relief are given only where the depth map resolves them; otherwise they are
   withheld with what was found and what would have been needed.
3. A line narrower than ``FINE_BELOW_MM`` is a fine line, a wider one a wrinkle.
4. No lines are looked for on the nose: the creases beside its wings and the shade of its ridge
   belong to its form.
5. What an earlier release worked out and said stays as that release has it (``EARLIER``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np

from adapters.imaging.depth import DepthMap
from adapters.imaging.line_depth import line_depths
from adapters.imaging.lines import Lines, LineSettings, find_lines
from adapters.imaging.masked import Map, robust_spread, smoothed
from adapters.imaging.pixels import Mask
from adapters.imaging.skin_texture import (
    PORE_CONTRAST,
    PORE_LARGEST_PIXEL_MM,
    RELIEF_BAND_MM,
    TEXTURE_LARGEST_PIXEL_MM,
    find_pores,
    relief,
    relief_slope,
    texture_contrast,
    texture_gradient,
)
from adapters.inference.analysis import Given, Judged, Reported, Source
from adapters.inference.release import DomainVerdict, InputDomain, ModelRelease, OutputDescription
from adapters.inference.skin_density_graph import (
    LUMINANCE_DENSITY_MAP,
    build_skin_density_graph,
)
from adapters.inference.skin_density_input import (
    REGIONS,
    density_input,
    has_scale,
    mask_of,
    pixel_mm_of,
    preprocessing,
)
from adapters.inference.skin_judgement import judge_skin
from adapters.inference.skin_measures import contrast_uncertainty
from adapters.inference.skin_release import skin_release
from adapters.inference.skin_texture_report import (
    FIRST_WORDS,
    LIMITS,
    SECOND_WORDS,
    WORDS,
    TextureWords,
    texture_report,
)
from adapters.inference.skin_tone import SkinToneClass
from adapters.inference.tensors import Tensor
from domain.values.content import Digest
from domain.values.facial_region import FacialRegion

NAME: Final = "skin-texture"
VERSION: Final = "2.1.0"
FINE_BELOW_MM: Final = 1.0
FIRST_LINES: Final = LineSettings(
    scales_mm=(0.35, 0.6, 0.9), strong=0.06, least_crests=2.0, shortest_mm=6.0
)
LINES: Final = replace(FIRST_LINES, least_mean=0.08)
LINE_PIXEL_MM: Final = 0.115
LINES_FROM_RIM_MM: Final = 2.5

_LINES: Final = {
    SkinToneClass.VERY_LIGHT: (0.88, 0.55),
    SkinToneClass.LIGHT: (0.78, 0.57),
    SkinToneClass.INTERMEDIATE: (0.81, 0.54),
    SkinToneClass.TAN: (0.70, 0.51),
    SkinToneClass.BROWN: (0.33, 0.34),
}
"""Share of the drawn length from 0.2 mm deep on that was found, and of the found length that was
drawn, by the benchmark."""


@dataclass(frozen=True, slots=True)
class SkinTexture:
    """The steps around the texture model."""

    name: str = NAME
    preprocessing: str = preprocessing(shrunk=False)
    postprocessing: str = "skin-texture/1 skin-lines/2 skin-texture-findings/3"
    lines: LineSettings = LINES
    without: tuple[FacialRegion, ...] = (FacialRegion.NOSE,)
    words: TextureWords = WORDS

    def model(self) -> bytes:
        """Return the model as ONNX bytes."""
        return build_skin_density_graph(NAME, VERSION, (LUMINANCE_DENSITY_MAP,))

    def release(self, model: Digest) -> ModelRelease:
        """Return what its release says."""
        return skin_release(
            name=NAME,
            version=VERSION,
            model=model,
            intended_use=(
                "pores, roughness, lines and wrinkles of facial skin, for a practitioner's review."
            ),
            outputs=(
                OutputDescription(
                    name=LUMINANCE_DENSITY_MAP, meaning="density of luminance", unit="OD"
                ),
                OutputDescription(name="pores_px", meaning="place of each pore", unit="pixel"),
                OutputDescription(name="lines", meaning="number of each line", unit="1"),
                OutputDescription(name="texture", meaning="texture contrast", unit="%"),
            ),
            limitations=LIMITS,
            results=tuple((tone, *_result(tone)) for tone in SkinToneClass),
        )

    def given(self, source: Source, domain: InputDomain) -> Given:
        """Return what a run is given of a capture; the depth map goes along."""
        given = density_input(source, domain, shrunk=False)
        if source.depth is None or not has_scale(given.beside):
            return given
        beside = {
            **given.beside,
            "depth_mm": np.where(source.depth.valid, source.depth.depth_mm, np.float32(0)),
            "depth_step": np.array(source.depth.step, dtype=np.int64),
        }
        return Given(tensors=given.tensors, beside=beside, facts=given.facts, flags=given.flags)

    def judge(self, domain: InputDomain, given: Given) -> DomainVerdict:
        """Return whether a run is permitted."""
        return judge_skin(domain, given)

    def worked_out(self, outputs: Mapping[str, Tensor], given: Given) -> Mapping[str, Tensor]:
        """Return pores, lines and texture; () without a scale."""
        if not has_scale(given.beside):
            return {}
        density = np.asarray(outputs[LUMINANCE_DENSITY_MAP], dtype=np.float32)
        mask, pixel_mm = mask_of(given.beside), pixel_mm_of(given.beside)
        found: dict[str, Tensor] = {}
        if pixel_mm <= PORE_LARGEST_PIXEL_MM:
            found |= _pores(density, mask, given)
        if pixel_mm <= TEXTURE_LARGEST_PIXEL_MM:
            small, inside, small_mm = _shrunk(density, mask, pixel_mm)
            if not inside.any():
                return found
            texture = texture_contrast(small, inside, small_mm)
            steep = texture_gradient(texture, inside, small_mm)
            found["texture"] = texture
            found["texture_median"] = np.array(float(np.nanmedian(texture)))
            found["texture_gradient"] = np.array(float(np.nanmedian(steep)))
            found |= self._lines(small, inside, small_mm, given)
        return found | _relief(given, mask)

    def reported(self, results: Mapping[str, Tensor], given: Given, judged: Judged) -> Reported:
        """Return what is said of one run."""
        return texture_report(results, given, judged, self.words)

    def _lines(self, density: Map, mask: Mask, pixel_mm: float, given: Given) -> dict[str, Tensor]:
        off = _in_regions(given, self.without, mask.shape) if self.without else None
        return _lines(density, mask, pixel_mm, given, _Looking(settings=self.lines, off=off))


FIRST: Final = SkinTexture(
    postprocessing="skin-texture/1 skin-lines/1 skin-texture-findings/1",
    lines=FIRST_LINES,
    without=(),
    words=FIRST_WORDS,
)
EARLIER: Final[Mapping[str, SkinTexture]] = MappingProxyType(
    {
        "1.0.0": FIRST,
        "2.0.0": SkinTexture(
            postprocessing="skin-texture/1 skin-lines/2 skin-texture-findings/2",
            words=SECOND_WORDS,
        ),
    }
)
"""The steps around earlier releases, by version."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Looking:
    """How lines are looked for, and where not."""

    settings: LineSettings
    off: Mask | None


def _result(tone: SkinToneClass) -> tuple[int, str]:
    if tone not in _LINES:
        return 0, "lines not held against drawn ones since release 1.0.0"
    deep, right = _LINES[tone]
    return (
        2,
        f"lines from 0.2 mm deep: {deep} of their length found; {right} of what was found drawn",
    )


def _in_regions(given: Given, regions: tuple[FacialRegion, ...], shape: tuple[int, ...]) -> Mask:
    numbers = [REGIONS.index(each) + 1 for each in regions]
    block = given.beside["regions"].shape[1] // shape[1]
    small = given.beside["regions"][block // 2 :: block, block // 2 :: block]
    return np.isin(small[: shape[0], : shape[1]], numbers)


def _pores(density: Map, mask: Mask, given: Given) -> dict[str, Tensor]:
    pixel_mm, wider = pixel_mm_of(given.beside), contrast_uncertainty(given)
    every = [
        find_pores(density, mask, pixel_mm, threshold=PORE_CONTRAST * factor)
        for factor in (1.0, 1.0 - wider, 1.0 + wider)
    ]
    return {
        "pores_px": every[0].centre_px,
        "pore_contrasts": every[0].contrast,
        "pore_counts": np.array([float(each.count) for each in every]),
    }


def _shrunk(density: Map, mask: Mask, pixel_mm: float) -> tuple[Map, Mask, float]:
    """Return the map on pixels that suit lines; finer ones only cost time."""
    block = max(1, round(LINE_PIXEL_MM / pixel_mm))
    if block == 1:
        return density, mask, pixel_mm
    rows, columns = density.shape[0] // block, density.shape[1] // block
    inside = np.s_[: rows * block, : columns * block]
    filled = np.where(mask, density, np.float32(0))[inside]
    size = (columns, rows)
    small = cv2.resize(filled.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(mask[inside].astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return (
        np.asarray(small, np.float32),
        np.asarray(share > 0.99),  # noqa: PLR2004  whole blocks
        pixel_mm * block,
    )


def _lines(
    density: Map, mask: Mask, pixel_mm: float, given: Given, looking: _Looking
) -> dict[str, Tensor]:
    wider = contrast_uncertainty(given)
    lengths = []
    lines: Lines | None = None
    base = looking.settings
    for factor in (1.0, 1.0 - wider, 1.0 + wider):
        settings = replace(
            base,
            strong=base.strong * factor,
            least_crests=base.least_crests * factor,
            least_mean=base.least_mean * factor,
        )
        each = find_lines(
            density, mask, pixel_mm, settings, rim_mm=LINES_FROM_RIM_MM, off=looking.off
        )
        lines = lines or each
        fine = each.width_mm < FINE_BELOW_MM
        lengths.append([float(each.length_mm[fine].sum()), float(each.length_mm[~fine].sum())])
    if lines is None:  # pragma: no cover - the loop above always finds a result
        raise TypeError("no lines were looked for")
    found: dict[str, Tensor] = {
        "lines": lines.labels,
        "line_lengths_mm": lines.length_mm,
        "line_widths_mm": lines.width_mm,
        "line_contrasts": lines.contrast,
        "line_totals_mm": np.array(lengths),
    }
    if "depth_mm" in given.beside:
        heights, scatter_mm = _heights(given, mask.shape)
        depths = line_depths(lines, heights, pixel_mm, scatter_mm=scatter_mm)
        found["line_depths_mm"] = depths.depth_mm
        found["line_depth_uncertainties_mm"] = depths.standard_uncertainty_mm
    return found


def _depth(given: Given) -> tuple[DepthMap, Mask, float]:
    """Return the depth map, what is looked at on its grid, and the length of its pixels."""
    depth_mm = np.asarray(given.beside["depth_mm"], dtype=np.float32)
    valid = np.asarray(depth_mm > 0)
    depth = DepthMap(
        depth_mm=np.where(valid, depth_mm, np.float32(np.nan)),
        valid=valid,
        step=int(given.beside["depth_step"].item()),
        method="",
    )
    mask = mask_of(given.beside).astype(np.float32)
    rows, columns = depth_mm.shape
    small = cv2.resize(mask, (columns, rows), interpolation=cv2.INTER_AREA)
    pixel_mm = pixel_mm_of(given.beside) * given.beside["looked_at"].shape[1] / columns
    return depth, np.asarray(small > 0.5), pixel_mm  # noqa: PLR2004  half


def _heights(given: Given, shape: tuple[int, ...]) -> tuple[Map, float]:
    """Return heights towards the viewer on the lines' grid, and their scatter on smooth skin."""
    depth, mask, pixel_mm = _depth(given)
    heights = -smoothed(depth.depth_mm, mask & depth.valid, max(RELIEF_BAND_MM[0] / pixel_mm, 0.5))
    band = relief(depth, mask, pixel_mm)
    known = band[np.isfinite(band)]
    on_lines = cv2.resize(heights, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(on_lines, np.float32), robust_spread(known) if known.size else 0.0


def _relief(given: Given, mask: Mask) -> dict[str, Tensor]:
    """Return the relief's height and slope beside the depth map's own scatter."""
    if "depth_mm" not in given.beside or not mask.any():
        return {}
    depth, inside, pixel_mm = _depth(given)
    heights = relief(depth, inside, pixel_mm)
    slope = relief_slope(heights, pixel_mm)
    known = np.isfinite(heights) & np.isfinite(slope)
    if not known.any():
        return {}
    # Robust, because folds and edges of the face are no relief of the skin.
    height_um = 1000.0 * robust_spread(heights[known])
    steep = 1000.0 * float(np.median(slope[known]))
    return {"relief_um": np.array(height_um), "relief_slope_um_per_mm": np.array(steep)}
