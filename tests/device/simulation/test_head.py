"""The head's geometry and its landmarks."""

from pathlib import Path

import numpy as np
import pytest

from device.simulation.head import COLUMNS, ROWS, surface_normals
from device.simulation.head_form import HeadForm
from device.simulation.parts import PartId
from tests.device.simulation.stage import asset


def test_the_grid_is_dense_and_whole(cache: Path) -> None:
    surface = asset(cache).surface
    assert surface.points.shape == (ROWS, COLUMNS, 3)
    assert np.isfinite(surface.points).all()
    np.testing.assert_allclose(np.linalg.norm(surface.normals, axis=-1), 1.0, atol=1e-4)


def test_the_head_has_the_size_of_a_head(cache: Path) -> None:
    points = asset(cache).surface.points
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    assert 140 < x.max() - x.min() < 190
    assert 100 < y.max() < 135
    assert 26 < z.max() < 42


def test_normals_look_out_of_the_face(cache: Path) -> None:
    surface = asset(cache).surface
    for name in ("pronasale", "glabella", "malar left", "malar right", "pogonion"):
        row, column = surface.landmarks[name]
        assert surface.normals[row, column, 2] > 0.5, name


def test_landmarks_lie_where_anatomy_puts_them(cache: Path) -> None:
    head = asset(cache)
    form = HeadForm(head.surface.identity)
    at = {name: head.surface.points[place] for name, place in head.surface.landmarks.items()}
    down_the_middle = ["trichion", "glabella", "sellion", "pronasale", "subnasale"]
    down_the_middle += ["labiale superius", "stomion", "labiale inferius", "pogonion", "menton"]
    heights = [float(at[name][1]) for name in down_the_middle]
    assert heights == sorted(heights, reverse=True)
    assert max(at.values(), key=lambda p: float(p[2])) is at["pronasale"]
    for name in ("endocanthion", "exocanthion", "alare", "cheilion", "malar"):
        assert at[f"{name} left"][0] > 5, "left is +x"
        assert at[f"{name} right"][0] < -5
    assert float(at["exocanthion left"][0]) == pytest.approx(form.eye_x + 14.5, abs=1.5)


def test_normals_of_a_plane_face_along_z() -> None:
    y, x = np.mgrid[0:5, 0:6].astype(np.float32)
    normals = surface_normals(np.stack([x, -y, 0 * x], axis=-1))
    np.testing.assert_allclose(normals, np.broadcast_to([0, 0, 1], normals.shape), atol=1e-6)


def test_eyes_stand_symmetrically_and_between_them_is_the_origin(cache: Path) -> None:
    parts = {part.part: part for part in asset(cache).parts}
    left, right = (parts[p].points[0, 0] for p in (PartId.EYE_LEFT, PartId.EYE_RIGHT))
    np.testing.assert_allclose((left + right) / 2, [0, 0, 0], atol=0.2)


def test_every_part_faces_outwards(cache: Path) -> None:
    for part in asset(cache).parts:
        middle = part.points.reshape(-1, 3).mean(axis=0)
        outwards = np.einsum("ijk,ijk->ij", part.points - middle, part.normals)
        assert outwards.mean() > 0, part.part
