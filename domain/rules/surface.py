"""The surface behind an attempt's depth map, and how sure every depth is.

Rules kept here:

1. A surface belongs to one recorded depth map and to the frames it was made of [REQ-IN-129]; a step
   that is taken again finds its own record and decides nothing.
2. A depth without its uncertainty is none to measure change on: the uncertainty is a positive
   number of millimetres [DRV-17].

The state is ``CaptureSession``, folded by ``domain/rules/capture_session.py``.
"""

import math

from domain.errors import RuleViolation
from domain.events.capture_session import SurfaceReconstructed
from domain.values.capture_session import CaptureSession


def record_surface(
    session: CaptureSession, surface: SurfaceReconstructed
) -> tuple[SurfaceReconstructed, ...]:
    """Record the surface of a depth map; () when the attempt has one.

    Raises:
        RuleViolation: there is no such attempt, the surface is not of its depth map and frames, or
            a share or an uncertainty is impossible.
    """
    attempt = session.attempts.get(surface.attempt)
    if attempt is None:
        raise RuleViolation(
            "capture.attempt",
            f"the session has no attempt {surface.attempt}",
            "Choose one of the session's attempts.",
        )
    if attempt.surface is not None:
        return ()
    of_depth = attempt.depth is not None and attempt.depth.digest == surface.depth
    if not of_depth or surface.inputs[: len(attempt.frames)] != attempt.digests:
        raise RuleViolation(
            "surface.depth",
            "the surface was not made with the depth map that is recorded, or of other frames",
            "Make depth, uncertainty and surface together, of the frames that were handed in.",
        )
    if not 0 <= surface.completeness <= 1:
        raise RuleViolation(
            "surface.completeness",
            f"a completeness of {surface.completeness:g} is not a share",
            "State it between 0 and 1.",
        )
    if not (surface.sigma_median_mm > 0 and math.isfinite(surface.sigma_median_mm)):
        raise RuleViolation(
            "surface.uncertainty",
            f"an uncertainty of {surface.sigma_median_mm:g} mm is none",
            "State it as a positive number of millimetres.",
        )
    return (surface,)
