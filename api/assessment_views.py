"""How an assessment is shown: findings beside verdicts, what is withheld, exactly what is signed.

Rules kept here:

1. Every finding is shown with value, uncertainty, confidence, flags, limitations, contraindications
   and version, and with its sign-off state [REQ-IN-040 to 045].
2. The digest shown is the one that sign-off compares.
3. What the report rules out for every finding is shown before it is signed, with what releases and
   claims rule out for their own.
4. A finding comes from a run of a model or from a change measured between two captures; its origin
   says which.
"""

import json
from typing import Any

from pydantic import BaseModel

from adapters.reported.content import CONTRAINDICATIONS
from api.answers import Reading
from api.change_views import ArtefactView, ChangeView, change_view, changes_laid, maps_of
from api.previous_views import PairView, PreviousValue, pair_views, previous_values
from domain.events.volume_change import VolumeChangeMeasured
from domain.rules.assessment import presentation, presented_digest
from domain.values.assessment import Assessment
from projections import assessment as read
from projections import capture_session, inference, model_release, practitioner, subject
from projections.rows import Row

DECISION_SUPPORT = "Clinical decision support. Not a diagnosis."


class Origin(BaseModel):
    """Which released model a finding comes from, what limits it and when it must not be used."""

    inference: str
    release: str
    name: str
    version: str
    model_digest: str
    limitations: list[str]
    contraindications: list[str]


class FindingView(BaseModel):
    """A finding beside what the practitioner made of it."""

    finding: str
    category: str
    code: str
    label: str
    value: float | None
    unit: str | None
    uncertainty: float | None
    coverage_factor: float | None
    text: str | None
    confidence: float
    quality_flags: list[str]
    limitations: list[str]
    needs_confirmation: bool
    verdict: str
    amended_value: float | None
    amended_text: str | None
    reason_code: str | None
    reason: str | None
    previous: PreviousValue | None
    origin: Origin | None
    change: str | None


class FrameView(BaseModel):
    """A frame to look at."""

    attempt: str
    session: str
    view: str
    role: str
    digest: str
    width_px: int
    height_px: int


class WithheldView(BaseModel):
    """An output that a rule forbade."""

    attempt: str
    output: str
    rule: str
    evidence: str
    next_step: str


class Presentation(BaseModel):
    """Exactly what is shown and signed."""

    digest: str
    content: dict[str, Any]


class SignatureView(BaseModel):
    """An electronic signature in words."""

    signer_name: str
    meaning: str
    signed_at: str
    digest: str


class ReportView(BaseModel):
    """The report that was issued."""

    report: str
    number: str
    digest: str
    verification_code: str
    issued_at: str
    flags: list[dict[str, Any]]


class AmendmentView(BaseModel):
    """A later signed statement."""

    number: int
    text: str
    signature: SignatureView


class Previous(BaseModel):
    """The subject's assessment before this one."""

    assessment: str
    session: str
    opened_at: str


class AssessmentDetail(BaseModel):
    """An assessment with everything that is shown and signed."""

    assessment: str
    session: str
    subject: str
    pseudonym: str
    state: str
    label: str
    opened_at: str
    findings: list[FindingView]
    frames: list[FrameView]
    artefacts: list[ArtefactView]
    pairs: list[PairView]
    changes: list[ChangeView]
    withheld: list[WithheldView]
    contraindications: list[str]
    conclusion: str | None
    presentation: Presentation
    signature: SignatureView | None
    report: ReportView | None
    amendments: list[AmendmentView]
    previous: Previous | None
    version: int


def assessment_detail(
    reading: Reading, row: Row, state: Assessment, version: int
) -> AssessmentDetail:
    """Return how an assessment is shown."""
    connection = reading.connection
    runs = inference.of_session(connection, row["session"])
    releases = {each["release"]: each for each in model_release.releases(connection)}
    before = read.previous(connection, row["subject"], row["opened_seq"])
    changes = changes_laid(reading, row)
    told = [change_view(reading, each) for each in changes]
    pairs = pair_views(reading, row, before)
    earlier = previous_values(reading, runs, before, pairs)
    return AssessmentDetail(
        assessment=row["assessment"],
        session=row["session"],
        subject=row["subject"],
        pseudonym=subject.pseudonyms(connection, {row["subject"]}).get(row["subject"], ""),
        state=row["state"],
        label=DECISION_SUPPORT,
        opened_at=row["opened_at"],
        findings=_findings(row, runs, releases, earlier, changes),
        frames=_frames(reading, row),
        artefacts=[*_artefacts(row, runs), *maps_of(changes)],
        pairs=pairs,
        changes=told,
        withheld=[WithheldView(**each) for each in row["withheld"]],
        contraindications=_contraindications(runs, releases, told),
        conclusion=row["conclusion"],
        presentation=Presentation(
            digest=str(presented_digest(state)), content=json.loads(presentation(state))
        ),
        signature=_signature(reading, row["signature"]),
        report=None if row["report"] is None else report_view(row["report"]),
        amendments=[_amendment(reading, each) for each in row["amendments"]],
        previous=None
        if before is None
        else Previous(**{name: before[name] for name in Previous.model_fields}),
        version=version,
    )


def report_view(row: Row) -> ReportView:
    """Return how a report is named."""
    return ReportView(
        report=row["report"],
        number=row["number"],
        digest=row["document"]["digest"],
        verification_code=row["verification_code"],
        issued_at=row["issued_at"],
        flags=row["flags"],
    )


def _findings(
    row: Row,
    runs: list[Row],
    releases: dict[str, Row],
    earlier: dict[str, PreviousValue],
    changes: list[VolumeChangeMeasured],
) -> list[FindingView]:
    changed = {
        str(finding.finding): str(each.change) for each in changes for finding in each.findings
    }
    origins = {
        finding["finding"]: _origin(run, releases.get(run["release"]))
        for run in runs
        for finding in run["findings"]
    }
    return [
        FindingView(
            **each["proposed"],
            **{
                name: each[name]
                for name in ("verdict", "amended_value", "amended_text", "reason_code", "reason")
            },
            previous=earlier.get(each["finding"]),
            origin=origins.get(each["finding"]),
            change=changed.get(each["finding"]),
        )
        for each in row["findings"]
    ]


def _origin(run: Row, release: Row | None) -> Origin:
    return Origin(
        inference=run["inference"],
        release=run["release"],
        name="" if release is None else release["name"],
        version="" if release is None else release["release_version"],
        model_digest=run["model"],
        limitations=[] if release is None else release["manifest"]["limitations"],
        contraindications=[] if release is None else release["manifest"]["contraindications"],
    )


def _frames(reading: Reading, row: Row) -> list[FrameView]:
    found = capture_session.session(reading.connection, row["session"])
    accepted = set(row["attempts"])
    return [
        FrameView(
            attempt=attempt["attempt"],
            session=row["session"],
            view=attempt["view"],
            role=frame["role"],
            digest=frame["content"]["digest"],
            width_px=frame["width_px"],
            height_px=frame["height_px"],
        )
        for attempt in (found or {"attempts": []})["attempts"]
        if attempt["attempt"] in accepted
        for frame in attempt["frames"]
    ]


def _artefacts(row: Row, runs: list[Row]) -> list[ArtefactView]:
    return [
        ArtefactView(
            name=each["name"],
            legend=each["legend"],
            digest=each["content"]["digest"],
            inference=run["inference"],
            attempt=run["attempt"],
        )
        for run in runs
        if run["inference"] in row["inferences"]
        for each in run["artefacts"]
        if each["content"]["media_type"].startswith("image/")
    ]


def _contraindications(
    runs: list[Row], releases: dict[str, Row], changes: list[ChangeView]
) -> list[str]:
    """Return those of every release that ran and every claim told under, the report's own first."""
    used = {run["release"] for run in runs} & set(releases)
    found = {
        words for release in used for words in releases[release]["manifest"]["contraindications"]
    }
    found |= {words for each in changes for words in each.contraindications}
    return [*CONTRAINDICATIONS, *sorted(found - set(CONTRAINDICATIONS))]


def _signature(reading: Reading, found: Row | None) -> SignatureView | None:
    if found is None:
        return None
    signer = practitioner.practitioner(reading.connection, found["signer"])
    return SignatureView(
        signer_name="" if signer is None else signer["display_name"],
        meaning=found["meaning"],
        signed_at=found["signed_at"],
        digest=found["digest"],
    )


def _amendment(reading: Reading, found: Row) -> AmendmentView:
    signature = _signature(reading, found["signature"])
    if signature is None:  # an amendment is always signed
        message = "an amendment without a signature"
        raise ValueError(message)
    return AmendmentView(number=found["number"], text=found["text"], signature=signature)
