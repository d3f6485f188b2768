"""What limits the reliability of a capture, as measurements: faces, expression, cover, flatness.

Rules kept here:

1. The face model is used where it is installed; without it these measurements are absent, and a
   protocol that limits one of them fails, as with any measurement that could not be made.
2. Of two cameras signs of stance and expression are averaged, because verged cameras see the face
   from opposite sides; of what covers the face the worse camera counts, with its region.
3. Regions are as small as what was found: the lips, the shiny patch, the face too many.
4. Nothing is judged here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging import face_measures as table
from adapters.imaging.calibration import CameraIntrinsics
from adapters.imaging.colour_chart import ChartMeasurement
from adapters.imaging.decode import DecodedImage
from adapters.imaging.depth import DepthMap
from adapters.imaging.face_cover import BAR_POINTS, LIP_POINTS, FaceCover, look_for_cover
from adapters.imaging.face_geometry import eye_line_deg, measure_expression
from adapters.imaging.face_mesh import SMALLEST_SIDE_PX, FaceMesh, find_faces
from adapters.imaging.face_relief import measure_relief
from adapters.imaging.face_stance import brow_height, stance_deg
from adapters.imaging.looks import Look, as_window
from domain.errors import Unavailable
from domain.values.quality import QualityMeasurement, Region

_LEAST_AREA_PX: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """The faces of one picture.

    Attributes:
        look: What the picture shows besides.
        image: The picture.
        faces: Every face, the one detected best first.
    """

    look: Look
    image: DecodedImage
    faces: tuple[FaceMesh, ...]

    @property
    def face(self) -> FaceMesh:
        """The face that was detected best."""
        return self.faces[0]

    def region(self, places: Sequence[int]) -> Region:
        """Return the box around places of the mesh, inside the picture."""
        return self._box(self.face.points_px[list(places), :2])

    @property
    def other_region(self) -> Region:
        """The box around another face than the one that is measured; without one, where that is."""
        if len(self.faces) < 2:  # noqa: PLR2004 - the measured one and another
            return self.look.region
        middle = np.array(self.look.window.centre)
        middles = [each.points_px[:, :2].mean(axis=0) for each in self.faces]
        measured = int(np.argmin([np.linalg.norm(each - middle) for each in middles]))
        other = 0 if measured else 1
        return self._box(self.faces[other].points_px[:, :2])

    def _box(self, points: NDArray[np.float64]) -> Region:
        size = np.array([self.image.width, self.image.height])
        low = np.clip(np.floor(points.min(axis=0)), 0, size - _LEAST_AREA_PX).astype(int)
        high = np.clip(np.ceil(points.max(axis=0)), low + 1, size).astype(int)
        return Region(
            frame=self.look.frame,
            x_px=int(low[0]),
            y_px=int(low[1]),
            width_px=int(high[0] - low[0]),
            height_px=int(high[1] - low[1]),
        )


def find_all(images: Sequence[DecodedImage], looks: Sequence[Look]) -> tuple[Seen, ...] | None:
    """Return the faces of every picture, or nothing without a face model or with tiny pictures."""
    if any(min(image.width, image.height) < SMALLEST_SIDE_PX for image in images):
        return None
    try:
        return tuple(
            Seen(look=look, image=image, faces=find_faces(image.encoded))
            for image, look in zip(images, looks, strict=True)
        )
    except Unavailable:
        return None


def disclose(seen: tuple[Seen, ...], chart: ChartMeasurement | None) -> list[QualityMeasurement]:
    """Return what pictures say about faces, expression and cover."""
    counts = [len(each.faces) for each in seen]
    farthest = int(np.argmax([abs(count - 1) for count in counts]))
    found = [table.FACE_COUNT.of(counts[farthest], seen[farthest].other_region)]
    if not all(counts):
        return found
    stances = [stance_deg(each.face) for each in seen]
    faces = [measure_expression(each.face) for each in seen]
    whole = seen[0].look.region
    lips = seen[0].region(LIP_POINTS)
    eyes = seen[0].region(BAR_POINTS)
    found += [
        table.EYE_LINE.of(_mean([eye_line_deg(each.face) for each in seen]), eyes),
        table.FACE_TURN_SEEN.of(_mean([turn for turn, _ in stances]), whole),
        table.FACE_NOD_SEEN.of(_mean([nod for _, nod in stances]), whole),
        table.MOUTH_OPENING.of(_mean([each.mouth_opening for each in faces]), lips),
        table.MOUTH_WIDTH.of(_mean([each.mouth_width for each in faces]), lips),
        table.SMILE.of(_mean([each.smile for each in faces]), lips),
        table.BROW_HEIGHT.of(_mean([brow_height(each.face) for each in seen]), eyes),
    ]
    return found + _covered(seen, chart)


def _covered(seen: tuple[Seen, ...], chart: ChartMeasurement | None) -> list[QualityMeasurement]:
    white: NDArray[np.float64] | None = None if chart is None else chart.white
    level = reference_level(chart)
    covers = [
        look_for_cover(each.image.linear, each.face, white=white, level=level) for each in seen
    ]
    dark = _worst([each.dark_share for each in covers])
    bars = _worst([each.bar_share for each in covers])
    lips = _worst([each.lip_contrast for each in covers])
    plain = _worst([-each.texture for each in covers])
    found = [
        table.FACE_DARK_SHARE.of(
            covers[dark].dark_share, seen[dark].region(covers[dark].dark_points)
        ),
        table.FACE_BAR_SHARE.of(covers[bars].bar_share, seen[bars].region(BAR_POINTS)),
        table.LIP_CONTRAST.of(covers[lips].lip_contrast, seen[lips].region(LIP_POINTS)),
        table.SKIN_TEXTURE.of(covers[plain].texture, seen[plain].look.region),
    ]
    shines = [_shine(each) for each in covers]
    if level is not None:
        shiniest = _worst(shines)
        where = seen[shiniest].look.region_of(covers[shiniest].shine_part)
        found.append(table.SKIN_SHINE.of(shines[shiniest], where))
    return found


def reference_level(chart: ChartMeasurement | None) -> float | None:
    """Return at which level the light's white is recorded, 1 at full scale, where told."""
    return None if chart is None else 1.0 / chart.exposure_gain


def disclose_depth(
    look: Look, seen: tuple[Seen, ...] | None, depth: DepthMap, camera: CameraIntrinsics
) -> list[QualityMeasurement]:
    """Return what depth says about the face in the left picture."""
    mesh = seen[0].face if seen and seen[0].faces else None
    relief = measure_relief(depth, camera, look.window, mesh)
    if relief is None:
        return []
    found = [table.FACE_RELIEF.of(relief.relief_mm, look.region)]
    if relief.uneven_share is not None:
        where = look.region
        if seen and relief.uneven_points:
            where = look.region_of(as_window(seen[0].region(relief.uneven_points)))
        found.append(table.FACE_UNEVEN_SHARE.of(relief.uneven_share, where))
    return found


def _shine(cover: FaceCover) -> float:
    return 0.0 if cover.shine is None else cover.shine


def _worst(values: Sequence[float]) -> int:
    return int(np.argmax(values))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
