"""Heads from files: read as they are, refused when they are not."""

import struct
from pathlib import Path

import numpy as np
import pytest

from device.simulation.loaded_head import UNITS_MM, load_head
from device.simulation.mesh_file import read_mesh
from device.simulation.parts import PartId
from device.simulation.scene import Scene, Subject
from device.simulation.station import capture
from domain.errors import MalformedInput
from tests.device.simulation.stage import SETTINGS


def ball(unit_mm: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return an egg the size of a head with a nose: vertices and quadrangles."""
    up, round_ = np.linspace(-np.pi / 2, np.pi / 2, 41), np.linspace(-np.pi, np.pi, 61)
    a, b = np.meshgrid(round_, up)
    nose = 18.0 * np.exp(-((a / 0.12) ** 2) - ((b / 0.12) ** 2))
    x = 72.0 * np.sin(a) * np.cos(b)
    y = 105.0 * np.sin(b)
    z = (85.0 + nose) * np.cos(a) * np.cos(b)
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3) / unit_mm
    index = np.arange(len(points)).reshape(a.shape)
    quads = np.stack(
        [index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], axis=-1
    ).reshape(-1, 4)
    return points, quads


def obj(points: np.ndarray, quads: np.ndarray) -> bytes:
    """Write an OBJ file with normals and materials that must be passed over."""
    lines = ["# head", "mtllib none.mtl", *(f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in points)]
    lines += ["vn 0 0 1"]
    lines += ["f " + " ".join(f"{corner + 1}//1" for corner in quad) for quad in quads]
    return ("\n".join(lines) + "\n").encode()


def ply(points: np.ndarray, quads: np.ndarray, order: str) -> bytes:
    """Write a PLY file with colours, in one of its three forms."""
    header = (
        f"ply\nformat {order} 1.0\ncomment head\nelement vertex {len(points)}\n"
        "property float x\nproperty float y\nproperty float z\nproperty uchar red\n"
        "property uchar green\nproperty uchar blue\n"
        f"element face {len(quads)}\nproperty list uchar int vertex_indices\nend_header\n"
    ).encode()
    if order == "ascii":
        lines = [f"{x:.9g} {y:.9g} {z:.9g} 200 150 120" for x, y, z in points]
        lines += [f"4 {' '.join(map(str, quad))}" for quad in quads]
        return header + ("\n".join(lines) + "\n").encode()
    sign = "<" if order == "binary_little_endian" else ">"
    body = b"".join(struct.pack(f"{sign}3f3B", *point, 200, 150, 120) for point in points)
    return header + body + b"".join(struct.pack(f"{sign}B4i", 4, *quad) for quad in quads)


ORDERS = ("ascii", "binary_little_endian", "binary_big_endian")


@pytest.mark.parametrize("order", ORDERS)
def test_every_form_of_ply_gives_the_mesh_that_obj_gives(tmp_path: Path, order: str) -> None:
    points, quads = ball()
    (tmp_path / "a.obj").write_bytes(obj(points, quads))
    (tmp_path / "a.ply").write_bytes(ply(points, quads, order))
    plain, coloured = (read_mesh(tmp_path / name) for name in ("a.obj", "a.ply"))
    np.testing.assert_array_equal(plain.faces, coloured.faces)
    np.testing.assert_allclose(plain.vertices, coloured.vertices, atol=1e-5)
    assert plain.colour is None
    assert coloured.colour is not None
    np.testing.assert_allclose(coloured.colour[0], [0.578, 0.305, 0.188], atol=2e-3)
    assert len(plain.faces) == 2 * len(quads)


def test_obj_colours_and_negative_corners_are_read(tmp_path: Path) -> None:
    text = b"v 0 0 0 1 0 0\nv 1 0 0 1 0 0\nv 0 1 0 1 0 0\nv 0 0 1 1 0 0\n"
    text += b"f -4 -3 -2\nf 1 2 4\nf 1/1 3/1 4/1\nf 2 3 4\n"
    (tmp_path / "a.obj").write_bytes(text)
    mesh = read_mesh(tmp_path / "a.obj")
    assert mesh.faces[0].tolist() == [0, 1, 2]
    assert mesh.colour is not None
    assert mesh.colour[0].tolist() == [1.0, 0.0, 0.0]


GOOD = ply(*ball(), "binary_little_endian")


@pytest.mark.verifies("REQ-IN-103")
@pytest.mark.parametrize(
    ("name", "data", "rule"),
    [
        ("a.stl", b"solid", "mesh.format"),
        ("a.obj", b"", "mesh.empty"),
        ("a.obj", b"v 1 2\n", "mesh.obj: line 1"),
        ("a.obj", b"v 1 2 x\n", "mesh.obj: line 1"),
        ("a.obj", b"v 0 0 0\nf 1 2\n", "mesh.obj: line 2"),
        ("a.obj", b"v 0 0 0\nf 1 0 1\n", "mesh.obj: line 2"),
        ("a.obj", b"v 0 0 0\n" * 5 + b"f 1 2 9\n" * 5, "mesh.corner"),
        ("a.obj", b"v nan 0 0\n" * 5 + b"f 1 2 3\n" * 5, "mesh.number"),
        ("a.ply", b"ply\nformat ascii 1.0\n", "no end"),
        ("a.ply", b"ply\nformat morse 1.0\nend_header\n", "is not known"),
        ("a.ply", b"ply\nend_header\n", "states no format"),
        ("a.ply", b"ply\nformat ascii 1.0\nproperty float x\nend_header\n", "before the first"),
        ("a.ply", b"ply\nformat ascii 1.0\nelement vertex 4\nend_header\n", "of face"),
        ("a.ply", GOOD.replace(b"vertex 2501", b"vertex 9999999", 1), "up to"),
        ("a.ply", GOOD.replace(b"property float x", b"property float q", 1), "no x, y and z"),
        ("a.ply", GOOD[:-3], "ends early"),
        ("a.ply", GOOD[:900], "ends early"),
        ("a.ply", ply(*ball(), "ascii")[:-400], "ends early"),
        ("a.ply", ply(*ball(), "ascii").replace(b"200 150", b"2x0 150"), "ends early"),
    ],
)
def test_what_is_no_mesh_is_refused_with_the_reason(
    tmp_path: Path, name: str, data: bytes, rule: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(MalformedInput, match=rule):
        read_mesh(tmp_path / name)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MalformedInput, match=r"mesh\.file"):
        read_mesh(tmp_path / "none.obj")


@pytest.mark.parametrize("unit", list(UNITS_MM))
def test_units_are_found_by_size_or_taken_as_stated(tmp_path: Path, unit: str) -> None:
    (tmp_path / "a.ply").write_bytes(ply(*ball(UNITS_MM[unit]), "binary_little_endian"))
    found, stated = (load_head(tmp_path / "a.ply", each) for each in ("auto", unit))
    assert found == stated
    assert found.unit == unit
    assert np.ptp(found.vertices_mm[:, 1]) == pytest.approx(210.0, rel=1e-3)
    nose = found.vertices_mm[np.argmax(found.vertices_mm[:, 2])]
    np.testing.assert_allclose(nose, [0.0, -30.0, 22.0], atol=0.01)
    outwards = np.einsum("ij,ij->i", found.normals, found.vertices_mm - [0, -30, -80])
    assert (outwards > 0).mean() > 0.95


@pytest.mark.parametrize(
    ("scale", "axes", "rule"), [(2.5, [0, 1, 2], "mesh.unit"), (1.0, [1, 0, 2], "mesh.pose")]
)
def test_what_is_no_upright_head_is_refused(
    tmp_path: Path, scale: float, axes: list[int], rule: str
) -> None:
    points, quads = ball(scale)
    (tmp_path / "a.obj").write_bytes(obj(points[:, axes], quads))
    with pytest.raises(MalformedInput, match=rule):
        load_head(tmp_path / "a.obj")


def test_an_unknown_unit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_bytes(obj(*ball()))
    with pytest.raises(MalformedInput, match="inch"):
        load_head(tmp_path / "a.obj", "inch")


def test_a_loaded_head_is_seen_with_exact_depth(tmp_path: Path) -> None:
    (tmp_path / "a.ply").write_bytes(ply(*ball(), "binary_little_endian"))
    scene = Scene(subject=None, loaded=load_head(tmp_path / "a.ply"))
    taken = capture(scene, SETTINGS, seed=1)
    seen = taken.part == PartId.HEAD
    assert seen.mean() > 0.25
    # The nose is 22 mm before the working distance, as the left camera measures it.
    nose = taken.truth.rig.left.to_camera(np.array([0.0, -22.0 + 30.0, 450.0 - 22.0]))
    assert float(np.nanmin(taken.depth_mm[seen])) == pytest.approx(float(nose[2]), abs=1.0)
    red, green, blue = taken.left.image[seen].mean(axis=0)
    assert red > green > blue
    assert not taken.truth.landmarks


def test_one_chair_holds_one_head(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_bytes(obj(*ball()))
    with pytest.raises(MalformedInput, match="not both"):
        Scene(subject=Subject(identity_seed=1), loaded=load_head(tmp_path / "a.obj"))
