"""Pictures of a report: renditions of stored frames, smaller, without any metadata.

Rules kept here:

1. A rendition is made of decoded pixels, so nothing a camera wrote beside them gets into a report.
2. The frame it was made of is named by digest; the frame itself stays as it was stored.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.captures import Capture, read_picture
from adapters.reported.conditions import view_words
from adapters.reported.sources import Sources
from adapters.reports.content import IMAGES_MAX
from adapters.reports.results import ReportImage
from adapters.workbench import Workbench
from domain.values.content import Digest

LONGEST_SIDE_PX: Final = 1200
_JPEG_QUALITY: Final = 88


def report_images(bench: Workbench, sources: Sources) -> tuple[ReportImage, ...]:
    """Return one picture of each accepted attempt, as many as a report shows.

    Raises:
        MalformedInput: a frame is no picture any more.
        ContentErased: the subject was erased.
    """
    return tuple(_image(bench, each) for each in sources.captures[:IMAGES_MAX])


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
