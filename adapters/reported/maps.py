"""The maps that show findings, each over the photograph it was made of, small enough to print.

Rules kept here:

1. A map is shown when a finding that it shows stands: reviewed, and not rejected. Of a map that
   this build does not know, any finding of its run counts.
2. All maps of one capture show the same part of the picture: where any of them has a value.
3. Pictures are shrunk before maps are laid over them, and maps by the mean of what they cover: thin
   marks grow paler and do not vanish.
"""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.captures import Capture, read_picture
from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.refusal import malformed
from adapters.inference.legend import LEGENDS
from adapters.reported.conditions import view_words
from adapters.reported.pictures import rendition
from adapters.reported.sources import Run, Sources
from adapters.reports.maps import BETWEEN_KINDS, MAPS_MAX, ReportMap
from adapters.reports.results import ReportImage
from adapters.workbench import Workbench
from domain.values.assessment import Decision
from domain.values.content import Digest
from domain.values.model import Artefact

LONGEST_SIDE_PX: Final = 640
_PNG: Final = "image/png"
_CHANNELS: Final = 4
_OPACITY: Final = 0.7
_MARGIN: Final = 0.04

Picture = NDArray[np.uint8]


def report_maps(bench: Workbench, sources: Sources) -> tuple[tuple[ReportMap, ...], int]:
    """Return the maps that fit, in the order of runs, and how many do not.

    Raises:
        MalformedInput: a frame or a map is no picture any more.
        ContentErased: the subject was erased.
    """
    wanted = [(run, each) for run in sources.runs for each in _standing(sources, run)]
    shown: list[ReportMap] = []
    for capture in sources.captures:
        own = [
            (run, each)
            for run, each in wanted[:MAPS_MAX]
            if run.capture.attempt.attempt == capture.attempt.attempt
        ]
        shown += _of_capture(bench, capture, own) if own else ()
    return tuple(shown), max(len(wanted) - MAPS_MAX, 0)


def _standing(sources: Sources, run: Run) -> Iterator[Artefact]:
    if run.completed is None:
        return
    reviews = sources.assessment.reviews
    standing = {
        each.code
        for each in run.completed.findings
        if (review := reviews.get(each.finding)) is not None
        and review.decision is not Decision.REJECTED
    }
    for each in run.completed.artefacts:
        legend = LEGENDS.get(each.name)
        shows = standing if legend is None else standing & legend.codes
        if each.content.media_type == _PNG and shows:
            yield each


def _of_capture(
    bench: Workbench, capture: Capture, wanted: list[tuple[Run, Artefact]]
) -> Iterator[ReportMap]:
    frame = capture.attempt.frames[0]
    picture = read_picture(bench, frame, key=capture.key).encoded
    maps = [_decoded(bench.content(each.content.digest, key=capture.key)) for _, each in wanted]
    box = shown_part([each[..., 3] > 0 for each in maps])
    ground = _cut(picture, box)
    view = view_words(capture.attempt.view)
    for (run, artefact), overlay in zip(wanted, maps, strict=True):
        content = rendition(laid_over(ground, _cut(overlay, box)))
        colours, scale = _colours(artefact)
        yield ReportMap(
            image=ReportImage(
                content=content,
                digest=Digest.of(content),
                source=frame.content.digest,
                capture_view=view,
                description=f"{artefact.legend}; over the photograph of the face, "
                f"{view.lower()} view",
            ),
            overlay=artefact.content.digest,
            legend=artefact.legend,
            colours=colours,
            scale=scale,
            algorithm=run.model,
        )


def _colours(artefact: Artefact) -> tuple[tuple[str, ...], bool]:
    """Return the colours of a map, and whether they are a scale; () where they are not known."""
    legend = LEGENDS.get(artefact.name)
    if legend is None:
        return (), True
    kinds = artefact.legend.count(BETWEEN_KINDS) + 1
    if not legend.scale and kinds != len(legend.colours):
        return (), True
    return tuple(map(_hex, legend.colours)), legend.scale


def shown_part(marked: list[NDArray[np.bool_]]) -> tuple[float, float, float, float]:
    """Return what part of the picture holds all that is marked, with a margin.

    Args:
        marked: (rows, columns) bool each, of any size; all of the same picture.

    Returns:
        Top, bottom, left and right as shares of the picture; all of it when nothing is marked.
    """
    bounds = []
    for each in marked:
        for axis in (1, 0):
            places = np.flatnonzero(each.any(axis=axis))
            size = each.shape[1 - axis]
            bounds.append(
                (places[0] / size, (places[-1] + 1) / size) if places.size else (1.0, 0.0)
            )
    rows, columns = np.array(bounds[0::2]), np.array(bounds[1::2])
    top, left = (float(each[:, 0].min(initial=1.0)) for each in (rows, columns))
    bottom, right = (float(each[:, 1].max(initial=0.0)) for each in (rows, columns))
    if top >= bottom or left >= right:
        return 0.0, 1.0, 0.0, 1.0
    return (
        max(top - _MARGIN, 0.0),
        min(bottom + _MARGIN, 1.0),
        max(left - _MARGIN, 0.0),
        min(right + _MARGIN, 1.0),
    )


def laid_over(picture: Picture, overlay: Picture) -> Picture:
    """Return a picture, shrunk to print, with a map laid over.

    Args:
        picture: (rows, columns, 3) uint8, sRGB-encoded red, green, blue.
        overlay: (rows, columns, 4) uint8, blue, green, red and opacity; of any size.
    """
    fix_arithmetic()
    scale = min(1.0, LONGEST_SIDE_PX / max(picture.shape[:2]))
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    ground = _resized(picture.astype(np.float32), size)
    opacity = overlay[..., 3:].astype(np.float32) / np.float32(255.0 / _OPACITY)
    # Colours are weighed by opacity: what is transparent has none.
    layers = np.concatenate([overlay[..., 2::-1].astype(np.float32) * opacity, opacity], axis=2)
    small = _resized(layers, size)
    mixed = ground * (np.float32(1.0) - small[..., 3:]) + small[..., :3]
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def _resized(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    how = cv2.INTER_AREA if values.shape[1] >= size[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, size, interpolation=how), np.float32)


def _cut(picture: Picture, box: tuple[float, float, float, float]) -> Picture:
    rows, columns = picture.shape[:2]
    top, bottom, left, right = box
    high = np.s_[int(top * rows) : max(round(bottom * rows), int(top * rows) + 1)]
    wide = np.s_[int(left * columns) : max(round(right * columns), int(left * columns) + 1)]
    return picture[high, wide]


def _decoded(content: bytes) -> Picture:
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.ndim != _CHANNELS - 1 or decoded.shape[2] != _CHANNELS:
        raise malformed("report.map", "a map is no picture with transparency", "Measure again")
    return np.asarray(decoded, np.uint8)


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
