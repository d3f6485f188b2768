"""The simulated station: scene and settings in, pictures and ground truth out.

Rules kept here:

1. ``capture`` and ``preview`` are functions of their arguments; the seed drives sensor noise only.
2. Pictures are uint8, (rows, columns, 3), RGB, sRGB-coded, upright: 1520 x 2028 by default.
3. ``left`` and ``right`` are what the station delivers under these names.  The truth always
   describes the real left and right camera, also when they are swapped.
4. Views are kept by everything that decides them, in memory and, with a folder, on disk; a kept
   view gives the same bytes as a new one.
"""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.simulation.assets import Arrays, cache_name, kept
from device.simulation.faults import Conditions
from device.simulation.optics import through_lens
from device.simulation.rig import DEMO, PREVIEW, Camera, Resolution, StereoRig, stereo_rig
from device.simulation.scene import Pose, Scene
from device.simulation.sensor import Exposed, Exposure, expose
from device.simulation.truth import Truth, find_truth
from device.simulation.view import asset_of, render

_VIEWS_IN_MEMORY: Final = 4
_PREVIEW_STEP: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """How the station is set.

    Attributes:
        resolution: Of both cameras.
        exposure: Of both cameras.
    """

    resolution: Resolution = DEMO
    exposure: Exposure = field(default_factory=Exposure)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedCapture:
    """One pair of pictures with its ground truth.

    Attributes:
        left: What the station delivers as the left picture.
        right: What the station delivers as the right picture.
        depth_mm: (rows, columns) float32, exact depth of the real left camera's pixels along its
            axis; NaN where nothing is seen.
        right_depth_mm: The same of the real right camera.
        part: (rows, columns) uint8, what the left camera's pixels show (``parts.PartId``).
        hair: (rows, columns) uint8, how much of the left camera's pixels strands of hair hide; none
            without strands.
        truth: Everything else that is known.
    """

    left: Exposed
    right: Exposed
    depth_mm: NDArray[np.float32]
    right_depth_mm: NDArray[np.float32]
    part: NDArray[np.uint8]
    hair: NDArray[np.uint8] | None
    truth: Truth


_VIEWS: OrderedDict[str, Arrays] = OrderedDict()


def _remembered(name: str, folder: Path | None, make: Callable[[], Arrays]) -> Arrays:
    found = _VIEWS.get(name)
    if found is None:
        found = kept(folder, name, make)
        _VIEWS[name] = found
        while len(_VIEWS) > _VIEWS_IN_MEMORY:
            _VIEWS.popitem(last=False)
    return found


def forget_views() -> None:
    """Forget every view kept in memory."""
    _VIEWS.clear()


def _view(
    scene: Scene, camera: Camera, pose: Pose, *, folder: Path | None, step: int, on_disk: bool
) -> Arrays:
    """Return what one camera sees: radiance as float16, depth and part, hair where there is any."""
    c = scene.conditions()
    light = c.light(scene.light)
    name = cache_name(
        "view",
        (scene.person(), scene.loaded, c.company, c.photograph and (scene.subject, scene.pose)),
        pose.tolist(),
        sorted((zone.value, state) for zone, state in light.zones.items()),
        (scene.board, scene.distance_mm, scene.chart_in_view, c.chart),
        (camera.resolution, camera.focal_px, camera.centre_px, camera.distortion),
        (camera.rotation.tolist(), camera.position_mm.tolist()),
        step,
    )

    def make() -> Arrays:
        view = render(scene, camera, pose, step, folder)
        arrays: Arrays = {
            "radiance": np.minimum(view.radiance, 60000.0).astype(np.float16),
            "depth_mm": view.depth_mm,
            "part": view.part,
        }
        if view.hair is not None:
            arrays["hair"] = view.hair
        return arrays

    return _remembered(name, folder if on_disk else None, make)


def _picture(
    view: Arrays,
    camera: Camera,
    exposure: Exposure,
    c: Conditions,
    *,
    rng: np.random.Generator,
    factor: float = 1.0,
) -> Exposed:
    radiance = np.asarray(view["radiance"], dtype=np.float32)
    light = through_lens(
        radiance, camera, defocus_px=c.defocus_px, motion_px=c.motion_px, motion_deg=25.0
    )
    if c.black:
        light[:] = 0.0
    setting = exposure
    if c.balance_shift_k:
        setting = Exposure(
            exposure_us=exposure.exposure_us,
            gain_db=exposure.gain_db,
            white_balance_k=float(
                np.clip(exposure.white_balance_k + c.balance_shift_k, 2000.0, 12000.0)
            ),
        )
    picture = expose(light, setting, rng, c.exposure_factor * factor)
    if c.kept_rows < 1.0:
        first_lost = round(c.kept_rows * radiance.shape[0])
        picture.image[first_lost:] = 0
        picture.linear[first_lost:] = 0.0
    return picture


def true_rig(scene: Scene, resolution: Resolution) -> StereoRig:
    """Return the rig as it stands, drift included; without faults it is the calibrated one."""
    return stereo_rig(resolution, scene.conditions().drift)


def capture(
    scene: Scene,
    settings: CaptureSettings = CaptureSettings(),
    seed: int = 0,
    cache: Path | None = None,
) -> SimulatedCapture:
    """Take a pair of pictures.

    Args:
        scene: What stands before the cameras.
        settings: How the station is set.
        seed: Drives sensor noise.
        cache: Folder for heads and views that are dear to make; nothing else is kept there.
    """
    cv2.ipp.setUseIPP(False)
    c = scene.conditions()
    rig = true_rig(scene, settings.resolution)
    asset = asset_of(scene.person(), cache)

    def take(side: int) -> tuple[Arrays, Exposed]:
        camera = (rig.left, rig.right)[side]
        pose = scene.head_pose(late=side == 1)
        view = _view(scene, camera, pose, folder=cache, step=1, on_disk=True)
        rng = np.random.default_rng(np.random.SeedSequence([seed, side]))
        factor = c.right_exposure_factor if side == 1 else 1.0
        return view, _picture(view, camera, settings.exposure, c, rng=rng, factor=factor)

    # Each camera's picture is a function of its own inputs: the order of work changes nothing.
    with ThreadPoolExecutor(max_workers=2) as pool:
        (left_view, left), (right_view, right) = pool.map(take, (0, 1))
    depths = tuple(np.asarray(v["depth_mm"], dtype=np.float32) for v in (left_view, right_view))
    truth = find_truth(scene, rig, asset, (depths[0], depths[1]))
    if c.cameras_swapped:
        left, right = right, left
    return SimulatedCapture(
        left=left,
        right=right,
        depth_mm=depths[0],
        right_depth_mm=depths[1],
        part=np.asarray(left_view["part"], dtype=np.uint8),
        hair=np.asarray(left_view["hair"], np.uint8) if "hair" in left_view else None,
        truth=truth,
    )


def preview(
    scene: Scene,
    settings: CaptureSettings = CaptureSettings(resolution=PREVIEW),
    seed: int = 0,
    cache: Path | None = None,
) -> Exposed:
    """Take one quick picture with the left camera, on a thinned grid; its view is never on disk."""
    cv2.ipp.setUseIPP(False)
    camera = true_rig(scene, settings.resolution).left
    pose = scene.head_pose()
    view = _view(scene, camera, pose, folder=cache, step=_PREVIEW_STEP, on_disk=False)
    rng = np.random.default_rng(np.random.SeedSequence([seed, 2]))
    return _picture(view, camera, settings.exposure, scene.conditions(), rng=rng)
