"""How right skin measures are, class by class, and how long they take.

Rules kept here:

1. Drawn marks are the truth; what was found is right when it meets one of its kind. Identities are
   none that the thresholds were chosen on.
2. Depth is the exact one, so that rows speak of skin measures alone; colour, skin and regions are
   found as in a recorded run. Regions need the installed face networks; without them rows say so.
3. What a release withholds for a class has no row; one row counts what was withheld.
4. Times are of the whole analysis of one picture on one thread: input, model, steps, findings.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.calibration import CameraIntrinsics
from adapters.imaging.decode import decode
from adapters.imaging.depth import DepthMap
from adapters.imaging.face_mesh import find_face_mesh
from adapters.imaging.facial_regions import region_masks
from adapters.imaging.pixels import EncodedRgb, Mask
from adapters.inference.analyses import analysis_of
from adapters.inference.analysis import Given, Judged, Reported, Source
from adapters.inference.onnx_model import ReleasedModel, StepsAfter
from adapters.inference.skin_measures import Tone
from adapters.inference.tensors import Tensor
from device.simulation.identity import TypologyClass
from device.simulation.marks import MarkKind
from device.simulation.scene import Scene, Subject
from device.simulation.skin_colour import TYPOLOGY_LIMITS_DEG
from device.simulation.station import CaptureSettings, SimulatedCapture, capture, forget_views
from domain.errors import Unavailable
from domain.values.content import Digest
from domain.values.facial_region import FacialRegion
from domain.values.identifiers import InferenceId
from validation.benchmarks.imaging_row import Extent, Row
from validation.benchmarks.skin_truth import Agreement, agreement, drawn_lines, drawn_marks
from validation.benchmarks.skin_truth import head_points as places_of

IDENTITIES: Final = (7401, 7402)
AGES: Final = (34.0, 58.0)
STEP: Final = 2
_FARTHEST_MM: Final = 600.0
DEEP_MM: Final = 0.15
LINE_NEAR_MM: Final = 1.5
_NAMES: Final = ("skin-chromophores", "skin-pigmentation", "skin-texture", "skin-congestion")
_PIGMENT: Final = (
    MarkKind.FRECKLE,
    MarkKind.SUN_SPOT,
    MarkKind.MOLE,
    MarkKind.OPEN_COMEDONE,
)
_KINDS: Final = (
    ("brown spots", "skin-pigmentation", "brown_spots", "brown-spot-share", _PIGMENT),
    (
        "dark comedone-like",
        "skin-congestion",
        "dark_spots",
        "dark-comedone-like",
        (MarkKind.OPEN_COMEDONE,),
    ),
    (
        "light comedone-like",
        "skin-congestion",
        "light_spots",
        "light-comedone-like",
        (MarkKind.CLOSED_COMEDONE,),
    ),
    (
        "inflammatory-like",
        "skin-congestion",
        "red_spots",
        "inflammatory-like",
        (MarkKind.PAPULE,),
    ),
)


@dataclass(slots=True, kw_only=True)
class Counts:
    """What was found of one kind on one class, case by case."""

    cases: list[Agreement] = field(default_factory=list)

    def rows(self, what: str, tone: TypologyClass) -> Iterator[Row]:
        """Return sensitivity, precision and overlap."""
        drawn, met, found, right = (
            sum(getattr(each, name) for each in self.cases)
            for name in ("drawn", "met", "found", "right")
        )
        dice = [each.dice for each in self.cases if np.isfinite(each.dice)]
        where = f"{what}, {tone.value} skin"
        if drawn:
            yield Row(
                metric=f"{where}: drawn ones found",
                measured=met / drawn,
                unit="1",
                least=True,
                remark=f"{met} of {drawn}",
            )
        if found:
            yield Row(
                metric=f"{where}: found ones drawn",
                measured=right / found,
                unit="1",
                least=True,
                remark=f"{right} of {found}",
            )
        if dice:
            yield Row(
                metric=f"{where}: Dice of met ones",
                measured=float(np.mean(dice)),
                unit="1",
                least=True,
            )


def rows(extent: Extent) -> Iterator[Row]:
    """Measure everything, row by row."""
    identities = IDENTITIES[:1] if extent.quick else IDENTITIES
    quick = (TypologyClass.LIGHT, TypologyClass.BROWN)
    tones = quick if extent.quick else tuple(TypologyClass)
    seconds: dict[str, list[float]] = {each: [] for each in _NAMES}
    for tone in tones:
        counts = {what: Counts() for what, *_ in _KINDS}
        lines: list[tuple[float, float]] = []
        angles: list[float] = []
        withheld: set[str] = set()
        for identity, age in zip(identities, AGES, strict=False):
            extent.progress(f"skin: identity {identity}, {tone.value} skin")
            case = _Case.taken(identity, age, tone, extent)
            for name in _NAMES:
                began = time.perf_counter()
                case.run(name)
                seconds[name].append(time.perf_counter() - began)
                withheld |= {each.output for each in case.said[name].withheld}
            for what, name, output, code, kinds in _KINDS:
                agreed = case.marks(name, output, code, kinds)
                if agreed is not None:
                    counts[what].cases.append(agreed)
            lines += case.lines()
            angles.append(Tone.of(case.given["skin-pigmentation"]).ita_deg)
        yield from _of_tone(tone, counts, lines, angles, withheld)
    for name in _NAMES:
        yield Row(
            metric=f"{name}: one picture",
            measured=float(np.median(seconds[name])),
            unit="s",
            remark=f"median of {len(seconds[name])}, one thread",
        )


def _of_tone(
    tone: TypologyClass,
    counts: Mapping[str, Counts],
    lines: list[tuple[float, float]],
    angles: list[float],
    withheld: set[str],
) -> Iterator[Row]:
    low, high = TYPOLOGY_LIMITS_DEG[tone]
    yield Row(
        metric=f"typology angle, {tone.value} skin",
        measured=float(np.mean(angles)),
        unit="°",
        remark=f"class {low:.0f}° to {high:.0f}°",
    )
    for what, each in counts.items():
        yield from each.rows(what, tone)
    for place, what in enumerate(("found length that was drawn", "drawn deep length found")):
        values = [each[place] for each in lines if np.isfinite(each[place])]
        if values:
            yield Row(
                metric=f"lines, {tone.value} skin: {what}",
                measured=float(np.mean(values)),
                unit="1",
                least=True,
                remark=f"deep is above {DEEP_MM:g} mm" if place else "within 1.5 mm",
            )
    yield Row(
        metric=f"withheld, {tone.value} skin",
        measured=float(len(withheld)),
        unit="outputs",
        remark=", ".join(sorted(withheld)),
    )


class _Case:
    """One simulated face with its truth, and what was found on it."""

    def __init__(self, taken: SimulatedCapture) -> None:
        """Keep a capture."""
        self._taken = taken
        self._source = _source(taken)
        pose = taken.truth.head_pose
        if pose is None:  # pragma: no cover - every case has a head
            raise TypeError("a face is measured")
        self._points = places_of(taken.truth.rig.left, taken.depth_mm, pose)
        self.given: dict[str, Given] = {}
        self.results: dict[str, Mapping[str, Tensor]] = {}
        self.said: dict[str, Reported] = {}

    @classmethod
    def taken(cls, identity: int, age: float, tone: TypologyClass, extent: Extent) -> "_Case":
        """Render and keep one face."""
        scene = Scene(subject=Subject(identity_seed=identity, typology=tone, age_years=age))
        settings = CaptureSettings(resolution=extent.resolution)
        made = capture(scene, settings, seed=identity, cache=extent.cache)
        forget_views()
        return cls(made)

    def run(self, name: str) -> None:
        """Run one analysis as a recorded run would."""
        analysis = analysis_of(name)
        content = analysis.model()
        domain = analysis.release(Digest.of(content)).input_domain
        model = ReleasedModel.load(content, expected=Digest.of(content))
        given = analysis.given(self._source, domain)
        verdict = analysis.judge(domain, given)
        run = StepsAfter(
            name=analysis.postprocessing,
            beside=given.beside,
            work=lambda outputs: analysis.worked_out(outputs, given),
        ).taken(model.run(given.tensors, preprocessing=analysis.preprocessing))
        judged = Judged(
            inference=InferenceId.derived("benchmark", name), domain=domain, verdict=verdict
        )
        self.given[name], self.results[name] = given, run.outputs
        self.said[name] = analysis.reported(run.outputs, given, judged)

    def marks(
        self, name: str, output: str, code: str, kinds: tuple[MarkKind, ...]
    ) -> Agreement | None:
        """Return how marks of some kinds agree; none where they are withheld."""
        if code not in {each.code for each in self.said[name].findings}:
            return None
        found = np.asarray(self.results[name][output], dtype=np.int32)
        looked_at = np.asarray(self.given[name].beside["looked_at"], dtype=np.bool_)
        points = _to_size(self._points, found.shape)
        return agreement(found, drawn_marks(points, self._taken.truth.spots, kinds), looked_at)

    def lines(self) -> list[tuple[float, float]]:
        """Return share of found length that was drawn, and of deep drawn length that was found."""
        results = self.results["skin-texture"]
        if "lines" not in results:
            return []
        found = np.asarray(results["lines"], dtype=np.int32) > 0
        points = _to_size(self._points, found.shape)
        known = np.isfinite(np.asarray(results["texture"], dtype=np.float32))
        pixel_mm = float(self.given["skin-texture"].beside["pixel_mm"].item())
        pixel_mm *= self._points.shape[1] / found.shape[1]
        every, deep = (
            drawn_lines(points, self._taken.truth.lines, least_depth_mm=least)
            for least in (0.0, DEEP_MM)
        )
        blank = np.asarray(~found, dtype=np.uint8)
        away = np.asarray(cv2.distanceTransform(blank, cv2.DIST_L2, 5)) * pixel_mm
        middle = (deep < pixel_mm) & known
        right = np.count_nonzero(found & (every < LINE_NEAR_MM))
        met = np.count_nonzero(middle & (away < LINE_NEAR_MM))
        whole, drawn = np.count_nonzero(found), np.count_nonzero(middle)
        return [(right / whole if whole else np.nan, met / drawn if drawn else np.nan)]


def _to_size(points: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    if points.shape[:2] == shape:
        return points
    small = cv2.resize(points, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(small, dtype=np.float32)


def _source(taken: SimulatedCapture) -> Source:
    coded, content = cv2.imencode(".png", np.ascontiguousarray(taken.left.image[..., ::-1]))
    if not coded:  # pragma: no cover - encoding to memory does not fail for valid arrays
        raise RuntimeError("the PNG encoder refused a picture")
    image = decode(content.tobytes(), declared_media_type="image/png")
    camera = taken.truth.calibrated.left
    depth = taken.depth_mm[::STEP, ::STEP]
    valid = np.isfinite(depth) & (depth < _FARTHEST_MM)
    return Source(
        model=b"",
        image=image,
        depth=DepthMap(
            depth_mm=np.where(valid, depth, np.float32(np.nan)), valid=valid, step=STEP, method=""
        ),
        camera=CameraIntrinsics(
            width_px=image.width,
            height_px=image.height,
            focal_x_px=camera.focal_px,
            focal_y_px=camera.focal_px,
            centre_x_px=camera.centre_px[0],
            centre_y_px=camera.centre_px[1],
            distortion=camera.distortion,
        ),
        regions=_regions(taken),
        makeup="none",
        neutral_expression=True,
        hair_back=True,
    )


def _regions(taken: SimulatedCapture) -> Mapping[FacialRegion, Mask]:
    try:
        mesh = find_face_mesh(EncodedRgb(taken.left.image))
    except Unavailable:
        return {}
    high, wide = taken.depth_mm.shape
    return {} if mesh is None else region_masks(mesh, high, wide)
