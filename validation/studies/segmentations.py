"""What studies segment on one picture, by the release that segments a clinic's.

Rules kept here:

1. Input, judgement, model, steps after it and report are run as a recorded run has them; what the
   report withholds is withheld here, with the report's own reason.
2. Without calibrated depth there is no scale: a nominal pixel chooses the filters, as in a clinic
   that takes single photographs.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from adapters.imaging.calibration import CameraIntrinsics
from adapters.imaging.decode import DecodedImage, decode
from adapters.imaging.depth import DepthMap
from adapters.imaging.face_mesh import find_face_mesh
from adapters.imaging.facial_regions import region_masks
from adapters.imaging.pixels import Mask
from adapters.inference.analysis import Judged, Source
from adapters.inference.onnx_model import ReleasedModel, StepsAfter
from adapters.inference.release import InputDomain
from adapters.inference.skin_density_input import mask_of, pixel_mm_of
from adapters.inference.skin_pigmentation import SkinPigmentation
from domain.values.content import Digest
from domain.values.identifiers import InferenceId

MASKS: Final = {
    "brown-spots": ("brown_spots", "brown spots"),
    "redness": ("redness", "redness"),
    "hyperpigmentation": ("hyperpigmented", "hyperpigmentation"),
}
"""Each segmentation by its permanent word: its tensor, and its name where it is withheld."""

_STEPS: Final = SkinPigmentation()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marked:
    """A segmentation.

    Attributes:
        where: (rows, columns) bool, what was marked, on the output's grid.
        looked_at: (rows, columns) bool, where the output looks.
        pixel_mm: Length of a pixel on the skin; nominal without calibrated depth.
    """

    where: Mask
    looked_at: Mask
    pixel_mm: float


def marked_on(
    picture: bytes,
    output: str,
    *,
    depth: DepthMap | None = None,
    camera: CameraIntrinsics | None = None,
) -> Marked | str:
    """Return where an output marks a picture, or why it is withheld, in words.

    Args:
        picture: The stored picture.
        output: A word of ``MASKS``.
        depth: Depth as its camera sees it; none without a locked calibration.
        camera: That camera; none without a locked calibration.

    Raises:
        MalformedInput: the picture cannot be decoded, or shows several faces.
        Unavailable: the model of the face is not installed; a clinic's regions need it.
    """
    image = decode(picture)
    model, domain = _model()
    given = _STEPS.given(_source(image, depth, camera), domain)
    verdict = _STEPS.judge(domain, given)
    if not verdict.permitted:
        return "; ".join(f"{each.rule}: {each.evidence}" for each in verdict.refusals)
    run = StepsAfter(
        name=_STEPS.postprocessing,
        beside=given.beside,
        work=lambda outputs: _STEPS.worked_out(outputs, given),
    ).taken(model.run(given.tensors, preprocessing=_STEPS.preprocessing))
    judged = Judged(inference=InferenceId.derived("study", output), domain=domain, verdict=verdict)
    reported = _STEPS.reported(run.outputs, given, judged)
    tensor, name = MASKS[output]
    if output not in {each.name for each in reported.overlays}:
        return next(
            f"{each.ground.rule}: {each.ground.evidence}"
            for each in reported.withheld
            if each.output.endswith(name)
        )
    return Marked(
        where=np.asarray(run.outputs[tensor], np.int32) > 0,
        looked_at=mask_of(given.beside),
        pixel_mm=pixel_mm_of(given.beside),
    )


def _source(image: DecodedImage, depth: DepthMap | None, camera: CameraIntrinsics | None) -> Source:
    mesh = find_face_mesh(image.encoded)
    return Source(
        model=b"",
        image=image,
        depth=depth,
        camera=camera,
        regions={} if mesh is None else region_masks(mesh, image.height, image.width),
        makeup="none",
        neutral_expression=True,
        hair_back=None,
    )


@cache
def _model() -> tuple[ReleasedModel, InputDomain]:
    content = _STEPS.model()
    digest = Digest.of(content)
    return ReleasedModel.load(content, expected=digest), _STEPS.release(digest).input_domain
