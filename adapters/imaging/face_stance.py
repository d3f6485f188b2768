"""How a face stands as one camera sees it, for pictures without calibration, such as a preview's.

Rules kept here:

1. Turn and nod say how the mesh's average face must stand to look like this; they guide people and
   are never a measurement.
2. Two verged cameras see the face from opposite sides, so the mean of both is the rig's.

Known error: an upright face reads a nod of about -11 degrees, because the average face of the mesh
is not upright in its own axes; people differ by about 2 degrees.

Source: DeMenthon and Davis 1995, doi 10.1007/BF01450852 (pose by scaled orthography).
"""

from typing import Final

import numpy as np

from adapters.imaging.canonical_face import canonical_face
from adapters.imaging.face_mesh import FaceMesh

_OUTER: Final = (33, 263)
_EYES: Final = (33, 133, 159, 145, 263, 362, 386, 374)
_BROWS: Final = (63, 105, 66, 53, 52, 65, 293, 334, 296, 283, 282, 295)


def brow_height(mesh: FaceMesh) -> float:
    """Return how far the brows stand above the eyes, share of the distance of the eyes' corners.

    That distance differs less between people than the length of the nose does: over nine persons
    it was what kept raised brows apart from high ones.
    """
    points = mesh.points_px[:, :2]
    across = points[_OUTER[1]] - points[_OUTER[0]]
    span = float(np.hypot(across[0], across[1]))
    height = (points[:, 1] * across[0] - points[:, 0] * across[1]) / span**2
    return float(height[list(_EYES)].mean() - height[list(_BROWS)].mean())


def stance_deg(mesh: FaceMesh) -> tuple[float, float]:
    """Return turn towards the picture's right and nod upwards, degrees."""
    points = mesh.points_px[:, :2]
    face = canonical_face()
    weight = np.sqrt(np.maximum(face.weights, 0.0))[:, None]
    if not weight.any():
        weight = np.ones_like(weight)
    model = face.points_mm - face.points_mm.mean(axis=0)
    design = np.column_stack([model, np.ones(len(model))]) * weight
    rows = np.linalg.lstsq(design, points * weight)[0][:3].T
    right = rows[0] / np.linalg.norm(rows[0])
    up = -rows[1]
    up = up - (up @ right) * right
    up /= np.linalg.norm(up)
    forward = np.cross(right, up)
    # ``forward`` holds, in the face's own axes, the direction from which it is seen.
    turn = float(np.degrees(np.arctan2(-forward[0], forward[2])))
    nod = float(np.degrees(np.arcsin(np.clip(-forward[1], -1.0, 1.0))))
    return turn, nod
