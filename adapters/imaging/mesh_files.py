"""A mesh as bytes that other programs read: PLY, OBJ, STL.

Rules kept here:

1. The same mesh gives the same bytes: little endian, fixed notation, no dates, no names of people.
2. PLY holds everything and is what the record names; OBJ and STL are made of it on request and
   hold less: OBJ no uncertainty, STL the bare surface.
3. Each is whole by itself: its colours stand at its vertices, and it names no material and no
   picture. Only where those are handed out with it (see ``textured_surface``) does it name them.
4. Millimetres throughout; axes are the left camera's (x right, y down, z away), said in the header.

Source: Turk 1994 (PLY 1.0); Wavefront OBJ, appendix B1 of the Advanced Visualizer manual, with
red, green and blue behind x, y and z as programs for scanned surfaces write them; 3D Systems 1989
(binary STL).
"""

from typing import Final

import numpy as np

from adapters.imaging.depth_mesh import Mesh
from adapters.imaging.refusal import malformed

PLY_TYPE: Final = "model/x-ply"

_AXES: Final = "millimetres; x right, y down, z away, left camera"
_VERTEX: Final = np.dtype(
    [
        *((name, "<f4") for name in ("x", "y", "z", "nx", "ny", "nz", "s", "t")),
        *((name, "u1") for name in ("red", "green", "blue")),
        ("sigma_mm", "<f4"),
    ]
)
_FACE: Final = np.dtype([("count", "u1"), ("corners", "<i4", (3,))])
_STL_FACE: Final = np.dtype([("normal", "<f4", (3,)), ("corners", "<f4", (3, 3)), ("rest", "<u2")])
_PLY_NAMES: Final = {"<f4": "float", "|u1": "uchar"}


def ply_bytes(mesh: Mesh, *, texture: str | None = None) -> bytes:
    """Return the mesh as binary PLY, with normals, texture coordinates, colours and sigma.

    Args:
        mesh: The mesh.
        texture: Name of the picture that is handed out with it; without, none is named.
    """
    vertices = np.zeros(len(mesh.points_mm), _VERTEX)
    for names, values in (
        (("x", "y", "z"), mesh.points_mm),
        (("nx", "ny", "nz"), mesh.normals),
        (("s", "t"), mesh.texture),
        (("red", "green", "blue"), mesh.colours),
    ):
        for column, name in enumerate(names):
            vertices[name] = values[:, column]
    vertices["sigma_mm"] = mesh.sigma_mm
    faces = np.zeros(len(mesh.triangles), _FACE)
    faces["count"], faces["corners"] = 3, mesh.triangles
    return _header(mesh, texture) + vertices.tobytes() + faces.tobytes()


def mesh_from_ply(content: bytes) -> Mesh:
    """Return the mesh in bytes that ``ply_bytes`` made.

    Raises:
        MalformedInput: the bytes are none of those.
    """
    head, found, body = content.partition(b"end_header\n")
    words = [line.split() for line in head.decode("ascii", errors="replace").splitlines()]
    counts = {line[1]: int(line[2]) for line in words if line[:1] == ["element"] and len(line) == 3}  # noqa: PLR2004 - element NAME COUNT
    steps = [int(line[2]) for line in words if line[:2] == ["comment", "step_px"]]
    size = counts.get("vertex", 0) * _VERTEX.itemsize
    expected = size + counts.get("face", 0) * _FACE.itemsize
    if not found or not steps or len(body) != expected:
        raise malformed("mesh.ply", "the bytes are no mesh of ours", "Make the surface again")
    vertices = np.frombuffer(body[:size], _VERTEX)
    faces = np.frombuffer(body[size:], _FACE)

    def columns(*names: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.stack([vertices[name] for name in names], axis=-1).astype(np.float32)

    mesh = Mesh(
        points_mm=columns("x", "y", "z"),
        normals=columns("nx", "ny", "nz"),
        texture=columns("s", "t"),
        colours=columns("red", "green", "blue").astype(np.uint8),
        sigma_mm=vertices["sigma_mm"].astype(np.float32),
        triangles=faces["corners"].astype(np.int32),
        step_px=steps[0],
    )
    if not content.startswith(_header(mesh)):
        raise malformed("mesh.ply", "the header is not ours", "Make the surface again")
    return mesh


def obj_bytes(mesh: Mesh) -> bytes:
    """Return the mesh as OBJ text: points with colours, places in the left picture, normals."""
    vertices = np.concatenate([mesh.points_mm, mesh.colours.astype(np.float32) / 255], axis=1)
    return _obj(
        mesh,
        "# v: x y z red green blue, the colours 0 to 1, sRGB; vt: place in the stored left picture",
        "o surface",
        *(
            f"v {x:.4f} {y:.4f} {z:.4f} {red:.4f} {green:.4f} {blue:.4f}"
            for x, y, z, red, green, blue in vertices.tolist()
        ),
    )


def textured_obj_bytes(mesh: Mesh, *, library: str, material: str) -> bytes:
    """Return the mesh as OBJ text whose colours are those of a material.

    Its points have no colours of their own: programs multiply the two.

    Args:
        mesh: The mesh.
        library: Name of the file with the material, which is handed out with it.
        material: The material in it.
    """
    return _obj(
        mesh,
        "# vt: place in the picture of the material, (0, 0) its lower left corner",
        f"mtllib {library}",
        "o surface",
        *(f"v {x:.4f} {y:.4f} {z:.4f}" for x, y, z in mesh.points_mm.tolist()),
        before_faces=(f"usemtl {material}",),
    )


def _obj(mesh: Mesh, *beginning: str, before_faces: tuple[str, ...] = ()) -> bytes:
    lines = [
        f"# {_AXES}; a vertex every {mesh.step_px} pixels",
        *beginning,
        *(f"vt {u:.6f} {v:.6f}" for u, v in mesh.texture.tolist()),
        *(f"vn {x:.5f} {y:.5f} {z:.5f}" for x, y, z in mesh.normals.tolist()),
        *before_faces,
        *(f"f {a}/{a}/{a} {b}/{b}/{b} {c}/{c}/{c}" for a, b, c in (mesh.triangles + 1).tolist()),
    ]
    return ("\n".join(lines) + "\n").encode("ascii")


def stl_bytes(mesh: Mesh) -> bytes:
    """Return the bare surface as binary STL."""
    corners = mesh.points_mm[mesh.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    faces = np.zeros(len(corners), _STL_FACE)
    faces["normal"], faces["corners"] = normals / np.maximum(length, 1e-12), corners
    header = f"surface, {_AXES}".encode("ascii").ljust(80)
    return header + len(faces).to_bytes(4, "little") + faces.tobytes()


def _header(mesh: Mesh, texture: str | None = None) -> bytes:
    properties = [
        f"property {_PLY_NAMES[_VERTEX[name].str]} {name}" for name in _VERTEX.names or ()
    ]
    return "\n".join(
        [
            "ply",
            "format binary_little_endian 1.0",
            f"comment {_AXES}",
            f"comment step_px {mesh.step_px}",
            *(() if texture is None else (f"comment TextureFile {texture}",)),
            f"element vertex {len(mesh.points_mm)}",
            *properties,
            f"element face {len(mesh.triangles)}",
            "property list uchar int vertex_indices",
            "end_header\n",
        ]
    ).encode("ascii")
