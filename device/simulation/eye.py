"""What an eye looks like: pupil, iris, sclera, the lids' shadow and the ring light's reflection.

Rules kept here:

1. The cornea reflects the ring itself, zone by zone: a dead zone is missing in the eye, too.
2. The iris is drawn from the identity's seed; its tone follows the skin as it does in people.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from device.simulation.head_form import EYE_DEPTH_MM, HeadForm
from device.simulation.identity import Identity, TypologyClass
from device.simulation.lights import RING_FORWARD_MM, RING_RADIUS_MM, RING_WIDTH_MM, Panels
from device.simulation.parts import IRIS_RADIUS_MM, PUPIL_RADIUS_MM, PartId
from device.simulation.shapes import bell, ramp

Pixels = NDArray[np.float32]
"""(n, 3) float32."""

_TONES: Final = np.array(
    [[0.10, 0.17, 0.24], [0.13, 0.16, 0.11], [0.15, 0.085, 0.035], [0.055, 0.026, 0.012]],
    np.float32,
)
_SCLERA: Final = np.array([0.54, 0.485, 0.445], np.float32)
_CORNEA_RADIUS_MM: Final = 7.8
_CORNEA_F0: Final = 0.025


def iris_tone(identity: Identity, typology: TypologyClass) -> NDArray[np.float32]:
    """Return the linear RGB of the iris: (3,) float32, from blue to dark brown."""
    rng = np.random.default_rng(np.random.SeedSequence([identity.seed, 0xE1]))
    step = 0.9 * list(TypologyClass).index(typology) + rng.uniform(0.0, 2.2)
    place = float(np.clip(step, 0.0, len(_TONES) - 1.0))
    tones = [np.interp(place, np.arange(len(_TONES)), _TONES[:, k]) for k in range(3)]
    return np.array(tones, np.float32)


def eye_radiance(
    *,
    form: HeadForm,
    typology: TypologyClass,
    part: PartId,
    points_mm: Pixels,
    diffuse: Pixels,
    pose: NDArray[np.float64],
    panels: Panels,
    camera_mm: NDArray[np.float64],
) -> Pixels:
    """Return the radiance of pixels on one eyeball: (n, 3) float32, linear RGB.

    Args:
        form: The head's form, for the lids.
        typology: Class of the skin's colour.
        part: Which eye.
        points_mm: (n, 3) float32, places on the eyeball, head frame.
        diffuse: (n, 3) float32, light per unit of albedo there.
        pose: (4, 4) float64, head frame to rig frame.
        panels: The burning ring.
        camera_mm: (3,) float64, rig frame.
    """
    mirror = 1.0 if part is PartId.EYE_LEFT else -1.0
    centre = np.array([mirror * form.eye_x, 0.0, EYE_DEPTH_MM], np.float32)
    angle = -mirror * np.arctan2(form.eye_x, 450.0)
    gaze = np.array([np.sin(angle), 0.0, np.cos(angle)], np.float32)
    local = points_mm - centre
    forward = local @ gaze
    across = local[:, 0] * gaze[2] - local[:, 2] * gaze[0]
    up = local[:, 1]
    radius = np.hypot(across, up)
    turn = np.arctan2(up, across)

    tone = iris_tone(form.identity, typology)
    rng = np.random.default_rng(np.random.SeedSequence([form.identity.seed, 0xE2]))
    fibre = np.zeros_like(turn)
    for waves in (9, 17, 31, 53, 87):
        bend = 0.25 * np.sin(radius * rng.uniform(0.6, 1.4) + rng.uniform(0, 6))
        fibre += np.sin(waves * (turn + bend / waves * 6) + rng.uniform(0, 6)) / np.sqrt(5)
    out = np.clip((radius - PUPIL_RADIUS_MM) / (IRIS_RADIUS_MM - PUPIL_RADIUS_MM), 0, 1)
    bright = (0.75 + 0.35 * fibre) * (1.25 - 0.45 * out) + 0.5 * bell(out - 0.28, 0.12)
    iris = tone * bright[:, None] * (1.0 + 0.5 * bell(out - 0.2, 0.2)[:, None] * [0.5, 0.1, -0.2])
    iris *= (1.0 - 0.8 * ramp(0.78, 1.0, out))[:, None]
    iris *= ramp(PUPIL_RADIUS_MM - 0.12, PUPIL_RADIUS_MM + 0.22, radius)[:, None]
    white = ramp(IRIS_RADIUS_MM - 0.45, IRIS_RADIUS_MM + 0.5, radius)
    redness = ramp(6.5, 14.0, np.abs(across)) * 0.5
    sclera = _SCLERA * (1.0 - redness[:, None] * np.array([0.05, 0.42, 0.45], np.float32))
    albedo = iris * (1.0 - white[:, None]) + sclera * white[:, None]

    outwards = mirror * points_mm[:, 0] - form.eye_x
    cut = form.fissure(outwards)
    shade = 0.30 + 0.70 * ramp(-0.3, 4.2, cut.upper - points_mm[:, 1])
    shade *= 0.72 + 0.28 * ramp(-0.2, 2.0, points_mm[:, 1] - cut.lower)
    shade *= 0.60 + 0.40 * ramp(0.0, 0.24, cut.along) * ramp(1.0, 0.80, cut.along)
    lit = albedo * diffuse * shade[:, None]

    # Normal of the steeper cornea in front, of the ball elsewhere.
    apex = centre + gaze * np.float32(-EYE_DEPTH_MM)
    on_cornea = ramp(IRIS_RADIUS_MM + 0.6, IRIS_RADIUS_MM - 0.8, radius)[:, None]
    cornea = points_mm - (apex - gaze * np.float32(_CORNEA_RADIUS_MM))
    cornea /= np.linalg.norm(cornea, axis=-1, keepdims=True)
    ball = local / np.maximum(np.linalg.norm(local, axis=-1, keepdims=True), 1e-6)
    normal = on_cornea * cornea + (1.0 - on_cornea) * ball
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    visible = ramp(0.1, 1.2, cut.upper - points_mm[:, 1]) * (forward > 0)
    gleam = _reflected_ring(points_mm, normal, pose, panels, camera_mm) * visible[:, None]
    return np.asarray(lit + gleam, dtype=np.float32)


def _reflected_ring(
    points_mm: Pixels,
    normal: Pixels,
    pose: NDArray[np.float64],
    panels: Panels,
    camera_mm: NDArray[np.float64],
) -> Pixels:
    """Return what the wet surface reflects of the ring: (n, 3) float32."""
    rotation = pose[:3, :3]
    at = points_mm.astype(np.float64) @ rotation.T + pose[:3, 3]
    n = normal.astype(np.float64) @ rotation.T
    view = at - camera_mm
    view /= np.linalg.norm(view, axis=-1, keepdims=True)
    away = view - 2.0 * np.einsum("ij,ij->i", view, n)[:, None] * n
    steps = (RING_FORWARD_MM - at[:, 2]) / np.minimum(away[:, 2], -1e-6)
    hit = at + away * steps[:, None]
    reach = np.hypot(hit[:, 0], hit[:, 1])
    half = RING_WIDTH_MM / 2
    soft = 9.0
    on_ring = ramp(half + soft, half - soft, np.abs(reach - RING_RADIUS_MM)) * (away[:, 2] < 0)
    count = len(panels.power)
    own = np.arctan2(panels.positions_mm[:, 1], panels.positions_mm[:, 0])
    there = np.arctan2(hit[:, 1], hit[:, 0])
    nearest = np.argmax(np.cos(there[:, None] - own[None, :]), axis=-1)
    # A panel's radiance is its power over the area it covers, as seen by a white surface.
    area = 2 * np.pi * RING_RADIUS_MM * RING_WIDTH_MM / count
    radiance = panels.power[nearest] * (np.pi / area)
    facing = np.abs(np.einsum("ij,ij->i", view, n))
    fresnel = _CORNEA_F0 + (1 - _CORNEA_F0) * (1 - facing) ** 5
    return np.asarray(radiance * (on_ring * fresnel)[:, None], dtype=np.float32)
