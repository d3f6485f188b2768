"""Pixel access: originals, previews and maps; every look is recorded [DRV-30].

Rules kept here:

1. Originals and maps are files to keep: a neutral name, and where the look is recorded. A page may
   show them all the same, for a picture in a page is not asked for by name.
"""

from collections.abc import Iterator
from typing import Annotated

import cv2
import numpy as np
from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from adapters.imaging.decode import decode
from adapters.imaging.mesh_files import PLY_TYPE
from api.answers import Read, download, recorded_look
from api.looks import Purpose, Viewer, content_of, found_in, record_looks, whole
from projections import inference
from projections.rows import Row

ROUTER = APIRouter(tags=["images"])
QUALITY = 88
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", PLY_TYPE: "ply"}


@ROUTER.get("/images/{digest}", response_class=StreamingResponse)
def image(
    digest: str,
    session: str,
    person: Viewer,
    reading: Read,
    purpose: Purpose = Purpose.CARE,
) -> StreamingResponse:
    """Return an image's original bytes, authenticated as they are read."""
    found = content_of(reading, session, digest, "image")
    seq = record_looks(reading, person, purpose, digest)
    return _file("image", digest, found, whole(reading, found, digest), seq)


@ROUTER.get("/images/{digest}/preview", response_class=Response)
def preview(
    digest: str,
    session: str,
    person: Viewer,
    reading: Read,
    purpose: Purpose = Purpose.CARE,
    width: Annotated[int, Query(ge=64, le=2048)] = 800,
) -> Response:
    """Return a smaller JPEG of an image, for screens; never for measuring."""
    found = content_of(reading, session, digest, "image")
    seq = record_looks(reading, person, purpose, digest)
    content = b"".join(whole(reading, found, digest))
    pixels = decode(content).encoded
    scale = min(1.0, width / pixels.shape[1])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = cv2.resize(np.asarray(pixels), size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    )
    return Response(encoded.tobytes(), media_type="image/jpeg", headers=recorded_look(seq))


@ROUTER.get("/artefacts/{digest}", response_class=StreamingResponse)
def artefact(
    digest: str,
    session: str,
    person: Viewer,
    reading: Read,
    purpose: Purpose = Purpose.CARE,
) -> StreamingResponse:
    """Return a stored result, such as a map to lay over an image."""
    row = inference.artefact(reading.connection, session, digest)
    found = found_in(reading, row, session, "artefact")
    seq = record_looks(reading, person, purpose, digest)
    return _file("map", digest, found, whole(reading, found, digest), seq)


def _file(
    kind: str, digest: str, found: Row, pieces: Iterator[bytes], seq: int
) -> StreamingResponse:
    ending = ENDINGS.get(found["media_type"], "bin")
    name = f"{kind}-{digest[7:19]}.{ending}"
    return StreamingResponse(pieces, media_type=found["media_type"], headers=download(name, seq))
