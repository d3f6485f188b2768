"""Everything a report shows: what is not here cannot appear on its pages.

Rules kept here:

1. A report without capture conditions, calibration status, algorithm versions, limitations or
   contraindications cannot be made [REQ-IN-044, REQ-IN-168 to 172].
2. Every finding names an algorithm whose version the report discloses [REQ-IN-045].
3. A signed report is verifiable and has no finding left to review; any other report is a draft,
   and says so on every page [REQ-IN-041].
4. A subject appears under a pseudonym alone.
"""

import re
from dataclasses import dataclass
from typing import Final

from adapters.reports.conditions import (
    Algorithm,
    Calibration,
    CaptureConditions,
    Uncalibrated,
    Versions,
)
from adapters.reports.identity import (
    CaptureSession,
    Clinic,
    Moment,
    SignOff,
)
from adapters.reports.maps import MAPS_MAX, ReportMap
from adapters.reports.refusal import require, require_text
from adapters.reports.results import (
    ComparedPair,
    Comparison,
    ReportFinding,
    ReportImage,
    Verdict,
    WithheldOutput,
)
from domain.rules.report import verification_code
from domain.values.content import Digest
from domain.values.identifiers import ReportId, StreamName

IMAGES_MAX: Final = 6
_NUMBER: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{2,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceItem:
    """One thing the report rests on, by digest and place in the log.

    Attributes:
        label: What it is, such as ``Frame, frontal, left camera``.
        digest: Its digest.
        seq: Its record's place in the log, or none.
    """

    label: str
    digest: Digest
    seq: int | None

    def __post_init__(self) -> None:
        """Refuse evidence without a name."""
        require_text(self.label)
        require(self.seq is None or self.seq >= 0, "a place in the log is not negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """The log as it was when the report was made.

    Attributes:
        origin: Origin line of its checkpoints, such as ``vultus/<clinic id>``.
        size: Number of records.
        root: Root of the tree, as a digest.
    """

    origin: str
    size: int
    root: Digest

    def __post_init__(self) -> None:
        """Refuse a log without records."""
        require_text(self.origin)
        require(self.size > 0, "a report rests on records")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnd:
    """How far a stream went when the report was called for.

    Attributes:
        stream: Its name.
        version: Version of its last record then, at least 1.
    """

    stream: StreamName
    version: int

    def __post_init__(self) -> None:
        """Refuse the end of a stream that had not begun."""
        require(self.version >= 1, "a stream that a report rests on had begun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What lets a reader prove that the report is genuine.

    Attributes:
        evidence: What it rests on, in the order shown.
        log: The log's state, when a checkpoint was at hand.
        ends: How far the streams went on which it rests; in the attached data, not on the pages.
    """

    evidence: tuple[EvidenceItem, ...]
    log: LogState | None
    ends: tuple[StreamEnd, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a report that rests on nothing."""
        require(bool(self.evidence), "a report names what it rests on")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContent:
    """A whole report.

    Attributes:
        report: The report; with the signed digest it decides the code printed on it.
        number: Number printed on it, such as ``VR-2026-000123``.
        issued_at: When it was made; also the document's own time stamp.
        clinic: The clinic.
        pseudonym: The subject's pseudonym.
        sessions: The sessions it rests on, newest first.
        conclusion: The practitioner's words.
        sign_off: The practitioner's signature; none for a draft.
        images: Pictures, at least one.
        findings: What was measured.
        withheld: What was not, and why.
        comparison: Comparison with an earlier session, or none.
        algorithms: Released models and algorithms behind the findings.
        conditions: How the pictures were taken, one per capture view.
        calibrations: Every calibration in use, and why there was none where there was none.
        limitations: What the report as a whole cannot say.
        contraindications: What it must not be used for.
        versions: What else ran.
        trace: What it rests on.
        pairs: Whether captures compare, for every before and after that is shown.
        maps: Where findings lie.
        maps_left_out: How many maps of findings did not fit.
    """

    report: ReportId
    number: str
    issued_at: Moment
    clinic: Clinic
    pseudonym: str
    sessions: tuple[CaptureSession, ...]
    conclusion: str
    sign_off: SignOff | None
    images: tuple[ReportImage, ...]
    findings: tuple[ReportFinding, ...]
    withheld: tuple[WithheldOutput, ...]
    comparison: Comparison | None
    algorithms: tuple[Algorithm, ...]
    conditions: tuple[CaptureConditions, ...]
    calibrations: tuple[Calibration | Uncalibrated, ...]
    limitations: tuple[str, ...]
    contraindications: tuple[str, ...]
    versions: Versions
    trace: Trace
    pairs: tuple[ComparedPair, ...] = ()
    maps: tuple[ReportMap, ...] = ()
    maps_left_out: int = 0

    def __post_init__(self) -> None:
        """Refuse a report that keeps from its reader what is owed."""
        require(_NUMBER.fullmatch(self.number) is not None, "a report number is like VR-2026-1")
        require_text(self.pseudonym, self.conclusion, *self.limitations, *self.contraindications)
        require(bool(self.sessions), "a report rests on a capture session")
        require(0 < len(self.images) <= IMAGES_MAX, f"a report shows 1 to {IMAGES_MAX} pictures")
        require(bool(self.findings or self.withheld), "a report measured something or says why not")
        require(bool(self.conditions), "a report discloses its capture conditions")
        require(bool(self.calibrations), "a report discloses its calibration status")
        require(bool(self.limitations), "a report discloses its limitations")
        require(bool(self.contraindications), "a report discloses its contraindications")
        require(bool(self.algorithms), "a report discloses its algorithm versions")
        require(len(self.maps) <= MAPS_MAX, f"a report shows up to {MAPS_MAX} maps")
        require(self.maps_left_out >= 0, "what was left out is counted")
        disclosed = {f"{each.name} {each.version}" for each in self.algorithms}
        require(
            {each.algorithm for each in self.findings} | {each.algorithm for each in self.maps}
            <= disclosed,
            "every finding and map names an algorithm whose version the report discloses",
        )
        require(
            self.sign_off is None or not any(map(_is_pending, self.findings)),
            "a signed report has no finding left to review",
        )

    @property
    def verification_code(self) -> str | None:
        """The code printed on it; a draft has none."""
        if self.sign_off is None:
            return None
        return verification_code(self.report, self.sign_off.signed_digest)


def _is_pending(finding: ReportFinding) -> bool:
    return finding.verdict is Verdict.PENDING
