"""What this build's measurements of studies are: output, unit, method and evidence.

Rule kept here: the method is the one that runs, by its own name and version, so that cases of
another version than a plan is about are found out.
"""

from typing import Final

from adapters.imaging.depth import METHOD as DEPTH_METHOD
from adapters.inference import skin_pigmentation
from adapters.inference.skin_colour_graph import NAME, VERSION
from adapters.studies.observations import Measured
from domain.values.claim import EvidenceSource
from validation.studies.pictures import CLASSES, NUMBERS
from validation.studies.segmentations import MASKS


def _of_pictures(output: str, unit: str, method: str) -> Measured:
    return Measured(output=output, unit=unit, method=method, evidence=EvidenceSource.RGB)


_COLOUR: Final = f"{NAME} {VERSION}"
_PIGMENTATION: Final = f"{skin_pigmentation.NAME} {skin_pigmentation.VERSION}"

MEASURED: Final = {
    **{output: _of_pictures(output, "deg", _COLOUR) for output in NUMBERS},
    **{output: _of_pictures(output, "1", _COLOUR) for output in CLASSES},
    **{output: _of_pictures(output, "1", _PIGMENTATION) for output in MASKS},
    "depth-map": Measured(
        output="depth-map", unit="mm", method=DEPTH_METHOD, evidence=EvidenceSource.DEPTH
    ),
}
"""By the output's permanent word."""
