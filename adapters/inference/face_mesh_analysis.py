"""The face mesh as a released analysis: one face, its points, and its regions as a map.

Rules kept here:

1. Both networks that run are those of the release's own bytes, the detector included.
2. No face, or several, gives no run: whose points they would be cannot be known.
3. The mesh is stored as content that other analyses read; it is no finding and says nothing about
   the person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging import facial_regions
from adapters.imaging.face_detection import detector_image
from adapters.imaging.face_mesh import (
    DOCUMENT,
    METHOD,
    SEVERAL_RULE,
    FaceCrop,
    FaceMesh,
    find_face_crops,
)
from adapters.imaging.face_networks import NAME, FaceNetworks, installed_face_model
from adapters.imaging.facial_regions import region_masks
from adapters.imaging.refusal import malformed
from adapters.inference.analysis import Document, Given, Judged, Reported, Source
from adapters.inference.face_mesh_release import face_mesh_release
from adapters.inference.overlay import LONGEST_SIDE_PX, Overlay, encode_overlay
from adapters.inference.release import (
    DomainVerdict,
    InputDomain,
    InputFacts,
    ModelRelease,
    judge_input,
)
from adapters.inference.tensors import Tensor
from domain.values.content import Digest
from domain.values.facial_region import FacialRegion

MEDIA_TYPE: Final = "application/json"
REGIONS_OVERLAY: Final = "facial-regions-map"
NO_FACE_RULE: Final = "face.none"

_FRAME: Final = "mesh_frame"
_SIZE: Final = "picture_size"
_BRIGHT, _DARK = np.float32(250 / 255), np.float32(5 / 255)
_OPACITY: Final = 110
_LINE_OPACITY: Final = 230
# Neighbours differ in lightness, so that the map reads without colour vision.
_COLOURS: Final[Mapping[str, tuple[int, int, int]]] = {
    "forehead": (150, 120, 200),
    "glabella": (240, 228, 66),
    "temple": (0, 114, 178),
    "periorbital": (86, 180, 233),
    "cheek": (213, 94, 0),
    "nose": (250, 210, 160),
    "nasolabial": (0, 158, 115),
    "perioral": (204, 121, 167),
    "chin": (240, 240, 240),
    "jaw": (90, 90, 90),
}


@dataclass(frozen=True, slots=True)
class FaceMeshAnalysis:
    """The steps around the face model."""

    name: str = NAME
    preprocessing: str = f"{METHOD} crop"
    postprocessing: str = f"{METHOD} points, {facial_regions.VERSION}"

    def model(self) -> bytes:
        """Return the face model made of the installed package."""
        return installed_face_model()

    def release(self, model: Digest) -> ModelRelease:
        """Return what its release says."""
        return face_mesh_release(model)

    def given(self, source: Source, domain: InputDomain) -> Given:
        """Return the picture for the detector and the face cut out for the mesh."""
        del domain
        image = source.image.encoded
        crops = find_face_crops(image, FaceNetworks(source.model))
        if len(crops) != 1:
            raise malformed(
                SEVERAL_RULE if crops else NO_FACE_RULE,
                f"{len(crops)} faces are in the picture, 1 is needed",
                "Capture again with one whole face in view",
            )
        crop = crops[0]
        rows, columns = image.shape[:2]
        side_px = float(np.hypot(*crop.axes[:, 0])) * crop.tensor.shape[1]
        inner = crop.tensor[0, 32:-32, 32:-32].max(axis=2)
        return Given(
            tensors={"detector_image": detector_image(image), "mesh_image": crop.tensor},
            beside={
                _FRAME: np.column_stack([crop.origin_px, crop.axes]),
                _SIZE: np.array([rows, columns], dtype=np.int64),
            },
            facts=InputFacts(
                pixel_count=rows * columns,
                skin_pixel_count=int((side_px / 1.5) ** 2),
                clipped_fraction=float(((inner >= _BRIGHT) | (inner <= _DARK)).mean()),
                colour_reference_passed=None,
                colour_residual_delta_e=None,
                makeup=source.makeup,
                neutral_expression=source.neutral_expression,
            ),
        )

    def judge(self, domain: InputDomain, given: Given) -> DomainVerdict:
        """Return whether a run is permitted; colour and make-up do not matter to a mesh."""
        verdict = judge_input(domain, given.facts)
        return DomainVerdict(refusals=verdict.refusals, flags=())

    def worked_out(self, outputs: Mapping[str, Tensor], given: Given) -> Mapping[str, Tensor]:
        """Return the points in pixels of the picture, and how surely a face is there."""
        frame = np.asarray(given.beside[_FRAME], dtype=np.float64)
        crop = FaceCrop(
            tensor=np.asarray(given.tensors["mesh_image"], dtype=np.float32),
            origin_px=frame[:, 0],
            axes=frame[:, 1:],
        )
        mesh = crop.read_mesh(
            np.asarray(outputs["mesh_points"], dtype=np.float32),
            np.asarray(outputs["mesh_presence"], dtype=np.float32),
        )
        if mesh is None:
            raise malformed(
                NO_FACE_RULE,
                "what the detector found is no face",
                "Capture again with one whole face in view",
            )
        return {"face_points_px": mesh.points_px, "face_score": np.array(mesh.score)}

    def reported(self, results: Mapping[str, Tensor], given: Given, judged: Judged) -> Reported:
        """Return the mesh as a document and the regions as a map."""
        del judged
        mesh = FaceMesh(
            points_px=np.asarray(results["face_points_px"], dtype=np.float64),
            score=float(results["face_score"].item()),
        )
        document = Document(
            name=DOCUMENT,
            content=mesh.to_bytes(),
            media_type=MEDIA_TYPE,
            legend="Face mesh, 468 points in pixels of the picture",
        )
        size = np.asarray(given.beside[_SIZE])
        overlay = draw_regions(mesh, rows=int(size[0]), columns=int(size[1]))
        return Reported(findings=(), overlays=(overlay,), documents=(document,))


def draw_regions(mesh: FaceMesh, *, rows: int, columns: int) -> Overlay:
    """Draw the facial regions of a face as a map to lay over its picture.

    Args:
        mesh: The face, in pixels of the picture.
        rows: Rows of the picture.
        columns: Columns of the picture.
    """
    factor = min(1.0, LONGEST_SIDE_PX / max(rows, columns))
    height, width = max(1, round(rows * factor)), max(1, round(columns * factor))
    scaled = (mesh.points_px + 0.5) * np.array([width / columns, height / rows, factor]) - 0.5
    masks = region_masks(FaceMesh(points_px=scaled, score=mesh.score), height, width)
    picture = np.zeros((height, width, 4), dtype=np.uint8)
    for region, mask in masks.items():
        picture[mask] = (*_COLOURS[_kind(region)][::-1], _OPACITY)
        _outline(picture, mask)
    shown = int(np.count_nonzero(picture[..., 3]))
    return Overlay(
        name=REGIONS_OVERLAY,
        png=encode_overlay(picture),
        width_px=width,
        height_px=height,
        legend=f"Facial regions, {', '.join(_COLOURS)} ({facial_regions.VERSION})",
        measured_fraction=shown / (height * width),
        beyond_fraction=0.0,
    )


def _kind(region: FacialRegion) -> str:
    return region.value.removesuffix("-left").removesuffix("-right")


def _outline(picture: NDArray[np.uint8], mask: NDArray[np.bool_]) -> None:
    """Draw the edge of a region in white."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    picture[mask & ~np.asarray(inner, dtype=np.bool_)] = (255, 255, 255, _LINE_OPACITY)
