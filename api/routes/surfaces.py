"""Depth and surfaces to take away, as recorded and as made of it; every look is recorded [DRV-30].

Rules kept here:

1. What is recorded is handed out byte for byte; everything else is made of it when it is asked for,
   the same each time, and stored nowhere.
2. A surface with its photograph is a look at both, and needs what a look at either needs.
3. A file has a neutral name, and every file that it names lies beside it.
"""

from enum import Enum

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from adapters.captured_depth import CapturedDepth
from adapters.imaging.height_map import height_png, normal_png, reference_plane
from adapters.imaging.mesh_files import PLY_TYPE, mesh_from_ply, obj_bytes, stl_bytes
from adapters.imaging.textured_surface import ZIP_TYPE, textured_zip
from adapters.surface_sources import depth_named, left_picture
from api.answers import Read, Reading, download, recorded_look
from api.looks import Purpose, Viewer, content_of, record_looks, whole
from api.signin import Person
from api.work import workbench
from domain.values.content import Digest
from domain.values.identifiers import SessionId
from projections.rows import Row

ROUTER = APIRouter(tags=["images"])
PNG_TYPE = "image/png"
DEPTH = frozenset({"depth"})
DEPTH_KINDS = DEPTH | {"depth-uncertainty"}
SURFACES = frozenset({"surface"})
FRAMES = frozenset({"frame"})


class Form(Enum):
    """How a surface is written; PLY is what is recorded, the others are made of it."""

    PLY = "ply"
    OBJ = "obj"
    STL = "stl"
    ZIP = "zip"


SURFACE_TYPES = {
    Form.PLY: PLY_TYPE,
    Form.OBJ: "model/obj",
    Form.STL: "model/stl",
    Form.ZIP: ZIP_TYPE,
}


class Plane(BaseModel):
    """The plane above which the heights of one depth map are told.

    It fits all points of that depth map best, and is no other capture's: heights of two captures
    do not compare. Axes are the left camera's (x right, y down, z away), in millimetres.
    """

    point_mm: tuple[float, float, float]
    normal: tuple[float, float, float]


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

    Each of these is one file that refers to no other. ZIP holds the surface as OBJ, with its
    material, and as PLY, both with the recorded left picture as their texture; STL has none.
    """
    found = content_of(reading, session, digest, "surface", kinds=SURFACES)
    if form is Form.ZIP:
        content, seq = _photographed(found, person, reading, purpose)
    else:
        seq = record_looks(reading, person, purpose, digest)
        content = b"".join(whole(reading, found, digest))
        if form is not Form.PLY:
            mesh = mesh_from_ply(content)
            content = obj_bytes(mesh) if form is Form.OBJ else stl_bytes(mesh)
    name = f"surface-{digest[7:19]}.{form.value}"
    return Response(content, media_type=SURFACE_TYPES[form], headers=download(name, seq))


def _photographed(
    found: Row, person: Person, reading: Reading, purpose: Purpose
) -> tuple[bytes, int]:
    """Return a found surface with its photograph, and where the look at both is recorded."""
    session, digest = found["session"], found["digest"]
    frame = left_picture(workbench(reading.system), SessionId(session), Digest(digest)).content
    picture = content_of(reading, session, frame.digest, "image", kinds=FRAMES)
    seq = record_looks(reading, person, purpose, frame.digest, digest)
    mesh = mesh_from_ply(b"".join(whole(reading, found, digest)))
    taken = b"".join(whole(reading, picture, frame.digest))
    return textured_zip(mesh, taken, media_type=frame.media_type), seq


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
    found = content_of(reading, session, digest, "depth map", kinds=DEPTH_KINDS)
    seq = record_looks(reading, person, purpose, digest)
    name = f"{found['kind']}-{digest[7:19]}.png"
    pieces = whole(reading, found, digest)
    return StreamingResponse(pieces, media_type=found["media_type"], headers=download(name, seq))


@ROUTER.get("/depth-maps/{digest}/heights", response_class=Response)
def heights(
    digest: str,
    session: str,
    person: Viewer,
    reading: Read,
    purpose: Purpose = Purpose.CARE,
) -> Response:
    """Return the heights of a depth map above the plane that fits it best: a 16-bit grey PNG.

    A height is (level - 32768) / 100 millimetres, towards the camera; level 0 is no depth. The file
    says so itself, with its plane. Heights of two captures do not compare.
    """
    depth, seq = _depth(digest, session, person, reading, purpose)
    content = height_png(depth.map, depth.calibration, source=digest)
    headers = download(f"heights-{digest[7:19]}.png", seq)
    return Response(content, media_type=PNG_TYPE, headers=headers)


@ROUTER.get("/depth-maps/{digest}/normals", response_class=Response)
def normals(
    digest: str,
    session: str,
    person: Viewer,
    reading: Read,
    purpose: Purpose = Purpose.CARE,
) -> Response:
    """Return the normals of a depth map: a 16-bit PNG, red x, green y, blue z.

    A component is (level - 32768) / 32767, in the axes of the left camera; level 0 in all three is
    no normal. The file says so itself.
    """
    depth, seq = _depth(digest, session, person, reading, purpose)
    content = normal_png(depth.map, depth.calibration, source=digest)
    headers = download(f"normals-{digest[7:19]}.png", seq)
    return Response(content, media_type=PNG_TYPE, headers=headers)


@ROUTER.get("/depth-maps/{digest}/plane")
def plane(
    digest: str,
    session: str,
    person: Viewer,
    reading: Read,
    response: Response,
    purpose: Purpose = Purpose.CARE,
) -> Plane:
    """Return the plane above which the heights of a depth map are told."""
    depth, seq = _depth(digest, session, person, reading, purpose)
    found = reference_plane(depth.map, depth.calibration)
    response.headers.update(recorded_look(seq))
    return Plane(point_mm=found.point_mm, normal=found.normal)


def _depth(
    digest: str, session: str, person: Person, reading: Reading, purpose: Purpose
) -> tuple[CapturedDepth, int]:
    """Return recorded depth, and where the look at it is recorded."""
    content_of(reading, session, digest, "depth map", kinds=DEPTH)
    seq = record_looks(reading, person, purpose, digest)
    return depth_named(workbench(reading.system), SessionId(session), Digest(digest)), seq
