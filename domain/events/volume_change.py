"""Facts about how the volume of a face changed between two captures."""

from dataclasses import dataclass

from domain.values.comparability import ComparabilityVerdict
from domain.values.content import CaptureView, Digest
from domain.values.finding import Finding
from domain.values.identifiers import (
    AttemptId,
    CalibrationId,
    ClaimId,
    SessionId,
    SubjectId,
    VolumeChangeId,
)
from domain.values.model import Artefact
from domain.values.volume_change import Alignment, RegionChange


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeChangeMeasured:
    """The volume change between two captures of one view was measured.

    Attributes:
        change: The measurement.
        subject: Whose face.
        earlier_session: The session of the earlier capture.
        earlier_attempt: The earlier capture.
        session: The session of the later capture.
        attempt: The later capture.
        view: The capture view of both.
        claim: The validated claim under which it is reported.
        calibrations: The locked calibrations used, the earlier capture's first.
        comparability: Why the two may be compared.
        alignment: How the two faces were laid over one another.
        regions: What was found, region by region.
        findings: The same, as laid before the practitioner.
        artefacts: The map of signed distances.
        algorithm: Algorithm and version.
        settings: Settings as ``name=value``.
        inputs: Digests of earlier and later depth, earlier and later calibration parameters, then
            the face meshes that outline the regions, the depth of repeats, and the uncertainties
            of all these depths that were recorded.
        platform: Digest of the computing platform's description.
    """

    change: VolumeChangeId
    subject: SubjectId
    earlier_session: SessionId
    earlier_attempt: AttemptId
    session: SessionId
    attempt: AttemptId
    view: CaptureView
    claim: ClaimId
    calibrations: tuple[CalibrationId, ...]
    comparability: ComparabilityVerdict
    alignment: Alignment
    regions: tuple[RegionChange, ...]
    findings: tuple[Finding, ...]
    artefacts: tuple[Artefact, ...]
    algorithm: str
    settings: tuple[str, ...]
    inputs: tuple[Digest, ...]
    platform: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeChangeRepeated:
    """The measurement was executed again from its recorded inputs and compared.

    Attributes:
        outcome: ``identical``, ``within-tolerance`` or ``different``.
        evidence: What was compared, in words.
        platform: Digest of the platform of the repeat.
    """

    outcome: str
    evidence: str
    platform: Digest


VolumeChangeEvent = VolumeChangeMeasured | VolumeChangeRepeated
