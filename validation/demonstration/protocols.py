"""Two acquisition protocols to demonstrate with: a calibrated stereo face, and photographs.

Rules kept here:

1. The limits are those of the simulated station: about half way between what a clean capture
   measures and what a faulty one does. A real station's limits come from its own verification.
2. A changed limit is a new version of its protocol; records stay judged by theirs.
"""

from dataclasses import replace

from device.settings import SOFTWARE, software_digest
from domain.values.content import CaptureView
from domain.values.protocol import CalibrationLimits, ProtocolContent, ViewRequirement
from domain.values.quality import Limit

INTENDED_USE = (
    "Aesthetic assessment and longitudinal monitoring of the face, reviewed by a practitioner; "
    "clinical decision support, not a diagnosis."
)
REFERENCE = "Demonstration only: benchmarked against no published workflow"


def _limit(
    name: str,
    unit: str,
    advice: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    stereo_only: bool = False,
) -> Limit:
    return Limit(
        name=name,
        minimum=minimum,
        maximum=maximum,
        unit=unit,
        advice=advice,
        stereo_only=stereo_only,
    )


_FACE = (
    _limit("face_found", "1", "Seat the face in the rest, before the dark screen.", minimum=1.0),
    _limit(
        "face_offset_across", "percent", "Centre the face in the rest.", minimum=-6.0, maximum=6.0
    ),
    _limit(
        "face_offset_down",
        "percent",
        "Adjust the height of the chin rest.",
        minimum=-12.0,
        maximum=3.0,
    ),
    _limit("face_roll", "deg", "Level the head.", minimum=-4.0, maximum=4.0),
    _limit("face_count", "1", "Have one face in view, no picture of one.", minimum=1, maximum=1),
    _limit("eye_line", "deg", "Level the head.", minimum=-4.0, maximum=4.0),
    _limit("mouth_opening", "1", "Ask her to close her lips.", maximum=0.1),
    _limit("mouth_width", "1", "Ask her not to smile.", maximum=0.595),
    _limit("smile", "1", "Ask her not to smile.", maximum=0.05),
    _limit("brow_height", "1", "Ask her to let her brows sink.", maximum=0.2555),
    _limit("face_dark_share", "1", "Hold hair back from forehead and cheeks.", maximum=0.35),
    _limit("face_bar_share", "1", "Ask her to take off her glasses.", maximum=0.6),
    _limit("lip_contrast", "CIELAB", "Have make-up taken off.", maximum=9.0),
    _limit("skin_texture", "percent", "Have make-up and cream taken off.", minimum=0.55),
    _limit("skin_shine", "1", "Blot the skin.", maximum=0.14),
)
_STORED = (
    *_FACE,
    _limit(
        "face_turn",
        "deg",
        "Ask her to look at the light.",
        minimum=-5.0,
        maximum=5.0,
        stereo_only=True,
    ),
    _limit(
        "face_nod", "deg", "Ask her to level her chin.", minimum=-4.0, maximum=6.0, stereo_only=True
    ),
    _limit(
        "working_distance",
        "mm",
        "Seat the forehead in the rest.",
        minimum=415.0,
        maximum=465.0,
        stereo_only=True,
    ),
    _limit("focus_edge_width", "permille", "Seat the forehead against the rest.", maximum=0.60),
    _limit("motion_extent", "permille", "Ask her to exhale and hold still.", maximum=3.0),
    _limit("clipped_share", "1", "Repeat the illumination calibration.", maximum=0.005),
    _limit("drowned_share", "1", "Check that every light zone burns.", maximum=0.02),
    _limit("blank_rows_share", "1", "Capture again; the picture is incomplete.", maximum=0.001),
    _limit("light_across_ratio", "1", "Check the light zones on both sides.", maximum=1.1),
    _limit(
        "light_direction_across",
        "deg",
        "Check the light zones on both sides.",
        minimum=-1.3,
        maximum=1.3,
        stereo_only=True,
    ),
    _limit("light_down_ratio", "1", "Check the light zones above and below.", maximum=1.45),
    _limit("light_zone_ratio", "1", "Check every light zone.", maximum=2.1),
    _limit("colour_reference_found", "1", "Put the colour chart into its holder.", minimum=1.0),
    _limit("colour_reference_patches", "1", "Repeat the illumination calibration.", minimum=22.0),
    _limit("colour_difference_mean", "dE00", "Repeat the illumination calibration.", maximum=3.0),
    _limit("colour_difference_corrected_mean", "dE00", "Clean the colour chart.", maximum=1.5),
    _limit("colour_difference_corrected_max", "dE00", "Clean the colour chart.", maximum=4.0),
    _limit(
        "colour_reference_level",
        "1",
        "Repeat the illumination calibration.",
        minimum=0.55,
        maximum=1.15,
    ),
    _limit(
        "colour_temperature",
        "K",
        "Repeat the illumination calibration.",
        minimum=6000.0,
        maximum=7000.0,
    ),
    _limit(
        "stereo_exposure_ratio",
        "1",
        "Repeat the illumination calibration.",
        maximum=1.1,
        stereo_only=True,
    ),
    _limit(
        "epipolar_residual",
        "px",
        "Run the two-minute field check; the cameras may have moved.",
        maximum=1.0,
        stereo_only=True,
    ),
    _limit(
        "stereo_correspondence",
        "1",
        "Move hair off the face and ask for a neutral expression.",
        minimum=0.75,
        stereo_only=True,
    ),
    _limit(
        "camera_order",
        "1",
        "Exchange the cables of the cameras.",
        minimum=1.0,
        stereo_only=True,
    ),
    _limit("face_relief", "mm", "Capture a face, not a picture.", minimum=1.5, stereo_only=True),
    _limit(
        "face_uneven_share",
        "1",
        "Have hands and things taken from the face.",
        maximum=0.06,
        stereo_only=True,
    ),
    _limit(
        "depth_completeness",
        "1",
        "Move hair off the face and ask for a neutral expression.",
        minimum=0.75,
        stereo_only=True,
    ),
)

STEREO_FACE = ProtocolContent(
    name="Standard face, stereo",
    version="1.1",
    intended_use=INTENDED_USE,
    views=(
        ViewRequirement(
            view=CaptureView("frontal"),
            stereo=True,
            instruction="Chin and forehead in the rest, eyes on the light, lips closed.",
        ),
    ),
    station_limits=(
        _limit(
            "distance",
            "mm",
            "Seat chin and forehead firmly in the rest.",
            minimum=435.0,
            maximum=465.0,
        ),
        *_FACE,
        _limit("colour_reference_found", "1", "Put the colour chart into its holder.", minimum=1.0),
    ),
    limits=_STORED,
    calibration=CalibrationLimits(
        reprojection_error_px=0.5,
        epipolar_error_px=0.5,
        baseline_tolerance_mm=0.5,
        valid_days=90,
        illumination_valid_hours=12,
    ),
    firmware=("2.1.0",),
    software=("0.1.0",),
    references=(REFERENCE,),
)

PHOTOGRAPH = ProtocolContent(
    name="Imported photograph",
    version="1.0",
    intended_use=INTENDED_USE,
    views=(
        ViewRequirement(
            view=CaptureView("frontal"),
            stereo=False,
            instruction="A photograph taken elsewhere; it stays uncalibrated.",
        ),
    ),
    station_limits=(),
    limits=(
        _limit("clipped_share", "1", "Choose a photograph that is not overexposed.", maximum=0.2),
        _limit("drowned_share", "1", "Choose a photograph that is not too dark.", maximum=0.2),
    ),
    calibration=STEREO_FACE.calibration,
    firmware=STEREO_FACE.firmware,
    software=STEREO_FACE.software,
    references=(REFERENCE,),
)


def of_this_build(content: ProtocolContent) -> ProtocolContent:
    """Return a protocol that approves the station software that is installed, and no other build.

    Whoever puts a protocol into use writes down the digest that an approved station reports.
    """
    return replace(content, software=(f"{SOFTWARE} {software_digest()}",))
