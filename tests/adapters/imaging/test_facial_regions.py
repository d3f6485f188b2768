"""Facial regions never share a pixel, mirror with the face, and lie where their names say."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from adapters.imaging.canonical_face import canonical_face
from adapters.imaging.face_mesh import FaceMesh, find_face_mesh
from adapters.imaging.facial_regions import mirrored, region_corners, region_masks
from adapters.imaging.pixels import EncodedRgb
from domain.errors import MalformedInput
from domain.values.facial_region import FacialRegion
from tests.adapters.imaging.photographs import photograph

ROWS, COLUMNS = 260, 220
PER_MM = 1.1


def canonical_mesh(
    *, yaw_deg: float = 0.0, pitch_deg: float = 0.0, noise_px: float = 0.0, seed: int = 0
) -> FaceMesh:
    """Return the canonical face turned, as seen from far away in a small picture."""
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    across = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    turned = canonical_face().points_mm @ (nod @ across).T
    noise = np.random.default_rng(seed).normal(0, 1, turned.shape) * noise_px
    points = turned * [PER_MM, -PER_MM, -PER_MM] + noise
    points[:, :2] += [COLUMNS / 2 - 0.3172, ROWS / 2 + 0.1234]
    return FaceMesh(points_px=points, score=1.0)


def mirror_image(mesh: FaceMesh) -> FaceMesh:
    """Return the mesh of the mirrored picture: left and right change names."""
    points = mesh.points_px[canonical_face().mirror].copy()
    points[:, 0] = COLUMNS - 1 - points[:, 0]
    return FaceMesh(points_px=points, score=mesh.score)


def other_side(region: FacialRegion) -> FacialRegion:
    """Return the region's namesake on the other side."""
    left, right = "-left", "-right"
    if region.value.endswith(left):
        return FacialRegion(region.value.replace(left, right))
    return FacialRegion(region.value.replace(right, left))


MESHES = st.builds(
    canonical_mesh,
    yaw_deg=st.floats(-50, 50),
    pitch_deg=st.floats(-30, 30),
    noise_px=st.floats(0, 3),
    seed=st.integers(0, 1000),
)


@settings(max_examples=25, deadline=None)
@given(mesh=MESHES)
def test_no_pixel_is_in_two_regions(mesh: FaceMesh) -> None:
    masks = region_masks(mesh, ROWS, COLUMNS)
    assert list(masks) == list(FacialRegion)
    assert np.stack([*masks.values()]).sum(axis=0).max() <= 1


@settings(max_examples=25, deadline=None)
@given(mesh=MESHES)
def test_a_mirrored_face_has_mirrored_regions(mesh: FaceMesh) -> None:
    masks = region_masks(mesh, ROWS, COLUMNS)
    mirrored_masks = region_masks(mirror_image(mesh), ROWS, COLUMNS)
    for region, mask in masks.items():
        assert np.array_equal(mirrored_masks[other_side(region)], mask[:, ::-1]), region


def test_corners_mirror_as_the_canonical_face_does() -> None:
    mirror = canonical_face().mirror
    for outlines in region_corners().values():
        for corner in (each for outline in outlines for each in outline):
            places = corner if isinstance(corner, tuple) else (corner,)
            found = mirrored(corner)
            expected = tuple(int(mirror[each]) for each in places)
            assert (found if isinstance(found, tuple) else (found,)) == expected


def _middle(mask: NDArray[np.bool_]) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    return float(columns.mean()), float(rows.mean())


def test_from_the_front_the_regions_are_whole_and_lie_where_their_names_say() -> None:
    masks = region_masks(canonical_mesh(), ROWS, COLUMNS)
    for region, mask in masks.items():
        _, _, parts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
        # At this size a sharp corner may lose touch by a pixel.
        assert parts[1:, cv2.CC_STAT_AREA].max() > 0.98 * mask.sum(), region
    middle = {region: _middle(mask) for region, mask in masks.items()}
    down = [
        *(FacialRegion.FOREHEAD, FacialRegion.GLABELLA, FacialRegion.NOSE),
        *(FacialRegion.PERIORAL, FacialRegion.CHIN),
    ]
    assert [*map(middle.__getitem__, down)] == sorted(
        map(middle.__getitem__, down), key=lambda at: at[1]
    )
    outwards = (FacialRegion.NASOLABIAL_LEFT, FacialRegion.CHEEK_LEFT, FacialRegion.JAW_LEFT)
    assert sorted(outwards, key=lambda each: middle[each][0]) == list(outwards)
    assert middle[FacialRegion.TEMPLE_RIGHT][0] < middle[FacialRegion.PERIORBITAL_RIGHT][0]
    assert middle[FacialRegion.TEMPLE_LEFT][1] < middle[FacialRegion.CHEEK_LEFT][1]
    covered = sum(int(mask.sum()) for mask in masks.values())
    hull = cv2.contourArea(
        cv2.convexHull(canonical_mesh().points_px[:, :2].astype(np.float32)[:, None])
    )
    assert 0.75 < covered / hull < 0.95


def test_from_the_front_neighbours_touch_and_none_overlap() -> None:
    mesh = canonical_mesh()
    masks = region_masks(mesh, ROWS, COLUMNS)
    cheek = cv2.dilate(masks[FacialRegion.CHEEK_RIGHT].astype(np.uint8), np.ones((3, 3), np.uint8))
    for neighbour in (
        *(FacialRegion.NOSE, FacialRegion.PERIORBITAL_RIGHT, FacialRegion.TEMPLE_RIGHT),
        *(FacialRegion.NASOLABIAL_RIGHT, FacialRegion.JAW_RIGHT),
    ):
        assert (cheek.astype(np.bool_) & masks[neighbour]).sum() > 3, neighbour


@pytest.mark.parametrize("place", [(33, 133), (13, 14), (52, 65)], ids=["eye", "mouth", "brow"])
def test_eyes_mouth_and_brows_are_in_no_region(place: tuple[int, int]) -> None:
    mesh = canonical_mesh()
    column, row = np.round(mesh.points_px[list(place), :2].mean(axis=0)).astype(int)
    row -= 5 if place == (52, 65) else 0
    masks = region_masks(mesh, ROWS, COLUMNS)
    assert not any(mask[row, column] for mask in masks.values())


def test_on_a_real_face_every_region_is_found_and_has_its_colour_of_skin() -> None:
    picture = EncodedRgb(photograph("astronaut.png"))
    mesh = find_face_mesh(picture)
    assert mesh is not None
    masks = region_masks(mesh, 512, 512)
    for region, mask in masks.items():
        assert mask.sum() > 80, region
    for region in (FacialRegion.CHEEK_LEFT, FacialRegion.NOSE, FacialRegion.CHIN):
        red, green, blue = picture[masks[region]].mean(axis=0)
        assert red > green > blue, region


def test_a_face_outside_the_picture_has_empty_regions() -> None:
    mesh = canonical_mesh()
    moved = FaceMesh(points_px=mesh.points_px + np.array([5000.0, -3000.0, 0.0]), score=1.0)
    assert not any(mask.any() for mask in region_masks(moved, ROWS, COLUMNS).values())
    with pytest.raises(MalformedInput, match="no pixels"):
        region_masks(mesh, 0, 10)
