"""How long the gates take: all of them on a stored frame, the live ones on a preview.

Rule kept here: the least of a few repeats counts, after one that is not counted; what is timed is
the shipped function on decoded pictures.
"""

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from adapters.imaging.measurement import measure_images
from device.preview import Previews, as_decoded
from device.simulation.rig import PREVIEW
from device.simulation.scene import Scene, Subject
from device.simulation.station import CaptureSettings, capture, preview
from validation.benchmarks.gates_cases import FIRST_IDENTITY, People
from validation.benchmarks.imaging_depth import calibrated
from validation.benchmarks.imaging_row import Extent, Row

_REPEATS: Final = 3


def rows(extent: Extent) -> tuple[Row, ...]:
    """Return the times of the gates."""
    extent.progress("gates: rendering")
    scene = Scene(subject=Subject(identity_seed=FIRST_IDENTITY[People.DEVELOPMENT]))
    taken = capture(scene, CaptureSettings(resolution=extent.resolution), 1, extent.cache)
    left, right = (
        as_decoded(np.ascontiguousarray(each.image)) for each in (taken.left, taken.right)
    )
    live = preview(scene, CaptureSettings(resolution=PREVIEW), 1, extent.cache).image
    rig = calibrated(taken.truth.calibrated)
    extent.progress("gates: timing")
    frame_s = _least(lambda: measure_images(left))
    pair_s = _least(lambda: measure_images(left, right, calibration=rig))
    previews = Previews()
    first_ms = 1000 * _least(lambda: Previews().measure(live, 450.0))
    live_ms = 1000 * _least(lambda: previews.measure(live, 450.0))
    return (
        Row(
            metric="all quality gates on a frame",
            firm=2.0,
            goal=0.5,
            measured=frame_s,
            unit="s",
            remark="of one camera",
        ),
        Row(
            metric="all quality gates on a pair",
            measured=pair_s,
            unit="s",
            remark="both frames, epipolar check and the gates' own depth",
        ),
        Row(
            metric="live gates on a preview frame",
            firm=100.0,
            goal=33.0,
            measured=live_ms,
            unit="ms",
            remark="the colour reference hangs where it was in the frame before",
        ),
        Row(
            metric="live gates on the first frame",
            measured=first_ms,
            unit="ms",
            remark="the colour reference is searched for everywhere",
        ),
    )


def _least(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
