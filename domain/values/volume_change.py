"""How the volume of a face changed between two captures, region by region, and how surely.

Rules kept here:

1. A change carries unit, expanded uncertainty with its coverage factor, the share of the region
   that was measured, and the smallest change that could be told from none [DRV-17, REQ-IN-160].
2. A direction is said only of a change beyond both its own uncertainty and the claim's minimum
   detectable change; otherwise the verdict is that none can be detected [DRV-16].
3. A region that was not covered, or whose repeats disagree, is withheld, with the reason.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import MalformedInput
from domain.values.facial_region import FacialRegion


class ChangeVerdict(StrEnum):
    """What may be said about one region."""

    INCREASE = "increase"
    DECREASE = "decrease"
    NONE_DETECTABLE = "no-detectable-change"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """Standard uncertainties of one change by cause, in the change's unit.

    Attributes:
        depth_noise: Of the depth maps, their spatial correlation included.
        registration: Of aligning the two faces.
        calibration: Of the rig's geometry.
        repeatability: Between repeats, of the client's pose and expression above all.
        expanded: All of them combined, times the coverage factor.
        coverage_factor: Usually 2.
    """

    depth_noise: float
    registration: float
    calibration: float
    repeatability: float
    expanded: float
    coverage_factor: float

    def __post_init__(self) -> None:
        """Refuse uncertainties that cannot be."""
        parts = (self.depth_noise, self.registration, self.calibration, self.repeatability)
        whole = (self.expanded, self.coverage_factor)
        if not all(math.isfinite(each) for each in (*parts, *whole)) or min(parts) < 0:
            message = "uncertainties are finite and not negative"
            raise MalformedInput(message)
        if self.expanded <= 0 or self.coverage_factor <= 0:
            message = "an expanded uncertainty and its coverage factor are above 0"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionChange:
    """The change of one region; added volume is positive.

    The number of a region without a detectable change is kept for whoever repeats the computation
    and for studies; it is no result and is shown to nobody as one.

    Attributes:
        region: The region.
        change: Change of volume over what both captures measured.
        unit: Unit of the change, its uncertainties and the detectable change.
        uncertainty: How uncertain it is, by cause.
        minimum_detectable_change: The claim's, or this pair's own where that is larger.
        coverage: Share of the region that both captures measured, 0 to 1.
        area_mm2: Area of the skin measured.
        verdict: What may be said.
        reason: Why it is withheld; empty otherwise.
    """

    region: FacialRegion
    change: float
    unit: str
    uncertainty: Uncertainty
    minimum_detectable_change: float
    coverage: float
    area_mm2: float
    verdict: ChangeVerdict
    reason: str

    def __post_init__(self) -> None:
        """Refuse shares outside 0 to 1, and a direction that the numbers do not bear."""
        numbers = (self.change, self.minimum_detectable_change, self.area_mm2)
        if not all(math.isfinite(each) for each in numbers) or not 0 <= self.coverage <= 1:
            message = f"{self.region}: a change is finite and a coverage lies between 0 and 1"
            raise MalformedInput(message)
        if self.verdict is ChangeVerdict.WITHHELD and not self.reason:
            message = f"{self.region}: a region is withheld with a reason"
            raise MalformedInput(message)
        beyond = abs(self.change) > max(self.minimum_detectable_change, self.uncertainty.expanded)
        said = self.verdict in {ChangeVerdict.INCREASE, ChangeVerdict.DECREASE}
        if said and not (beyond and (self.change > 0) == (self.verdict is ChangeVerdict.INCREASE)):
            message = f"{self.region}: the change is not beyond what can be detected"
            raise MalformedInput(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """How the later face was laid over the earlier one.

    Attributes:
        rotation_deg: Rotation vector, degrees, about the axes of the earlier left camera.
        translation_mm: Translation of the later left camera's points.
        residual_mm: Root-mean-square distance on the stable face, outliers left out.
        inlier_share: Share of the stable face that agrees, 0 to 1.
        overlap: Share of the stable face that both captures measured, 0 to 1.
        covariance: Row by row, of rotation (radians) then translation (mm) about the centre.
        centre_mm: That centre, in the earlier left camera's axes.
        method: Method and version.
    """

    rotation_deg: tuple[float, ...]
    translation_mm: tuple[float, ...]
    residual_mm: float
    inlier_share: float
    overlap: float
    covariance: tuple[float, ...]
    centre_mm: tuple[float, ...]
    method: str
