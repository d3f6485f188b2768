"""Whether a stereo pair can give depth at all: refused with the reason, or let through.

Rules kept here:

1. A picture that is black, blank or cut off is refused before anything is matched.
2. A pair that does not fit its calibration is refused: matches lie off their rows when pictures
   were exchanged, come from another rig, or the rig has moved by more than ``MOST_TILT_DEG``.
   An exchanged pair would otherwise give a face turned inside out at a likely distance.
3. The bound is no quality limit: those belong to the protocol and are far stricter.
"""

from typing import Final

import numpy as np

from adapters.imaging.calibration import StereoCalibration
from adapters.imaging.pixels import EncodedLuma, Window
from adapters.imaging.rectification import rectify
from adapters.imaging.refusal import malformed
from adapters.imaging.stereo import measure_agreement

MOST_TILT_DEG: Final = 0.05
MOST_BLANK_ROWS: Final = 0.02
LEAST_CORRESPONDENCE: Final = 0.3

_LONG_SIDE_PX: Final = 1014


def require_pair(
    left: EncodedLuma,
    right: EncodedLuma,
    calibration: StereoCalibration,
    *,
    nearest_mm: float,
    farthest_mm: float,
) -> None:
    """Refuse a pair that cannot give depth.

    Raises:
        MalformedInput: another size than the calibrated one, blank rows, too little that matches,
            or matches off their rows.
    """
    for side, luma in (("left", left), ("right", right)):
        height, width = luma.shape
        calibration.require_size(width=width, height=height)
        blank = float((luma.max(axis=1) == luma.min(axis=1)).mean())
        if blank > MOST_BLANK_ROWS:
            raise malformed(
                "depth.blank-rows",
                f"{blank:.0%} of the rows of the {side} picture hold nothing",
                "Capture again; if it repeats, have the camera's connection checked",
            )
    rig = rectify(calibration, scale=min(1.0, _LONG_SIDE_PX / max(height, width)))
    middle = Window(left=width // 6, top=height // 8, width=2 * width // 3, height=3 * height // 4)
    agreement = measure_agreement(
        rig,
        rig.left_picture(left),
        rig.right_picture(right),
        middle,
        nearest_mm=nearest_mm,
        farthest_mm=farthest_mm,
    )
    residual = agreement.epipolar_residual_px
    if residual is None or agreement.correspondence < LEAST_CORRESPONDENCE:
        raise malformed(
            "depth.correspondence",
            f"of {agreement.features} features {agreement.correspondence:.0%} were found in the "
            "other picture",
            "Capture again with the face lit and in focus in both cameras",
        )
    most = calibration.left.focal_y_px * float(np.tan(np.radians(MOST_TILT_DEG)))
    if residual > most:
        raise malformed(
            "depth.epipolar",
            f"matches lie {residual:.1f} pixels off their rows, {most:.1f} are allowed",
            "Check that left and right are not exchanged, then do the field check with the target",
        )
