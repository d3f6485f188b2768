"""The face mesh: 468 points of a face in pixels of the stored picture.

Rules kept here:

1. Points are for regions, guidance and the start of a registration; they are never a measurement.
2. The same picture gives the same points bit for bit on one platform.
3. No face is a result (nothing); several faces are a refusal wherever one face is needed, because
   whose numbers they would be cannot be known.
4. Large pictures are averaged before they are sampled.
5. The mesh is fitted twice: in the detector's crop, then in the crop that its own points give.
   The second crop depends on the face alone; it halves the scatter between repeated pictures.

Known accuracy: the network places points by looks, to about a millimetre; depth (z) is a guess at
the face's shape, good for its rough pose only.  Trained by its publisher on pictures of phones;
faces in profile beyond about 60 degrees are not found or badly fitted.

Source: Kartynnik et al. (2019), arXiv 1907.06724 (mesh); the published graph
``face_landmark_front`` (crop: the box enlarged by half, turned by the line of the eyes; presence
at least 0.5).  Its sampling puts a picture element's centre at whole numbers while its points
count from the corner (their mirror sums are 192, not 191); here centres are used throughout.
"""

import json
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.canonical_face import POINTS
from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.face_detection import FaceBox, find_face_boxes, halved, halvings
from adapters.imaging.face_networks import MESH_SIDE_PX, FaceNetworks, installed_face_networks
from adapters.imaging.pixels import EncodedRgb
from adapters.imaging.refusal import malformed
from domain.errors import MalformedInput

METHOD: Final = "face-mesh/1"
FORMAT: Final = "vultus/face-mesh/v1"
DOCUMENT: Final = "face-mesh"
"""Permanent word of a stored mesh among a run's results."""

PRESENCE_MIN: Final = 0.5
SMALLEST_SIDE_PX: Final = 64
SEVERAL_RULE: Final = "face.several"

_WORKING_SIDE_PX: Final = 768
_ENLARGED: Final = 1.5
_RIGHT_EYE, _LEFT_EYE = 33, 263
"""Outer corners, by the mesh's places."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceMesh:
    """One face.

    Attributes:
        points_px: (468, 3) float64: column, row (pixel centres at whole numbers), and depth in the
            same scale, growing away from the camera, from a plane of the network's own choice.
        score: How surely a face is there, 0..1.
    """

    points_px: NDArray[np.float64] = field(repr=False)
    score: float

    def __post_init__(self) -> None:
        """Refuse what is no mesh."""
        if self.points_px.shape != (POINTS, 3) or not np.isfinite(self.points_px).all():
            raise malformed(
                "face.mesh", "the points are not 468 finite places", "Find the face again"
            )
        if not 0 <= self.score <= 1:
            raise malformed("face.mesh", "the score is outside 0..1", "Find the face again")

    def to_bytes(self) -> bytes:
        """Return the stored form: UTF-8 JSON with sorted keys and shortest round-trip numbers."""
        values = {"format": FORMAT, "points_px": self.points_px.tolist(), "score": self.score}
        return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "FaceMesh":
        """Return the mesh stored in ``content``.

        Raises:
            MalformedInput: the bytes are not a mesh.
        """
        try:
            values = json.loads(content)
            form = values["format"]
            points = np.array(values["points_px"], dtype=np.float64)
            score = float(values["score"])
        except (KeyError, TypeError, ValueError) as error:
            raise _not_stored() from error
        if form != FORMAT:
            raise _not_stored()
        return cls(points_px=points, score=score)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceCrop:
    """A face cut out upright, and how to get back.

    Attributes:
        tensor: (1, 192, 192, 3) float32, 0..1.
        origin_px: (2,) float64, column and row of the crop's first corner in the picture.
        axes: (2, 2) float64; its columns are steps of one crop element to the right and down.
    """

    tensor: NDArray[np.float32] = field(repr=False)
    origin_px: NDArray[np.float64]
    axes: NDArray[np.float64]

    def on_larger(self, factor: int) -> "FaceCrop":
        """Return the same crop in a picture of which this one's is an average of squares."""
        origin_px = (self.origin_px + 0.5) * factor - 0.5
        return FaceCrop(tensor=self.tensor, origin_px=origin_px, axes=self.axes * factor)

    def read_mesh(
        self, points: NDArray[np.float32], presence: NDArray[np.float32]
    ) -> FaceMesh | None:
        """Return the face in pixels of the picture; nothing when none was there."""
        log_odds = float(presence.reshape(-1)[0])
        score = float(1.0 / (1.0 + np.exp(-min(max(log_odds, -100.0), 100.0))))
        if score < PRESENCE_MIN:
            return None
        local = points.reshape(POINTS, 3).astype(np.float64)
        scale = float(np.hypot(*self.axes[:, 0]))
        places = np.empty((POINTS, 3))
        # Written out: a matrix product may add up in another order on another processor.
        for axis, (right, down) in enumerate(self.axes.tolist()):
            places[:, axis] = self.origin_px[axis] + right * local[:, 0] + down * local[:, 1]
        places[:, 2] = scale * local[:, 2]
        return FaceMesh(points_px=places, score=score)


def find_face_mesh(image: EncodedRgb, networks: FaceNetworks | None = None) -> FaceMesh | None:
    """Return the one face of a picture; nothing when there is none.

    Args:
        image: (rows, columns, 3) uint8, 0..255, sRGB-encoded.
        networks: The face model; the installed one when none is given.

    Raises:
        MalformedInput: there are several faces, or this is no picture.
        Unavailable: no model is given and none is installed.
    """
    return the_only(find_faces(image, networks))


def the_only(faces: tuple[FaceMesh, ...]) -> FaceMesh | None:
    """Return the one face, nothing for none.

    Raises:
        MalformedInput: there are several.
    """
    if len(faces) > 1:
        raise malformed(
            SEVERAL_RULE,
            f"{len(faces)} faces are in the picture, 1 is measured",
            "Capture again with one person in view, and without pictures of faces",
        )
    return faces[0] if faces else None


def find_faces(image: EncodedRgb, networks: FaceNetworks | None = None) -> tuple[FaceMesh, ...]:
    """Return every face of a picture, the one that was detected best first.

    Args:
        image: (rows, columns, 3) uint8, 0..255, sRGB-encoded.
        networks: The face model; the installed one when none is given.

    Raises:
        MalformedInput: this is no picture.
        Unavailable: no model is given and none is installed.
    """
    known = networks or installed_face_networks()
    found = []
    for crop in find_face_crops(image, known):
        mesh = crop.read_mesh(*known.locate(crop.tensor))
        if mesh is not None:
            found.append(mesh)
    return tuple(found)


def find_face_crops(image: EncodedRgb, networks: FaceNetworks) -> tuple[FaceCrop, ...]:
    """Return each detected face, cut out for the mesh.

    Raises:
        MalformedInput: this is no picture.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:  # noqa: PLR2004
        raise malformed(
            "face.picture",
            f"an array of shape {image.shape} and type {image.dtype} is no picture",
            "Give (rows, columns, 3) uint8",
        )
    if min(image.shape[:2]) < SMALLEST_SIDE_PX:
        raise malformed(
            "face.picture",
            f"a side has {min(image.shape[:2])} pixels, {SMALLEST_SIDE_PX} are needed",
            "Give a larger picture",
        )
    fix_arithmetic()
    times = halvings(max(image.shape[:2]), _WORKING_SIDE_PX)
    working = halved(image, times)
    boxes = find_face_boxes(working, networks)
    found = (_FaceFinder(working, networks).settle(_frame_of_box(box)) for box in boxes)
    return tuple(each.on_larger(2**times) for each in found if each is not None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Frame:
    """A turned square around a face: centre (2,), side and angle."""

    centre_px: NDArray[np.float64]
    side_px: float
    roll_rad: float


def _frame_of_box(box: FaceBox) -> _Frame:
    return _Frame(centre_px=box.centre_px, side_px=_ENLARGED * box.side_px, roll_rad=box.roll_rad)


def _frame_of_mesh(mesh: FaceMesh) -> _Frame:
    """Return the square around a mesh, upright along the line of its outer eye corners."""
    points = mesh.points_px[:, :2]
    across = points[_LEFT_EYE] - points[_RIGHT_EYE]
    roll_rad = float(np.arctan2(across[1], across[0]))
    turn = _turn(roll_rad)
    upright = points @ turn
    low, high = upright.min(axis=0), upright.max(axis=0)
    return _Frame(
        centre_px=turn @ ((low + high) / 2),
        side_px=_ENLARGED * float((high - low).max()),
        roll_rad=roll_rad,
    )


def _turn(angle_rad: float) -> NDArray[np.float64]:
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[cosine, -sine], [sine, cosine]])


class _FaceFinder:
    """Fits the mesh to faces of one averaged picture."""

    def __init__(self, working: EncodedRgb, networks: FaceNetworks) -> None:
        self._working = working
        self._networks = networks

    def settle(self, frame: _Frame) -> FaceCrop | None:
        """Return the crop around the mesh that the detector's crop gives; nothing if no face."""
        crop = self._cut_out(frame)
        mesh = crop.read_mesh(*self._networks.locate(crop.tensor))
        return None if mesh is None else self._cut_out(_frame_of_mesh(mesh))

    def _cut_out(self, frame: _Frame) -> FaceCrop:
        step = frame.side_px / MESH_SIDE_PX
        axes = step * _turn(frame.roll_rad)
        origin = frame.centre_px - axes @ np.array([MESH_SIDE_PX / 2, MESH_SIDE_PX / 2])
        times = halvings(step, 1)
        small, block = halved(self._working, times), 2**times
        # A crop element's centre is at half numbers of the crop, a pixel's at whole ones.
        start = (origin + axes @ np.array([0.5, 0.5]) + 0.5) / block - 0.5
        cut = cv2.warpAffine(
            small,
            np.column_stack([axes / block, start]),
            (MESH_SIDE_PX, MESH_SIDE_PX),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        tensor = np.asarray(cut, dtype=np.float32)[None] * np.float32(1 / 255)
        return FaceCrop(tensor=tensor, origin_px=origin, axes=axes)


def _not_stored() -> MalformedInput:
    return malformed("face.mesh", "the stored bytes are no face mesh", "Find the face again")
