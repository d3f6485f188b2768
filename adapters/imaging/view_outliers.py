"""The stereo calibration from the views that agree with each other, and the names of the others.

Rules kept here:

1. A view is left out when its residual is above ``OUTLIER_PX`` and more than ``OUTLIER_TIMES`` the
   median of all views: a target that moved between the two exposures or was bent, not noise.
2. Views are looked at once, with all of them in the solution, and at most one in ``MOST_LEFT_OUT``
   is left out, the worst first: leaving out until the residual pleases would prove nothing.
3. What is left out is named with its residual, and enough views remain, or none is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapters.imaging.calibrate import MINIMUM_VIEWS, BoardView, solve_views
from adapters.imaging.calibration import StereoCalibration

OUTLIER_PX: Final = 0.1
OUTLIER_TIMES: Final = 3.0
MOST_LEFT_OUT: Final = 4
"""At most one view in this many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiftedCalibration:
    """A calibration and what became of each view.

    Attributes:
        calibration: From the views that were used.
        view_errors_px: Residual of every view with all views in the solution, in their order.
        left_out: Numbers of the views that were left out, from 0.
    """

    calibration: StereoCalibration
    view_errors_px: tuple[float, ...]
    left_out: tuple[int, ...]

    @property
    def rule(self) -> str:
        """Return why views are left out, in words and numbers."""
        median = float(np.median(self.view_errors_px))
        return (
            f"more than {OUTLIER_TIMES:g} times the median of {median:.3f} px and above "
            f"{OUTLIER_PX:g} px"
        )


def calibrate_from(views: Sequence[BoardView], size: tuple[int, int]) -> SiftedCalibration:
    """Return the rig's geometry from the views that agree.

    Args:
        views: At least ``MINIMUM_VIEWS`` (``require_views``).
        size: Of the pictures, width and height in pixels.
    """
    everything = solve_views(views, size)
    left_out = outliers(everything.view_rms_px)
    kept = [view for number, view in enumerate(views) if number not in left_out]
    return SiftedCalibration(
        calibration=solve_views(kept, size) if left_out else everything,
        view_errors_px=everything.view_rms_px,
        left_out=left_out,
    )


def outliers(errors_px: Sequence[float]) -> tuple[int, ...]:
    """Return the numbers of the views to leave out, in order.

    Args:
        errors_px: Residual of each view, at least one.
    """
    errors = np.asarray(errors_px, dtype=np.float64)
    bound = max(OUTLIER_PX, OUTLIER_TIMES * float(np.median(errors)))
    worst_first = [int(each) for each in np.argsort(-errors, kind="stable") if errors[each] > bound]
    most = max(0, min(len(errors) // MOST_LEFT_OUT, len(errors) - MINIMUM_VIEWS))
    return tuple(sorted(worst_first[:most]))
