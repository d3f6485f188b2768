"""Tests of what follows sign-off."""

from dataclasses import replace
from functools import partial

import pytest

from domain.events.assessment import (
    AssessmentAmended,
    AssessmentEvent,
    AssessmentSignedOff,
    ConclusionRecorded,
    FindingAccepted,
    ReportFlagged,
    ReportIssued,
)
from domain.ledger import canonical
from domain.rules.assessment import ASSESSMENT, presented_digest
from domain.rules.report import (
    amend_assessment,
    amendment_presentation,
    flag_assessment,
    issue_report,
    report_number,
    verification_code,
)
from domain.values.actor import Role
from domain.values.content import Digest
from domain.values.identifiers import ReportId
from tests.builders import CALIBRATION, a_content, a_digest, a_finding, a_signature, a_signing
from tests.event_builders import an_assessment_opened
from tests.given import given

OPENED = an_assessment_opened()
REVIEWED: tuple[AssessmentEvent, ...] = (
    OPENED,
    FindingAccepted(finding=a_finding().finding),
    ConclusionRecorded(text="Even skin tone."),
)
DIGEST = presented_digest(given(ASSESSMENT, *REVIEWED).state)
SIGNED: tuple[AssessmentEvent, ...] = (
    *REVIEWED,
    AssessmentSignedOff(signature=a_signature(DIGEST)),
)
DOCUMENT = a_content("report", "application/pdf")
REPORT = ReportId.derived(OPENED.assessment, DIGEST)
ISSUED = ReportIssued(
    report=REPORT,
    number=report_number(REPORT),
    document=DOCUMENT,
    signed_digest=DIGEST,
    verification_code=verification_code(REPORT, DIGEST),
    renderer="typst 0.14",
    sources=(*OPENED.frames, a_digest("calibration")),
)
issue = partial(
    issue_report,
    signed_digest=DIGEST,
    document=DOCUMENT,
    renderer="typst 0.14",
    sources=ISSUED.sources,
)
TEXT = "The makeup was light, not none."
AMENDMENT = a_signing(
    a_signature(Digest.of(amendment_presentation(given(ASSESSMENT, *SIGNED).state, TEXT)))
)
AMENDED = AssessmentAmended(number=1, text=TEXT, signature=AMENDMENT.signature)
amend = partial(amend_assessment, text=TEXT, signing=AMENDMENT)


@pytest.mark.verifies("REQ-IN-204")
@pytest.mark.verifies("REQ-IN-181")
def test_one_report_is_issued_of_what_was_signed() -> None:
    given(ASSESSMENT, *SIGNED).when(issue).then(ISSUED)
    given(ASSESSMENT, *SIGNED, ISSUED).when(issue).then()


@pytest.mark.verifies("REQ-IN-167")
def test_nothing_unsigned_is_reported() -> None:
    given(ASSESSMENT, *REVIEWED).when(issue).refuses("assessment.signed-first")
    given(ASSESSMENT).when(issue).refuses("assessment.signed-first")
    other = partial(issue, signed_digest=a_digest("other"))
    given(ASSESSMENT, *SIGNED).when(other).refuses("report.signed")


@pytest.mark.verifies("REQ-IN-181")
def test_a_report_names_every_frame_among_its_sources() -> None:
    refused = (
        given(ASSESSMENT, *SIGNED)
        .when(partial(issue, sources=OPENED.frames[:1]))
        .refuses("report.sources")
    )
    assert "1 of 2" in refused.evidence


def test_number_and_code_follow_from_what_was_signed() -> None:
    report = ReportId("0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0ff")
    assert report_number(report) == "R-0F1E-2D3C-4B5A"
    code = verification_code(report, DIGEST)
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert code != verification_code(report, a_digest("other"))
    assert code != verification_code(REPORT, DIGEST)


@pytest.mark.verifies("DRV-12")
def test_an_amendment_is_signed_and_reported_by_itself() -> None:
    given(ASSESSMENT, *SIGNED, ISSUED).when(amend).then(AMENDED)
    amended = given(ASSESSMENT, *SIGNED, ISSUED, AMENDED)
    assert presented_digest(amended.state) == DIGEST
    (second,) = issue(amended.state, signed_digest=AMENDED.signature.digest)
    assert second.report != REPORT
    assert second.number != ISSUED.number


@pytest.mark.verifies("DRV-12")
def test_amendments_are_counted_and_each_binds_what_stood_before() -> None:
    first = canonical.parse(amendment_presentation(given(ASSESSMENT, *SIGNED).state, TEXT))
    assert isinstance(first, dict)
    assert (first["number"], first["amends"], first["text"]) == (1, [DIGEST], TEXT)
    after_first = given(ASSESSMENT, *SIGNED, AMENDED)
    after_first.when(amend).refuses("signature.digest")
    digest = Digest.of(amendment_presentation(after_first.state, TEXT))
    signing = a_signing(a_signature(digest))
    after_first.when(partial(amend, signing=signing)).then(
        AssessmentAmended(number=2, text=TEXT, signature=signing.signature)
    )


@pytest.mark.verifies("DRV-12")
def test_an_amendment_needs_words_a_sign_off_and_a_practitioner() -> None:
    given(ASSESSMENT, *SIGNED).when(partial(amend, text=" ")).refuses("assessment.amendment-text")
    given(ASSESSMENT, *REVIEWED).when(amend).refuses("assessment.signed-first")
    operator = replace(AMENDMENT, roles=frozenset({Role.OPERATOR}))
    given(ASSESSMENT, *SIGNED).when(partial(amend, signing=operator)).refuses("signature.role")


@pytest.mark.verifies("DRV-13")
@pytest.mark.parametrize("history", [REVIEWED, SIGNED])
def test_an_assessment_is_flagged_once_for_each_cause(
    history: tuple[AssessmentEvent, ...],
) -> None:
    flag = partial(flag_assessment, cause=CALIBRATION.stream, reason="found defective")
    flagged = ReportFlagged(cause=CALIBRATION.stream, reason="found defective")
    given(ASSESSMENT, *history).when(flag).then(flagged)
    given(ASSESSMENT, *history, flagged).when(flag).then()


def test_only_assessments_that_exist_are_flagged_and_with_a_reason() -> None:
    flag = partial(flag_assessment, cause=CALIBRATION.stream, reason="found defective")
    given(ASSESSMENT).when(flag).refuses("assessment.open")
    given(ASSESSMENT, *SIGNED).when(partial(flag, reason="")).refuses("assessment.flag-reason")
