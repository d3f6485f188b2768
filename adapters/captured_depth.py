"""The depth map that was recorded of an attempt, with the calibration it was made under.

Rules kept here:

1. The calibration is the one that the record of the depth map names, whatever became of it since:
   a repeat must be given what the first run was given.
2. The depth map is the stored one; nothing is reconstructed here. Its uncertainty comes with it
   when the two were recorded together.
"""

from dataclasses import dataclass

from adapters.captures import Capture, read_parameters, read_station
from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.depth import STEP, DepthMap, decode_depth
from adapters.workbench import Workbench
from domain.events.capture_session import DepthReconstructed, SurfaceReconstructed
from domain.values.content import ContentReference

_STEP_SETTING = "step_px="


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedDepth:
    """Depth of one attempt.

    Attributes:
        map: The depth map, as the left camera sees it.
        calibration: Under which it was made.
        uncertainty: Where the uncertainty of its depths is stored; none of older maps.
        quality_flags: What limits its reliability.
    """

    map: DepthMap
    calibration: StereoCalibration
    uncertainty: ContentReference | None
    quality_flags: tuple[str, ...]


def read_depth(bench: Workbench, capture: Capture) -> CapturedDepth | None:
    """Return the depth recorded of an attempt; none when there is none.

    Raises:
        NotFound: the depth map was never stored.
        ContentErased: the subject was erased.
        MalformedInput: the stored bytes are no depth map, or no calibration.
    """
    made = _made(bench, capture)
    if made is None:
        return None
    calibrated = read_station(bench, capture).calibrations.get(made.calibration)
    if calibrated is None:
        return None
    step = next(
        (
            int(each[len(_STEP_SETTING) :])
            for each in made.settings
            if each.startswith(_STEP_SETTING)
        ),
        STEP,
    )
    uncertainty = _uncertainty(bench, capture, made)
    return CapturedDepth(
        map=decode_depth(
            bench.content(made.depth.digest, key=capture.key),
            step=step,
            method=made.algorithm,
            sigma=None
            if uncertainty is None
            else bench.content(uncertainty.digest, key=capture.key),
        ),
        calibration=read_parameters(bench, calibrated),
        uncertainty=uncertainty,
        quality_flags=made.quality_flags,
    )


def _uncertainty(
    bench: Workbench, capture: Capture, made: DepthReconstructed
) -> ContentReference | None:
    events = (record.event for record in bench.log.stream(capture.opened.session.stream))
    return next(
        (
            each.uncertainty
            for each in events
            if isinstance(each, SurfaceReconstructed)
            and (each.attempt, each.depth) == (made.attempt, made.depth.digest)
        ),
        None,
    )


def _made(bench: Workbench, capture: Capture) -> DepthReconstructed | None:
    if capture.attempt.depth is None:
        return None
    events = (record.event for record in bench.log.stream(capture.opened.session.stream))
    return next(
        (
            each
            for each in events
            if isinstance(each, DepthReconstructed) and each.attempt == capture.attempt.attempt
        ),
        None,
    )
