"""Pictures of a report: renditions of stored frames, smaller, without any metadata.

Rules kept here:

1. A rendition is made of decoded pixels, so nothing a camera wrote beside them gets into a report.
2. The frame it was made of is named by digest; the frame itself stays as it was stored.
3. A measured change of volume shows its map of distances over the later capture, while there is
   room; not when the practitioner rejected every finding of it.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.captures import Capture, read_picture
from adapters.imaging.refusal import malformed
from adapters.reported.conditions import view_words
from adapters.reported.sources import Sources
from adapters.reports.content import IMAGES_MAX
from adapters.reports.results import ReportImage
from adapters.workbench import Workbench
from domain.events.volume_change import VolumeChangeMeasured
from domain.values.assessment import Decision
from domain.values.content import Digest

LONGEST_SIDE_PX: Final = 1200
_JPEG_QUALITY: Final = 88
_CHANNELS: Final = 4
_OPACITY: Final = 0.7


def report_images(bench: Workbench, sources: Sources) -> tuple[ReportImage, ...]:
    """Return one picture of each accepted attempt, then the maps of changes, as many as fit.

    Raises:
        MalformedInput: a frame is no picture any more.
        ContentErased: the subject was erased.
    """
    shown = [_image(bench, each) for each in sources.captures[:IMAGES_MAX]]
    for change in sources.changes:
        if len(shown) < IMAGES_MAX and _stands(sources, change):
            shown += _map(bench, sources, change)
    return tuple(shown)


def _stands(sources: Sources, change: VolumeChangeMeasured) -> bool:
    reviews = [sources.assessment.reviews.get(each.finding) for each in change.findings]
    return any(each is not None and each.decision is not Decision.REJECTED for each in reviews)


def _map(
    bench: Workbench, sources: Sources, change: VolumeChangeMeasured
) -> tuple[ReportImage, ...]:
    capture = next(each for each in sources.captures if each.attempt.attempt == change.attempt)
    frame = capture.attempt.frames[0]
    picture = read_picture(bench, frame, key=capture.key).encoded
    view = view_words(capture.attempt.view)
    return tuple(
        ReportImage(
            content=content,
            digest=Digest.of(content),
            source=frame.content.digest,
            capture_view=f"{view}, change",
            description=f"{artefact.legend}; over the photograph of the face, {view.lower()} view",
        )
        for artefact in change.artefacts
        for content in (
            rendition(_over(picture, bench.content(artefact.content.digest, key=capture.key))),
        )
    )


def _over(picture: NDArray[np.uint8], overlay: bytes) -> NDArray[np.uint8]:
    """Return a picture with a map laid over it.

    Args:
        picture: (rows, columns, 3) uint8, 0..255, sRGB-encoded red, green, blue.
        overlay: PNG with transparency, of any size.
    """
    decoded = cv2.imdecode(np.frombuffer(overlay, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.ndim != _CHANNELS - 1 or decoded.shape[2] != _CHANNELS:
        raise malformed("report.map", "a map is no picture with transparency", "Measure again")
    rows, columns = picture.shape[:2]
    large = cv2.resize(decoded, (columns, rows), interpolation=cv2.INTER_NEAREST)
    share = np.asarray(large[..., 3:], np.float32) / 255.0 * _OPACITY
    colours = np.asarray(large[..., 2::-1], np.float32)
    mixed = picture.astype(np.float32) * (1.0 - share) + colours * share
    return np.asarray(np.rint(mixed), np.uint8)


def _image(bench: Workbench, capture: Capture) -> ReportImage:
    frame = capture.attempt.frames[0]
    content = rendition(read_picture(bench, frame, key=capture.key).encoded)
    view = view_words(capture.attempt.view)
    return ReportImage(
        content=content,
        digest=Digest.of(content),
        source=frame.content.digest,
        capture_view=view,
        description=f"Photograph of the face, {view.lower()} view",
    )


def rendition(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture as a small JPEG.

    Args:
        picture: (rows, columns, 3) uint8, 0..255, sRGB-encoded red, green, blue.
    """
    scale = min(1.0, LONGEST_SIDE_PX / max(picture.shape[:2]))
    small = (
        cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if scale < 1
        else picture
    )
    done, content = cv2.imencode(
        ".jpg",
        np.ascontiguousarray(np.asarray(small)[..., ::-1]),
        [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY],
    )
    if not done:  # pragma: no cover - encoding to memory does not fail for valid arrays
        raise RuntimeError("the JPEG encoder refused a picture")
    return content.tobytes()
