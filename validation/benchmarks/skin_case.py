"""A simulated face with its truth, and what the skin analyses find on it.

Rules kept here:

1. Depth is the exact one, so that figures speak of skin measures alone, unless measured depth is
   asked for; colour, skin and regions are found as in a recorded run. Regions need the installed
   face networks.
2. Analyses run as a recorded run does: input, judgement, model, steps after it, findings.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.decode import decode
from adapters.imaging.depth import DepthMap, reconstruct_luma
from adapters.imaging.face_mesh import find_face_mesh
from adapters.imaging.facial_regions import region_masks
from adapters.imaging.pixels import EncodedRgb, Mask, encoded_luma
from adapters.inference.analyses import analysis_of
from adapters.inference.analysis import Given, Judged, Reported, Source
from adapters.inference.onnx_model import ReleasedModel, StepsAfter
from adapters.inference.skin_density_input import mask_of, pixel_mm2_of, pixel_mm_of
from adapters.inference.skin_pigmentation import HAEMOGLOBIN_STEP, MELANIN_STEP
from adapters.inference.tensors import Tensor
from device.simulation.marks import MarkKind
from device.simulation.scene import Scene
from device.simulation.station import CaptureSettings, SimulatedCapture, capture, forget_views
from domain.errors import Unavailable
from domain.values.content import Digest
from domain.values.facial_region import FacialRegion
from domain.values.identifiers import InferenceId
from validation.benchmarks.imaging_depth import calibrated
from validation.benchmarks.imaging_row import Extent
from validation.benchmarks.skin_lines import (
    LineAgreement,
    line_agreement,
    line_places,
    places_px,
)
from validation.benchmarks.skin_truth import Agreement, agreement, drawn_marks
from validation.benchmarks.skin_truth import head_points as places_of
from validation.skin_areas import AreaAgreement, area_agreement, seen_chromophores

SKIN_MODELS: Final = (
    "skin-chromophores",
    "skin-pigmentation",
    "skin-texture",
    "skin-congestion",
)
STEP: Final = 2
_FARTHEST_MM: Final = 600.0
_AREAS: Final = (
    ("redness", "redness-share", HAEMOGLOBIN_STEP),
    ("hyperpigmented", "hyperpigmentation-share", MELANIN_STEP),
)


class SkinCase:
    """One simulated face with its truth, and what was found on it."""

    def __init__(self, taken: SimulatedCapture, depth: DepthMap) -> None:
        """Keep a capture and the depth that gives it its scale."""
        self._taken = taken
        self._source = _source(taken, depth)
        pose = taken.truth.head_pose
        if pose is None:  # pragma: no cover - every case has a head
            raise TypeError("a face is measured")
        self._pose = pose
        self._points = places_of(taken.truth.rig.left, taken.depth_mm, pose)
        self.given: dict[str, Given] = {}
        self.results: dict[str, Mapping[str, Tensor]] = {}
        self.said: dict[str, Reported] = {}

    @classmethod
    def taken(
        cls, scene: Scene, extent: Extent, *, seed: int, measured_depth: bool = False
    ) -> "SkinCase":
        """Render and keep one face.

        Args:
            scene: What is taken.
            extent: At which size.
            seed: Decides the sensor's noise.
            measured_depth: Take depth from the pair, as a recorded run does, not from the truth.
        """
        settings = CaptureSettings(resolution=extent.resolution)
        made = capture(scene, settings, seed=seed, cache=extent.cache)
        forget_views()
        return cls(made, _measured_depth(made) if measured_depth else _exact_depth(made))

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

    def areas(self, scene: Scene, cache: Path | None) -> Mapping[str, AreaAgreement]:
        """Return how raised areas agree with the maps the face was painted from.

        Args:
            scene: The scene that was taken.
            cache: Folder where heads are kept.
        """
        name = "skin-pigmentation"
        said = {each.code for each in self.said[name].findings}
        given, results = self.given[name], self.results[name]
        exact = seen_chromophores(scene, self._taken.truth.rig.left, cache)
        return {
            output: area_agreement(
                np.asarray(results[output], dtype=np.bool_),
                exact[output],
                mask_of(given.beside),
                pixel_mm2_of(given.beside),
                step,
            )
            for output, code, step in _AREAS
            if code in said
        }

    def lines(self) -> LineAgreement | None:
        """Return how found lines agree with drawn ones; none where the picture is too coarse."""
        results = self.results["skin-texture"]
        if "lines" not in results:
            return None
        found = np.asarray(results["lines"], dtype=np.int32) > 0
        whole = self.given["skin-texture"].beside["looked_at"].shape
        block = round(whole[1] / found.shape[1])
        places = line_places(self._taken.truth.lines)
        return line_agreement(
            found,
            places,
            _to_size(self._points, found.shape),
            places_px(places, self._taken.truth.rig.left, self._pose, block),
            looked_at=np.isfinite(np.asarray(results["texture"], dtype=np.float32)),
            pixel_mm=pixel_mm_of(self.given["skin-texture"].beside) * block,
        )


def _to_size(points: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    if points.shape[:2] == shape:
        return points
    small = cv2.resize(points, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(small, dtype=np.float32)


def _exact_depth(taken: SimulatedCapture) -> DepthMap:
    depth = taken.depth_mm[::STEP, ::STEP]
    valid = np.isfinite(depth) & (depth < _FARTHEST_MM)
    return DepthMap(
        depth_mm=np.where(valid, depth, np.float32(np.nan)), valid=valid, step=STEP, method=""
    )


def _measured_depth(taken: SimulatedCapture) -> DepthMap:
    left, right = (encoded_luma(EncodedRgb(each.image)) for each in (taken.left, taken.right))
    return reconstruct_luma(left, right, calibrated(taken.truth.calibrated))


def _source(taken: SimulatedCapture, depth: DepthMap) -> Source:
    coded, content = cv2.imencode(".png", np.ascontiguousarray(taken.left.image[..., ::-1]))
    if not coded:  # pragma: no cover - encoding to memory does not fail for valid arrays
        raise RuntimeError("the PNG encoder refused a picture")
    return Source(
        model=b"",
        image=decode(content.tobytes(), declared_media_type="image/png"),
        depth=depth,
        camera=calibrated(taken.truth.calibrated).left,
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
