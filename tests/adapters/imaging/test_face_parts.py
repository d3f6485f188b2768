"""Where gloss, something before the face and a second face are: on a real photograph."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.imaging.depth import DepthMap
from adapters.imaging.disclosure import Seen, disclose, disclose_depth, find_all
from adapters.imaging.face_cover import look_for_cover
from adapters.imaging.face_mesh import FaceMesh, find_faces
from adapters.imaging.looks import as_window, look_at
from adapters.imaging.pixels import EncodedRgb, Window
from domain.values.quality import Region
from tests.adapters.imaging import test_face_relief as egg
from tests.adapters.imaging.parts import inside, overlap
from tests.adapters.imaging.photographs import photograph
from tests.adapters.imaging.scenes import image_of

Picture = NDArray[np.uint8]


@cache
def mesh() -> FaceMesh:
    """Return the face of the photograph."""
    (found,) = find_faces(EncodedRgb(photograph("astronaut.png")))
    return found


def seen_of(picture: Picture, *, face: Window | None = None) -> Seen:
    """Return the faces of a picture; where the measured one is can be told."""
    image = image_of(picture)
    look = look_at(image, "left", ignored=None, white=None)
    if face is not None:
        look = replace(look, window=face)
    found = find_all([image], [look])
    assert found is not None
    return found[0]


@pytest.mark.parametrize("place", [205, 425])
def test_gloss_on_a_cheek_is_where_the_skin_mirrors_most(place: int) -> None:
    picture = photograph("astronaut.png").copy()
    column, row = mesh().points_px[place, :2].round().astype(int).tolist()
    spot = Window(left=column - 5, top=row - 5, width=11, height=11)
    light = np.zeros(picture.shape, np.float32)
    cv2.circle(light, (column, row), 5, (90, 90, 90), -1)
    glossy = np.clip(picture + cv2.GaussianBlur(light, (0, 0), 1.0), 0, 255).astype(np.uint8)
    found = look_for_cover(image_of(glossy).linear, mesh(), white=None, level=1.0)
    assert found.shine_part is not None
    # The value is that of the shiniest fiftieth of the skin: the spot is larger.
    assert inside(found.shine_part, spot) == 1.0
    assert overlap(found.shine_part, spot) > 0.2


def test_without_the_lights_white_nothing_is_told_of_gloss() -> None:
    image = image_of(photograph("astronaut.png"))
    found = look_for_cover(image.linear, mesh(), white=None, level=None)
    assert (found.shine, found.shine_part) == (None, None)


def two_faces() -> tuple[Picture, Window, Window]:
    """Return a picture with the face twice, and where the left and the right one are."""
    part = photograph("astronaut.png")[:256, 96:352]
    low, high = mesh().points_px[:, :2].min(axis=0), mesh().points_px[:, :2].max(axis=0)
    left, top = (int(each) for each in np.floor(low) - [96, 0])
    width, height = (int(each) for each in np.ceil(high - low))
    boxes = [Window(left=left + shift, top=top, width=width, height=height) for shift in (0, 256)]
    return np.hstack([part, part]), boxes[0], boxes[1]


@pytest.mark.parametrize("measured", ["left", "right"])
def test_the_face_too_many_is_the_other_one_than_the_one_measured(measured: str) -> None:
    picture, left, right = two_faces()
    mine, other = (left, right) if measured == "left" else (right, left)
    (count, *_) = disclose((seen_of(picture, face=mine),), None)
    assert (count.name, count.value) == ("face_count", 2.0)
    assert count.region is not None
    assert overlap(as_window(count.region), other) > 0.7


def test_one_face_or_none_is_where_it_was_measured() -> None:
    for picture in (photograph("astronaut.png"), np.full((300, 300, 3), 40, np.uint8)):
        seen = seen_of(picture)
        assert disclose((seen,), None)[0].region == seen.look.region


def covered(*, left: bool) -> tuple[Region, Region]:
    """Return where something before one side of a drawn head stands out, and the whole head."""
    x, y = egg.grid()
    depth = egg.head()
    depth[(x < -12 if left else x > 12) & (y > 5)] -= 18.0
    values = np.full((egg.ROWS, egg.COLUMNS, 3), 90, np.uint8)
    image = image_of(values)
    look = replace(look_at(image, "left", ignored=None, white=None), window=egg.FACE)
    seen = Seen(look=look, image=image, faces=(egg.mesh(),))
    found = disclose_depth(look, (seen,), egg.depth_map(depth), egg.CAMERA)
    region = next(each.region for each in found if each.name == "face_uneven_share")
    assert region is not None
    return region, look.region


@pytest.mark.parametrize("left", [True, False])
def test_what_stands_before_one_side_is_on_that_side(*, left: bool) -> None:
    region, whole = covered(left=left)
    middle = whole.x_px + whole.width_px / 2
    part = as_window(region)
    lower = Window(
        left=whole.x_px if left else int(middle) + 1,
        top=whole.y_px + whole.height_px // 2,
        width=whole.width_px // 2,
        height=whole.height_px // 2,
    )
    assert inside(part, lower) > 0.95
    assert overlap(part, lower) > 0.3


def test_where_nothing_stands_out_the_whole_face_is_told() -> None:
    image = image_of(np.full((egg.ROWS, egg.COLUMNS, 3), 90, np.uint8))
    look = replace(look_at(image, "left", ignored=None, white=None), window=egg.FACE)
    even = DepthMap(
        depth_mm=egg.depth_map(egg.head()).depth_mm,
        valid=np.ones((egg.ROWS, egg.COLUMNS), np.bool_),
        step=1,
        method="drawn/1",
    )
    seen = Seen(look=look, image=image, faces=(egg.mesh(),))
    for faces in ((seen,), (Seen(look=look, image=image, faces=()),), None):
        found = disclose_depth(look, faces, even, egg.CAMERA)
        assert {each.region for each in found} == {look.region}
