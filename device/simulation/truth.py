"""Ground truth of a capture: everything the simulation knows and a measurement may be held against.

Rules kept here:

1. Truth is computed from geometry, never from pixels; it belongs to the real cameras, drift
   included.  The calibration a measuring side would hold is ``calibrated``.
2. A landmark is visible in a picture when the depth map shows its own place there.
3. Left and right of the face are the subject's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from device.simulation.appearance import Appearance
from device.simulation.assets import HeadAsset
from device.simulation.card import chart_linear
from device.simulation.faults import ChartState, Fault
from device.simulation.identity import VolumePlace
from device.simulation.loaded_head import LoadedHead
from device.simulation.marks import Patch, Spot
from device.simulation.parts import PartId
from device.simulation.rig import Camera, StereoRig, stereo_rig
from device.simulation.scene import Pose, Scene
from device.simulation.wrinkles import Line

_VISIBLE_WITHIN_MM: Final = 1.5
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmark:
    """One named place of the face.

    Attributes:
        head_mm: In the head frame.
        rig_mm: In the rig frame.
        left_px: Where the left camera sees it: column, row.
        right_px: Where the right camera sees it.
        visible_left: Whether nothing stands before it.
        visible_right: The same for the right camera.
    """

    head_mm: tuple[float, float, float]
    rig_mm: tuple[float, float, float]
    left_px: tuple[float, float]
    right_px: tuple[float, float]
    visible_left: bool
    visible_right: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CardTruth:
    """The target in view.

    Attributes:
        corners_left_px: (4, 2) float64, outer corners clockwise from top left.
        corners_right_px: (4, 2) float64.
        points_left_px: (n, 2) float64, patch centres in chart order, or inner board corners.
        points_right_px: (n, 2) float64.
        points_mm: (n, 2) float64, the same places on the card.
        patch_linear: (24, 3) float64, published linear RGB of the patches; None for the board.
        state: What became of the chart.
    """

    corners_left_px: Points
    corners_right_px: Points
    points_left_px: Points
    points_right_px: Points
    points_mm: Points
    patch_linear: Points | None
    state: ChartState


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """What is known about one capture.

    Attributes:
        head_pose: (4, 4) float64, head frame to rig frame; None without a head.
        distance_mm: From the rig to the point between the pupils; None without a head.
        yaw_deg: Turn of the head as it really is.
        pitch_deg: Tilt of the head as it really is.
        roll_deg: Roll of the head as it really is.
        landmarks: Named places of the face.
        spots: Every mark drawn on the skin.
        patches: Every patch, with its area.
        lines: Every wrinkle and fine line.
        volumes_cm3: Volume added since the first session, by region.
        cheek_volume_cm3: What was stated for one cheek.
        looks: How the person looks, faults included; None without a generated head.
        loaded: The head from a file, if there is one.
        card: The target in view, if any.
        rig: The cameras as they stood.
        calibrated: The cameras as the locked calibration has them.
        light_white: (3,) float64, linear RGB of the ring's white, luminance 1.
        faults: What was wrong.
    """

    head_pose: Pose | None
    distance_mm: float | None
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    landmarks: Mapping[str, Landmark]
    spots: tuple[Spot, ...]
    patches: tuple[Patch, ...]
    lines: tuple[Line, ...]
    volumes_cm3: Mapping[VolumePlace, float]
    cheek_volume_cm3: float
    looks: Appearance | None
    loaded: LoadedHead | None
    card: CardTruth | None
    rig: StereoRig
    calibrated: StereoRig
    light_white: Points
    faults: tuple[Fault, ...]


def head_places(asset: HeadAsset) -> dict[str, NDArray[np.float64]]:
    """Return every landmark in the head frame, the pupils among them."""
    surface = asset.surface
    places = {
        name: surface.points[row, column].astype(np.float64)
        for name, (row, column) in surface.landmarks.items()
    }
    for part in asset.parts:
        if part.part in (PartId.EYE_LEFT, PartId.EYE_RIGHT):
            side = "left" if part.part is PartId.EYE_LEFT else "right"
            places[f"pupil {side}"] = part.points[0, 0].astype(np.float64)
    return places


def _shown(camera: Camera, depth_mm: NDArray[np.float32], rig_mm: Points, pixel: Points) -> bool:
    column, row = round(float(pixel[0])), round(float(pixel[1]))
    rows, columns = depth_mm.shape
    if not (0 <= column < columns and 0 <= row < rows):
        return False
    depth = float(camera.to_camera(rig_mm)[2])
    return bool(abs(float(depth_mm[row, column]) - depth) < _VISIBLE_WITHIN_MM)


def _landmarks(
    asset: HeadAsset,
    pose: Pose,
    late_pose: Pose,
    rig: StereoRig,
    depths_mm: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> dict[str, Landmark]:
    found = {}
    for name, place in head_places(asset).items():
        at = pose[:3, :3] @ place + pose[:3, 3]
        late = late_pose[:3, :3] @ place + late_pose[:3, 3]
        left, right = rig.left.project(at), rig.right.project(late)
        found[name] = Landmark(
            head_mm=(float(place[0]), float(place[1]), float(place[2])),
            rig_mm=(float(at[0]), float(at[1]), float(at[2])),
            left_px=(float(left[0]), float(left[1])),
            right_px=(float(right[0]), float(right[1])),
            visible_left=_shown(rig.left, depths_mm[0], at, left),
            visible_right=_shown(rig.right, depths_mm[1], late, right),
        )
    return found


def _card(scene: Scene, rig: StereoRig) -> CardTruth | None:
    placed = scene.card()
    if placed is None:
        return None
    card, pose = placed
    flat = np.concatenate([card.points_mm, np.zeros((len(card.points_mm), 1))], axis=-1)
    corners = card.corners_mm() @ pose[:3, :3].T + pose[:3, 3]
    points = flat @ pose[:3, :3].T + pose[:3, 3]
    return CardTruth(
        corners_left_px=rig.left.project(corners),
        corners_right_px=rig.right.project(corners),
        points_left_px=rig.left.project(points),
        points_right_px=rig.right.project(points),
        points_mm=card.points_mm,
        patch_linear=chart_linear() if scene.board is None else None,
        state=scene.conditions().chart,
    )


def find_truth(
    scene: Scene,
    rig: StereoRig,
    asset: HeadAsset | None,
    depths_mm: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> Truth:
    """Work out the truth of one capture; ``depths_mm`` are the left and right depth maps."""
    c = scene.conditions()
    person = scene.person()
    pose = scene.head_pose() if asset is not None or scene.loaded is not None else None
    landmarks: dict[str, Landmark] = {}
    if asset is not None and pose is not None:
        landmarks = _landmarks(asset, pose, scene.head_pose(late=True), rig, depths_mm)
    return Truth(
        head_pose=pose,
        distance_mm=float(pose[2, 3]) if pose is not None else None,
        yaw_deg=scene.pose.yaw_deg + c.yaw_deg,
        pitch_deg=scene.pose.pitch_deg + c.pitch_deg,
        roll_deg=scene.pose.roll_deg,
        landmarks=MappingProxyType(landmarks),
        spots=asset.maps.spots if asset is not None else (),
        patches=asset.maps.patches if asset is not None else (),
        lines=asset.surface.lines if asset is not None else (),
        volumes_cm3=person.change.volumes_cm3() if person is not None else MappingProxyType({}),
        cheek_volume_cm3=person.change.cheek_volume_cm3 if person is not None else 0.0,
        looks=person.appearance if person is not None else None,
        loaded=scene.loaded,
        card=_card(scene, rig),
        rig=rig,
        calibrated=stereo_rig(rig.left.resolution),
        light_white=c.light(scene.light).white(),
        faults=tuple(state.fault for state in scene.faults),
    )
