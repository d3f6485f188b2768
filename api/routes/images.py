"""Pixel access: originals, previews, maps, depth and surfaces; every look is recorded [DRV-30].

Rules kept here:

1. Originals and maps are files to keep: a neutral name, and where the look is recorded. A page may
   show them all the same, for a picture in a page is not asked for by name.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Annotated

import cv2
import numpy as np
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from adapters.imaging.decode import decode
from adapters.imaging.mesh_files import PLY_TYPE, mesh_from_ply, obj_bytes, stl_bytes
from api.answers import (
    Read,
    Reading,
    download,
    found_or_refuse,
    recorded_look,
    refuse_erased,
)
from api.permissions import Permission
from api.signin import Person, access_stream, allowed
from domain.handling import update
from domain.rules.access import ACCESS, view_record
from domain.values.content import Digest
from domain.values.identifiers import SessionId
from projections import capture_session, inference
from projections.rows import Row

ROUTER = APIRouter(tags=["images"])
Viewer = Annotated[Person, Depends(allowed(Permission.IMAGES_VIEW))]
QUALITY = 88
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", PLY_TYPE: "ply"}
DEPTH_KINDS = frozenset({"depth", "depth-uncertainty"})
SURFACE_FORMS = {"ply": PLY_TYPE, "obj": "model/obj", "stl": "model/stl"}


class Form(Enum):
    """How a surface is written; PLY is what is recorded, the others are made of it."""

    PLY = "ply"
    OBJ = "obj"
    STL = "stl"


class Purpose(Enum):
    """Why somebody looks."""

    CARE = "care"
    QUALITY = "quality"
    AUDIT = "audit"


@ROUTER.get("/images/{digest}", response_class=StreamingResponse)
def image(
    digest: str,
    session: str,
    person: Viewer,
    reading: Read,
    purpose: Purpose = Purpose.CARE,
) -> StreamingResponse:
    """Return an image's original bytes, authenticated as they are read."""
    found = _content(reading, session, digest)
    seq = _record(reading, person, digest, purpose)
    return _file("image", digest, found, _whole(reading, found, digest), seq)


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
    found = _content(reading, session, digest)
    seq = _record(reading, person, digest, purpose)
    content = b"".join(_whole(reading, found, digest))
    pixels = decode(content).encoded
    scale = min(1.0, width / pixels.shape[1])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = cv2.resize(np.asarray(pixels), size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    )
    return Response(encoded.tobytes(), media_type="image/jpeg", headers=recorded_look(seq))


@ROUTER.get("/surfaces/{digest}", response_class=Response)
def surface(
    digest: str,
    session: str,
    person: Viewer,
    reading: Read,
    form: Form = Form.PLY,
    purpose: Purpose = Purpose.CARE,
) -> Response:
    """Return the surface of an attempt; in OBJ without its uncertainty, in STL bare.

    Each is one file that refers to no other.
    """
    row = capture_session.content(reading.connection, session, digest)
    known = row if row is not None and row["kind"] == "surface" else None
    found = _found(reading, known, session, "surface")
    seq = _record(reading, person, digest, purpose)
    content = b"".join(_whole(reading, found, digest))
    if form is not Form.PLY:
        mesh = mesh_from_ply(content)
        content = obj_bytes(mesh) if form is Form.OBJ else stl_bytes(mesh)
    name = f"surface-{digest[7:19]}.{form.value}"
    return Response(content, media_type=SURFACE_FORMS[form.value], headers=download(name, seq))


@ROUTER.get("/depth-maps/{digest}", response_class=StreamingResponse)
def depth_map(
    digest: str,
    session: str,
    person: Viewer,
    reading: Read,
    purpose: Purpose = Purpose.CARE,
) -> StreamingResponse:
    """Return a depth map, or the uncertainty of one, as it is stored: a 16-bit grey PNG.

    The attempt's depth says in its settings how many millimetres a grey level is; 0 is no depth.
    """
    row = capture_session.content(reading.connection, session, digest)
    known = row if row is not None and row["kind"] in DEPTH_KINDS else None
    found = _found(reading, known, session, "depth map")
    seq = _record(reading, person, digest, purpose)
    return _file(found["kind"], digest, found, _whole(reading, found, digest), seq)


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
    found = _found(reading, row, session, "artefact")
    seq = _record(reading, person, digest, purpose)
    return _file("map", digest, found, _whole(reading, found, digest), seq)


def _content(reading: Reading, session: str, digest: str) -> Row:
    row = capture_session.content(reading.connection, session, digest)
    return _found(reading, row, session, "image")


def _found(reading: Reading, row: Row | None, session: str, what: str) -> Row:
    if row is None:
        refuse_erased(reading.system, SessionId(session).stream)
    return found_or_refuse(row, f"{what} of this session")


def _whole(reading: Reading, found: Row, digest: str) -> Iterator[bytes]:
    return reading.system.blobs.read(Digest(digest), key=f"subject:{found['subject']}")


def _file(
    kind: str, digest: str, found: Row, pieces: Iterator[bytes], seq: int
) -> StreamingResponse:
    ending = ENDINGS.get(found["media_type"], "bin")
    name = f"{kind}-{digest[7:19]}.{ending}"
    return StreamingResponse(pieces, media_type=found["media_type"], headers=download(name, seq))


def _record(reading: Reading, person: Person, digest: str, purpose: Purpose) -> int:
    looked = view_record(resource=f"image:{digest[7:19]}", purpose=purpose.value)
    system, stream = reading.system, access_stream(person.practitioner)
    records = update(system.log, ACCESS, stream, lambda _: looked, system.context(person.actor))
    return records[-1].seq
