"""The face mesh on a real photograph, beside the published pipeline, and where there is no face.

The reference points are those of MediaPipe 0.10.21 (``face_mesh``, static picture, one face) on the
same photograph, with its sampling: a picture element's centre at whole numbers.
"""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.imaging.canonical_face import canonical_face, read_canonical_face
from adapters.imaging.face_detection import find_face_boxes, halved, halvings
from adapters.imaging.face_mesh import FaceMesh, find_face_mesh, find_faces
from adapters.imaging.face_networks import (
    FaceNetworks,
    installed_face_model,
    installed_face_networks,
)
from adapters.imaging.face_package import DETECTOR, MESH, Part, read_part
from adapters.imaging.pixels import EncodedRgb
from domain.errors import DigestMismatch, MalformedInput, Unavailable
from tests.adapters.imaging.photographs import photograph

REFERENCE_PX = {
    1: (224.097, 131.180, -23.311),
    4: (224.368, 126.955, -25.089),
    10: (227.503, 72.433, -11.205),
    33: (194.647, 100.938, 3.927),
    61: (201.848, 139.454, 6.931),
    133: (213.822, 103.647, 0.532),
    152: (221.342, 175.486, 8.709),
    234: (179.031, 111.051, 41.350),
    263: (256.709, 104.076, 4.481),
    291: (245.914, 142.235, 7.180),
    362: (237.439, 104.774, 0.839),
    454: (270.861, 116.258, 42.082),
}
REFERENCE_BOX = (0.34681, 0.16186, 0.53303, 0.34808)
REFERENCE_EYES = ((0.39355, 0.20488), (0.48017, 0.21308))


@pytest.fixture(scope="module")
def networks() -> FaceNetworks:
    """Return the installed networks."""
    return installed_face_networks()


def _published_sampling(
    picture: NDArray[np.uint8], networks: FaceNetworks
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return box corners and points as the published graph samples: no averaging, one pass."""
    side = picture.shape[0]
    step = side / 128
    square = cv2.warpAffine(
        picture, np.array([[step, 0, 0], [0, step, 0]]), (128, 128), flags=cv2.WARP_INVERSE_MAP | 1
    )
    boxes, scores = networks.detect((square.astype(np.float32) * np.float32(2 / 255) - 1)[None])
    answers = 1 / (1 + np.exp(-scores.ravel().astype(np.float64)))
    best = np.flatnonzero(answers >= 0.5)
    cells = np.array([*np.repeat(np.arange(256), 2), *np.repeat(np.arange(64), 6)])[best]
    width = np.where(best < 512, 16, 8)
    middles = np.stack([cells % width + 0.5, cells // width + 0.5], axis=1) / width[:, None]
    raw = boxes.reshape(896, 16)[best].astype(np.float64) / 128
    centres = raw[:, :2] + middles
    places = [centres - raw[:, 2:4] / 2, centres + raw[:, 2:4] / 2]
    places += [raw[:, 4:6] + middles, raw[:, 6:8] + middles]
    box = np.average(np.stack(places, axis=1), axis=0, weights=answers[best])
    right, left = box[2] * side, box[3] * side
    angle = np.arctan2(*(left - right)[::-1])
    step = 1.5 * side * (box[1] - box[0]).max() / 192
    turn = step * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    start = side * (box[0] + box[1]) / 2 - turn @ [96, 96]
    face = cv2.warpAffine(
        picture,
        np.column_stack([turn, start]),
        (192, 192),
        flags=cv2.WARP_INVERSE_MAP | 1,
        borderMode=cv2.BORDER_REPLICATE,
    )
    points, _ = networks.locate((face.astype(np.float32) * np.float32(1 / 255))[None])
    local = points.reshape(468, 3).astype(np.float64)
    return box, np.column_stack([local[:, :2] @ turn.T + start, local[:, 2] * step])


def test_with_the_published_sampling_the_points_are_the_published_ones(
    networks: FaceNetworks,
) -> None:
    box, points = _published_sampling(photograph("astronaut.png"), networks)
    assert box[:2].ravel() == pytest.approx(REFERENCE_BOX, abs=2e-5)
    assert box[2:] == pytest.approx(np.array(REFERENCE_EYES), abs=2e-5)
    found = points[list(REFERENCE_PX)]
    assert np.abs(found - np.array(list(REFERENCE_PX.values()))).max() < 0.03


@pytest.mark.verifies("REQ-IN-130")
def test_a_real_face_is_found_where_the_published_pipeline_finds_it() -> None:
    mesh = find_face_mesh(EncodedRgb(photograph("astronaut.png")))
    assert mesh is not None
    assert mesh.score > 0.99
    reference = np.array(list(REFERENCE_PX.values()))
    distance = mesh.points_px[list(REFERENCE_PX)] + [0.5, 0.5, 0.0] - reference
    # The eyes stand 62 px apart; another crop of the same face moves points by about 1 % of that.
    assert np.median(np.hypot(distance[:, 0], distance[:, 1])) < 1.0
    assert np.hypot(distance[:, 0], distance[:, 1]).max() < 3.0


def test_repeats_are_bit_identical_and_survive_storing() -> None:
    picture = EncodedRgb(photograph("astronaut.png"))
    first, again = (find_face_mesh(picture, FaceNetworks(installed_face_model())) for _ in range(2))
    assert first is not None
    assert again is not None
    assert first.to_bytes() == again.to_bytes()
    stored = FaceMesh.from_bytes(first.to_bytes())
    assert stored.points_px.tobytes() == first.points_px.tobytes()
    assert stored.score == first.score


@pytest.mark.parametrize("turn_deg", [-35.0, 20.0])
def test_a_tilted_head_gives_the_same_points_turned(turn_deg: float) -> None:
    picture = photograph("astronaut.png")
    straight = find_face_mesh(EncodedRgb(picture))
    turning = cv2.getRotationMatrix2D((224.0, 125.0), turn_deg, 1.0)
    turned = np.asarray(cv2.warpAffine(picture, turning, (512, 512), flags=2), np.uint8)
    tilted = find_face_mesh(EncodedRgb(turned))
    assert straight is not None
    assert tilted is not None
    expected = straight.points_px[:, :2] @ turning[:, :2].T + turning[:, 2]
    assert np.median(np.linalg.norm(tilted.points_px[:, :2] - expected, axis=1)) < 1.0


def test_a_larger_picture_of_the_same_face_gives_the_same_points_larger() -> None:
    picture = photograph("astronaut.png")
    small = find_face_mesh(EncodedRgb(picture))
    enlarged = np.asarray(cv2.resize(picture, (2048, 2048), interpolation=2), np.uint8)
    large = find_face_mesh(EncodedRgb(enlarged))
    assert small is not None
    assert large is not None
    expected = (small.points_px[:, :2] + 0.5) * 4 - 0.5
    assert np.median(np.linalg.norm(large.points_px[:, :2] - expected, axis=1)) / 4 < 0.5


@pytest.mark.verifies("DRV-22")
def test_two_faces_are_refused_where_one_is_measured() -> None:
    picture = photograph("astronaut.png")
    pair = EncodedRgb(np.ascontiguousarray(np.hstack([picture[:, 100:356], picture[:, 100:356]])))
    assert len(find_faces(pair)) == 2
    with pytest.raises(MalformedInput, match="2 faces"):
        find_face_mesh(pair)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((480, 640, 3), np.uint8),
        np.full((480, 640, 3), 255, np.uint8),
        np.random.default_rng(3).integers(0, 256, (480, 640, 3), dtype=np.uint8),
    ],
    ids=["black", "white", "noise"],
)
def test_no_face_is_nothing_and_no_number(picture: NDArray[np.uint8]) -> None:
    assert find_face_mesh(EncodedRgb(picture)) is None


def test_a_lower_half_of_a_picture_without_the_face_is_nothing() -> None:
    assert (
        find_face_mesh(EncodedRgb(np.ascontiguousarray(photograph("astronaut.png")[260:]))) is None
    )


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((480, 640), np.uint8),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((480, 640, 3), np.float32),
        np.zeros((30, 640, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(array: NDArray[np.uint8]) -> None:
    with pytest.raises(MalformedInput, match=r"face\.picture"):
        find_faces(EncodedRgb(array))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format":"vultus/face-mesh/v1"}'])
def test_stored_bytes_that_are_no_mesh_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedInput, match=r"face\.mesh"):
        FaceMesh.from_bytes(content)


def test_points_that_are_not_finite_are_refused() -> None:
    points = np.zeros((468, 3))
    points[7, 1] = np.nan
    with pytest.raises(MalformedInput, match=r"face\.mesh"):
        FaceMesh(points_px=points, score=1.0)
    with pytest.raises(MalformedInput, match="score"):
        FaceMesh(points_px=np.zeros((468, 3)), score=1.5)


def test_halving_keeps_at_least_the_side_that_is_asked_for() -> None:
    assert [halvings(side, 100) for side in (40, 100, 199, 200, 399, 400)] == [0, 0, 0, 1, 1, 2]
    assert halved(EncodedRgb(np.zeros((203, 101, 3), np.uint8)), 2).shape == (50, 25, 3)


def test_a_face_is_one_box_with_eyes_of_the_subject(networks: FaceNetworks) -> None:
    boxes = find_face_boxes(EncodedRgb(photograph("astronaut.png")), networks)
    assert len(boxes) == 1
    right, left = boxes[0].keypoints_px[:2]
    assert right[0] < left[0]
    assert boxes[0].score > 0.8


def test_without_the_package_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"Start \./vultus once"):
        read_part(MESH, tmp_path / "absent")
    altered = tmp_path / "altered"
    altered.write_bytes(b"something else")
    with pytest.raises(DigestMismatch, match="not the published ones"):
        read_part(MESH, altered)
    elsewhere = Part(name="part", start=0, end=10, digest=DETECTOR.digest)
    with pytest.raises(DigestMismatch, match="the part is not the published one"):
        read_part(elsewhere)


def test_the_canonical_face_is_a_face() -> None:
    face = canonical_face()
    nose, chin, right_eye, left_eye = face.points_mm[[4, 152, 33, 263]]
    assert nose[2] > max(chin[2], right_eye[2], left_eye[2])
    assert chin[1] < nose[1] < right_eye[1]
    assert left_eye[0] > 0 > right_eye[0]
    assert 70 < left_eye[0] - right_eye[0] < 110
    assert face.mirror[33] == 263
    assert np.unique(face.triangles).size == 468
    assert (face.weights >= 0).all()
    assert face.weights.sum() > 0


@pytest.mark.parametrize(
    "content", [b"", b"\x0a\x05abc", b"\x0b", b"\x08", b"\x12\x07\x08\xff\x7f"]
)
def test_bytes_that_are_no_canonical_face_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedInput, match=r"face\.canonical"):
        read_canonical_face(content)
