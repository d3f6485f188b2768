"""Mesh files: the same bytes each time, and read back by hand as their formats say."""

import struct

import numpy as np
import pytest

from adapters.imaging.mesh_files import (
    mesh_from_ply,
    obj_bytes,
    ply_bytes,
    stl_bytes,
)
from domain.errors import MalformedInput
from tests.adapters.imaging.test_depth_mesh import mesh, plane

MESH = mesh(plane(across=0.4), stride=4)


def test_the_same_mesh_gives_the_same_bytes() -> None:
    again = mesh(plane(across=0.4), stride=4)
    for written in (ply_bytes, obj_bytes, stl_bytes):
        assert written(MESH) == written(again)


@pytest.mark.verifies("REQ-IN-350")
def test_a_ply_comes_back_whole() -> None:
    found = mesh_from_ply(ply_bytes(MESH))
    for name in ("points_mm", "normals", "texture", "colours", "sigma_mm", "triangles"):
        assert np.array_equal(getattr(found, name), getattr(MESH, name))
    assert found.step_px == MESH.step_px
    assert ply_bytes(found) == ply_bytes(MESH)


def test_a_ply_is_laid_out_as_its_header_says() -> None:
    head, _, body = ply_bytes(MESH).partition(b"end_header\n")
    assert head.startswith(b"ply\nformat binary_little_endian 1.0\n")
    record = struct.Struct("<8f3Bf")
    first = record.unpack_from(body)
    assert first[:3] == pytest.approx(MESH.points_mm[0])
    assert first[8:11] == tuple(MESH.colours[0])
    assert first[11] == pytest.approx(0.01)
    count, a, b, c = struct.unpack_from("<Biii", body, len(MESH.points_mm) * record.size)
    assert (count, a, b, c) == (3, *MESH.triangles[0])


@pytest.mark.verifies("REQ-IN-129", "REQ-IN-348")
def test_an_obj_holds_points_colours_and_every_corner() -> None:
    lines = obj_bytes(MESH).decode().splitlines()
    points = np.array([line.split()[1:] for line in lines if line.startswith("v ")], float)
    assert points[:, :3] == pytest.approx(MESH.points_mm, abs=5e-5)
    assert np.array_equal(np.rint(points[:, 3:] * 255), MESH.colours)
    faces = [line.split()[1:] for line in lines if line.startswith("f ")]
    corners = np.array([[corner.split("/")[0] for corner in face] for face in faces], int)
    assert np.array_equal(corners - 1, MESH.triangles)


def test_an_obj_refers_to_no_other_file() -> None:
    words = {line.split()[0] for line in obj_bytes(MESH).decode().splitlines()}
    assert words == {"#", "o", "v", "vt", "vn", "f"}


@pytest.mark.verifies("REQ-IN-129", "REQ-IN-349")
def test_an_stl_holds_every_triangle() -> None:
    content = stl_bytes(MESH)
    (count,) = struct.unpack_from("<I", content, 80)
    assert count == len(MESH.triangles)
    assert len(content) == 84 + 50 * count
    first = struct.unpack_from("<12fH", content, 84)
    assert first[2] < 0
    assert first[3:6] == pytest.approx(MESH.points_mm[MESH.triangles[0, 0]])


@pytest.mark.parametrize("damage", [lambda _: b"", lambda ply: ply[:-1], lambda ply: ply[100:]])
def test_bytes_that_are_no_mesh_of_ours_are_refused(damage: object) -> None:
    assert callable(damage)
    with pytest.raises(MalformedInput, match=r"mesh\.ply"):
        mesh_from_ply(damage(ply_bytes(MESH)))
