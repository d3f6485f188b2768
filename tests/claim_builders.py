"""Plain functions that make valid claims, pairs and changes, with sensible defaults."""

from domain.events.volume_change import VolumeChangeMeasured
from domain.rules.comparability import compare_captures
from domain.rules.volume_change import judge_region
from domain.values.claim import (
    ClaimContent,
    ClaimScope,
    EvidenceSource,
    RegionLimits,
    StudyEvidence,
)
from domain.values.comparability import CaptureFacts, PairLimits
from domain.values.content import CaptureView
from domain.values.facial_region import FacialRegion
from domain.values.finding import Finding
from domain.values.identifiers import (
    CalibrationId,
    ClaimId,
    FindingId,
    SessionId,
    VolumeChangeId,
)
from domain.values.time import Instant
from domain.values.volume_change import Alignment, RegionChange, Uncertainty
from tests.builders import CALIBRATION, PROTOCOL, SUBJECT, a_digest, an_attempt_id, later

CLAIM_ID = ClaimId.derived("claim")
CHANGE_ID = VolumeChangeId.derived("change")
LIMITS = RegionLimits(
    region=FacialRegion.CHEEK_LEFT,
    minimum_detectable_change=0.2,
    repeatability_limit=0.25,
    bias=0.01,
    test_retest_sd=0.1,
)
PAIR_LIMITS = PairLimits(distance_mm=15, pose_deg=5, exposure_ratio=1.2, cct_k=300, days=731)
UNCERTAINTY = Uncertainty(
    depth_noise=0.01,
    registration=0.01,
    calibration=0.01,
    repeatability=0.05,
    expanded=0.106,
    coverage_factor=2.0,
)


def some_evidence(source: EvidenceSource = EvidenceSource.DEPTH) -> StudyEvidence:
    """Return a study."""
    return StudyEvidence(
        source=source,
        study=a_digest("study"),
        subjects=12,
        captures=72,
        summary="Repeat captures of adults of all six tone classes",
    )


def a_claim(
    *,
    simulated: bool = False,
    models: tuple[str, ...] = ("VX-1",),
    evidence: tuple[StudyEvidence, ...] = (some_evidence(),),
    regions: tuple[RegionLimits, ...] = (LIMITS,),
    accuracy_words: str = "Bias against plaster casts of known volume",
) -> ClaimContent:
    """Return what a claim about volume change says."""
    return ClaimContent(
        output="volume-change",
        algorithm="volume-change/1",
        unit="cm³",
        scope=ClaimScope(
            device_models=models, population="Adults, 18 to 70 years", simulated=simulated
        ),
        accuracy_target=0.05,
        accuracy_words=accuracy_words,
        regions=regions,
        least_coverage=0.7,
        largest_residual_mm=0.3,
        pair=PAIR_LIMITS,
        evidence=evidence,
    )


def capture_facts(
    *,
    minutes: float = 0,
    calibration: CalibrationId | None = CALIBRATION,
    distance_mm: float | None = 450.0,
) -> CaptureFacts:
    """Return what decides whether a capture compares."""
    return CaptureFacts(
        taken_at=Instant(later(minutes).us),
        device_serial="ST-1",
        device_model="VX-1",
        cameras=("L", "R"),
        lens_configuration="16 mm f/4, locked",
        calibration=calibration,
        calibration_target="T-1",
        calibration_holds=True,
        protocol=PROTOCOL,
        protocol_words="Standard face 1.0",
        view="frontal",
        polarised=False,
        distance_mm=distance_mm,
        turn_deg=1.0,
        tilt_deg=0.0,
        roll_deg=0.5,
        exposure_us=8000.0,
        cct_k=5000.0,
        neutral_expression=True,
        makeup="none",
    )


def a_region_change(change: float = 0.5, coverage: float = 0.9) -> RegionChange:
    """Return one region as the claim judges it."""
    return judge_region(
        LIMITS,
        a_claim(),
        change=change,
        uncertainty=UNCERTAINTY,
        coverage=coverage,
        area_mm2=1200.0,
        repeats_apart=None,
    )


def an_alignment(residual_mm: float = 0.05) -> Alignment:
    """Return how two faces were laid over one another."""
    return Alignment(
        rotation_deg=(1.0, 2.0, 0.0),
        translation_mm=(1.0, -2.0, 3.0),
        residual_mm=residual_mm,
        inlier_share=0.97,
        overlap=0.9,
        covariance=(0.0,) * 36,
        centre_mm=(0.0, 0.0, 450.0),
        method="point-to-plane/1",
    )


def a_change(
    *regions: RegionChange, residual_mm: float = 0.05, distance_mm: float = 451.0
) -> VolumeChangeMeasured:
    """Return a measured change of two captures an hour apart."""
    return VolumeChangeMeasured(
        change=CHANGE_ID,
        subject=SUBJECT,
        earlier_session=SessionId.derived("earlier"),
        earlier_attempt=an_attempt_id("earlier"),
        session=SessionId.derived("later"),
        attempt=an_attempt_id("later"),
        view=CaptureView("frontal"),
        claim=CLAIM_ID,
        calibrations=(CALIBRATION, CALIBRATION),
        comparability=compare_captures(
            capture_facts(), capture_facts(minutes=60, distance_mm=distance_mm), PAIR_LIMITS
        ),
        alignment=an_alignment(residual_mm),
        regions=regions,
        findings=tuple(_finding(each) for each in regions),
        artefacts=(),
        algorithm="volume-change/1",
        settings=("step=1",),
        inputs=(a_digest("then"), a_digest("now")),
        platform=a_digest("platform"),
    )


def _finding(change: RegionChange) -> Finding:
    return Finding(
        finding=FindingId.derived(CHANGE_ID, change.region),
        category="volume",
        code=f"volume-change-{change.region}",
        label="Volume change",
        value=change.change,
        unit=change.unit,
        uncertainty=change.uncertainty.expanded,
        coverage_factor=change.uncertainty.coverage_factor,
        text=change.verdict,
        confidence=0.9,
        quality_flags=(),
        limitations=("Rigid head",),
        needs_confirmation=True,
    )
