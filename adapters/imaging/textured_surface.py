"""A surface with the photograph it was made of, whole in one archive: OBJ, material, PLY, picture.

Rules kept here:

1. Every file that one of them names lies beside it, under a name that says nothing of anybody.
2. The picture is the recorded left one, byte for byte, so that its digest can be looked up; places
   in it are those of its own pixels, lens distortion and all.
3. The same mesh and picture give the same bytes: fixed order and times, nothing compressed, for
   what compresses differs from one version to the next.
4. The material is the photograph as it is, unlit. STL has no place for colours or pictures, and is
   no part of this.

Sources: Wavefront MTL, appendix 4 of the Advanced Visualizer manual (``illum 0``: the colour
alone); the comment ``TextureFile`` in PLY as MeshLab reads and writes it; PKWARE APPNOTE 6.3.10.
"""

import io
import stat
import zipfile
from typing import Final

from adapters.imaging.depth_mesh import Mesh
from adapters.imaging.mesh_files import ply_bytes, textured_obj_bytes
from adapters.imaging.refusal import malformed

ZIP_TYPE: Final = "application/zip"

_ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg"}
_LIBRARY: Final = "surface.mtl"
_MATERIAL: Final = "photograph"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time that zip can say
_MODE: Final = (stat.S_IFREG | 0o644) << 16
_UNIX: Final = 3


def textured_zip(mesh: Mesh, picture: bytes, *, media_type: str) -> bytes:
    """Return an archive of the surface with its photograph.

    Args:
        mesh: The recorded surface.
        picture: The recorded left picture, as it is stored.
        media_type: What the picture is.

    Raises:
        MalformedInput: the picture is of a kind that the material cannot name.
    """
    ending = _ENDINGS.get(media_type)
    if ending is None:
        raise malformed(
            "surface.texture",
            f"the picture is {media_type}, not one of {', '.join(_ENDINGS)}",
            "Take the surface without its photograph",
        )
    texture = f"texture.{ending}"
    return _packed(
        ("surface.obj", textured_obj_bytes(mesh, library=_LIBRARY, material=_MATERIAL)),
        (_LIBRARY, _material(texture)),
        ("surface.ply", ply_bytes(mesh, texture=texture)),
        (texture, picture),
    )


def _material(texture: str) -> bytes:
    lines = (
        "# The recorded left picture, sRGB, unlit",
        f"newmtl {_MATERIAL}",
        "Ka 1 1 1",
        "Kd 1 1 1",
        "Ks 0 0 0",
        "illum 0",
        f"map_Kd {texture}",
    )
    return ("\n".join(lines) + "\n").encode("ascii")


def _packed(*files: tuple[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = _MODE
            entry.create_system = _UNIX
            archive.writestr(entry, content)
    return held.getvalue()
