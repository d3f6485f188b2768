"""A surface with its photograph in one archive: whole, repeatable, and each point on its pixel."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from adapters.imaging.depth_mesh import Mesh, mesh_of
from adapters.imaging.mesh_files import mesh_from_ply, obj_bytes, ply_bytes
from adapters.imaging.pixels import EncodedRgb
from adapters.imaging.textured_surface import textured_zip
from domain.errors import MalformedInput
from tests.adapters.imaging.scenes import Floats, png
from tests.adapters.imaging.test_depth_mesh import RIG, depth_of, plane

# Noise: nothing but the very place of a point has its colour, not a pixel beside it.
NOISE = np.random.default_rng(3).integers(0, 256, (208, 160, 3)).astype(np.uint8)
PICTURE = png(NOISE)
FILES = ["surface.obj", "surface.mtl", "surface.ply", "texture.png"]


def made(stride: int = 3) -> Mesh:
    """Return a surface with a hole, coloured by the noise."""
    depth = plane(across=0.4)
    depth[30:40, 20:30] = np.nan
    return mesh_of(depth_of(depth), RIG, EncodedRgb(NOISE), stride=stride)


MESH = made()


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The archive, taken apart."""
    content = textured_zip(MESH, PICTURE, media_type="image/png")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def sampled(picture: Floats, texture: Floats) -> Floats:
    """Return the colours of a picture at places in it, by hand, between the middles of pixels."""
    height, width = picture.shape[:2]
    x, y = texture[:, 0] * width - 0.5, (1 - texture[:, 1]) * height - 0.5
    left = np.clip(np.floor(x + 1e-4).astype(int), 0, width - 2)
    top = np.clip(np.floor(y + 1e-4).astype(int), 0, height - 2)
    right, low = (x - left)[:, None], (y - top)[:, None]
    upper = picture[top, left] * (1 - right) + picture[top, left + 1] * right
    lower = picture[top + 1, left] * (1 - right) + picture[top + 1, left + 1] * right
    return np.asarray(upper * (1 - low) + lower * low)


def rows(lines: list[str], word: str) -> Floats:
    """Return the numbers of every line of an OBJ that begins with a word."""
    found = [line.split()[1:] for line in lines if line.startswith(f"{word} ")]
    return np.array(found, float)


@pytest.mark.verifies("REQ-IN-348", "REQ-IN-350")
def test_every_file_that_is_named_lies_in_the_archive(unpacked: Path) -> None:
    assert sorted(each.name for each in unpacked.iterdir()) == sorted(FILES)
    named = {
        line.split()[-1]
        for name, words in (
            ("surface.obj", ("mtllib",)),
            ("surface.mtl", ("map_Kd",)),
            ("surface.ply", ("comment TextureFile",)),
        )
        for line in (unpacked / name).read_bytes().decode("latin-1").splitlines()
        if line.startswith(words)
    }
    assert named == {"surface.mtl", "texture.png"}
    assert (unpacked / "texture.png").read_bytes() == PICTURE


@pytest.mark.verifies("REQ-IN-348")
def test_the_picture_has_at_every_point_the_colour_of_that_point(unpacked: Path) -> None:
    lines = (unpacked / "surface.obj").read_text("ascii").splitlines()
    with Image.open(unpacked / "texture.png") as picture:
        pixels = np.asarray(picture, float)
    texture = rows(lines, "vt")
    assert rows(lines, "v") == pytest.approx(MESH.points_mm, abs=5e-5)
    assert len(texture) == len(MESH.colours)
    # A colour at a point is the mean of the four pixels around it, rounded, as is its place.
    assert np.abs(sampled(pixels, texture) - MESH.colours).max() <= 0.55
    for wrong in ([0, 1 / 416], [1 / 320, 0]):
        assert np.abs(sampled(pixels, texture - wrong) - MESH.colours).mean() > 10
    flipped = np.abs(sampled(pixels[::-1], texture) - MESH.colours)
    assert flipped.mean() > 10


@pytest.mark.verifies("REQ-IN-350")
def test_the_ply_beside_it_is_the_recorded_one_and_a_line_that_names_the_picture(
    unpacked: Path,
) -> None:
    found = (unpacked / "surface.ply").read_bytes()
    assert found.replace(b"comment TextureFile texture.png\n", b"") == ply_bytes(MESH)
    header = found.partition(b"end_header\n")[0].decode("ascii").splitlines()
    assert header.index("comment TextureFile texture.png") < header.index(
        f"element vertex {len(MESH.points_mm)}"
    )


def test_corners_name_point_place_and_normal_alike(unpacked: Path) -> None:
    lines = (unpacked / "surface.obj").read_text("ascii").splitlines()
    corners = [line.split()[1:] for line in lines if line.startswith("f ")]
    found = np.array([[each.split("/") for each in face] for face in corners], int)
    assert (found == found[..., :1]).all()
    assert np.array_equal(found[..., 0] - 1, MESH.triangles)
    assert len(rows(lines, "vn")) == len(rows(lines, "vt")) == len(rows(lines, "v"))


def test_points_have_no_colours_beside_those_of_the_picture(unpacked: Path) -> None:
    lines = (unpacked / "surface.obj").read_text("ascii").splitlines()
    assert rows(lines, "v").shape == (len(MESH.points_mm), 3)
    assert lines.index("usemtl photograph") < next(
        at for at, line in enumerate(lines) if line.startswith("f ")
    )


def test_the_same_surface_and_picture_give_the_same_bytes_whatever_the_hour() -> None:
    again = textured_zip(made(), PICTURE, media_type="image/png")
    assert textured_zip(MESH, PICTURE, media_type="image/png") == again
    with zipfile.ZipFile(io.BytesIO(again)) as archive:
        assert [each.filename for each in archive.infolist()] == FILES
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}


def test_the_files_that_are_handed_out_alone_still_name_no_picture() -> None:
    assert b"TextureFile" not in ply_bytes(MESH)
    assert b"mtllib" not in obj_bytes(MESH)
    with pytest.raises(MalformedInput, match=r"mesh\.ply"):
        mesh_from_ply(ply_bytes(MESH, texture="texture.png"))


def test_a_photograph_keeps_its_kind_and_an_unknown_kind_is_refused() -> None:
    content = textured_zip(MESH, b"\xff\xd8", media_type="image/jpeg")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("texture.jpg") == b"\xff\xd8"
        assert b"map_Kd texture.jpg" in archive.read("surface.mtl")
    with pytest.raises(MalformedInput, match=r"surface\.texture"):
        textured_zip(MESH, b"", media_type="image/heic")
