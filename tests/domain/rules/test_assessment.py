"""Tests of opening, reviewing and signing off an assessment."""

import math
from dataclasses import replace
from functools import partial

import pytest

from domain.events.assessment import (
    AssessmentEvent,
    AssessmentOpened,
    AssessmentSignedOff,
    ConclusionRecorded,
    FindingAccepted,
    FindingAmended,
    FindingRejected,
    ReportFlagged,
)
from domain.ledger import canonical
from domain.rules.assessment import (
    ASSESSMENT,
    accept_finding,
    accept_findings,
    amend_finding,
    open_assessment,
    presentation,
    presented_digest,
    record_conclusion,
    reject_finding,
    sign_off,
)
from domain.values.actor import Role
from domain.values.assessment import Assessment, Decision
from domain.values.content import Digest
from domain.values.identifiers import FindingId
from domain.values.signature import Meaning
from domain.values.signing import Signing
from tests.builders import a_digest, a_finding, a_signature, a_signing, an_inference_id
from tests.event_builders import an_assessment_opened
from tests.given import given

ITA = a_finding("ita")
NOTE = replace(
    a_finding("uniformity"), value=None, unit=None, uncertainty=None, coverage_factor=None
)
SUGGESTION = a_finding("fitzpatrick", needs_confirmation=True)
OPENED = an_assessment_opened(ITA, NOTE, SUGGESTION)
REVIEWS: tuple[AssessmentEvent, ...] = (
    FindingAccepted(finding=ITA.finding),
    FindingAmended(
        finding=NOTE.finding, value=None, text="even", reason_code="clinical-view", reason=""
    ),
    FindingRejected(
        finding=SUGGESTION.finding, reason_code="not-seen", reason="sun history differs"
    ),
)
CONCLUDED = ConclusionRecorded(text="Even skin tone.")
REVIEWED: tuple[AssessmentEvent, ...] = (OPENED, *REVIEWS, CONCLUDED)
UNKNOWN = FindingId.derived("unknown")

open_first = partial(open_assessment, opened=OPENED, session_closed=True, pending=())
amend = partial(
    amend_finding,
    finding=ITA.finding,
    value=40.0,
    text=None,
    reason_code="clinical-view",
    reason="",
)
reject = partial(reject_finding, finding=ITA.finding, reason_code="not-seen", reason="")


def state(*events: AssessmentEvent) -> Assessment:
    return given(ASSESSMENT, *events).state


def signing_of(assessment: Assessment) -> Signing:
    return a_signing(a_signature(presented_digest(assessment)))


SIGNING = signing_of(state(*REVIEWED))
SIGNED = AssessmentSignedOff(signature=SIGNING.signature)


def test_an_assessment_is_opened_once_when_the_session_is_closed_and_every_run_ended() -> None:
    given(ASSESSMENT).when(open_first).then(OPENED)
    given(ASSESSMENT, OPENED).when(open_first).then()


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("assessment.session", partial(open_first, session_closed=False)),
        ("assessment.session", partial(open_first, opened=replace(OPENED, attempts=()))),
        ("assessment.pending", partial(open_first, pending=(an_inference_id(),))),
        ("assessment.findings", partial(open_first, opened=replace(OPENED, findings=(ITA, ITA)))),
    ],
)
def test_an_assessment_is_not_opened_on_half_a_session(
    rule: str, changed: "partial[tuple[AssessmentOpened, ...]]"
) -> None:
    given(ASSESSMENT).when(changed).refuses(rule)


def test_every_finding_can_be_accepted_amended_or_rejected() -> None:
    opened = given(ASSESSMENT, OPENED)
    opened.when(partial(accept_finding, finding=ITA.finding)).then(REVIEWS[0])
    opened.when(amend).then(
        FindingAmended(
            finding=ITA.finding, value=40.0, text=None, reason_code="clinical-view", reason=""
        )
    )
    opened.when(reject).then(
        FindingRejected(finding=ITA.finding, reason_code="not-seen", reason="")
    )


@pytest.mark.verifies("DRV-21")
def test_a_suggestion_is_confirmed_by_itself_only() -> None:
    opened = given(ASSESSMENT, OPENED)
    both = partial(accept_findings, findings=(ITA.finding, NOTE.finding))
    opened.when(both).then(
        FindingAccepted(finding=ITA.finding), FindingAccepted(finding=NOTE.finding)
    )
    every = partial(accept_findings, findings=tuple(each.finding for each in OPENED.findings))
    opened.when(every).refuses("assessment.confirm-singly")
    opened.when(partial(accept_finding, finding=SUGGESTION.finding)).then(
        FindingAccepted(finding=SUGGESTION.finding)
    )


def test_the_last_review_of_a_finding_counts() -> None:
    changed = state(
        OPENED,
        REVIEWS[0],
        FindingRejected(finding=ITA.finding, reason_code="not-seen", reason=""),
    )
    assert changed.reviews[ITA.finding].decision is Decision.REJECTED
    again = state(*REVIEWED, FindingAccepted(finding=NOTE.finding))
    assert again.reviews[NOTE.finding].decision is Decision.ACCEPTED
    assert again.reviews[NOTE.finding].text is None


@pytest.mark.parametrize("code", ["", "Clinical view", "clinical-", "1"])
def test_amending_and_rejecting_need_a_reason_code(code: str) -> None:
    opened = given(ASSESSMENT, OPENED)
    opened.when(partial(amend, reason_code=code)).refuses("assessment.reason-code")
    opened.when(partial(reject, reason_code=code)).refuses("assessment.reason-code")


def test_an_amendment_says_what_should_stand_there() -> None:
    opened = given(ASSESSMENT, OPENED)
    opened.when(partial(amend, value=None, text=" ")).refuses("assessment.amendment")
    opened.when(partial(amend, value=None)).refuses("assessment.amendment")
    opened.when(partial(amend, value=math.nan)).refuses("assessment.amended-value")
    opened.when(partial(amend, finding=NOTE.finding)).refuses("assessment.amended-value")


def test_an_unknown_finding_is_refused() -> None:
    given(ASSESSMENT, OPENED).when(partial(accept_finding, finding=UNKNOWN)).refuses(
        "assessment.finding"
    )


def test_nothing_is_reviewed_or_signed_before_the_assessment_is_open() -> None:
    unopened = given(ASSESSMENT)
    for rule in (
        partial(accept_finding, finding=ITA.finding),
        partial(record_conclusion, text="x"),
        partial(sign_off, signing=SIGNING),
    ):
        unopened.when(rule).refuses("assessment.open")


def test_a_conclusion_has_words() -> None:
    opened = given(ASSESSMENT, OPENED)
    opened.when(partial(record_conclusion, text="Even skin tone.")).then(CONCLUDED)
    opened.when(partial(record_conclusion, text="\n")).refuses("assessment.conclusion")


@pytest.mark.verifies("REQ-IN-167")
@pytest.mark.verifies("REQ-IN-029")
@pytest.mark.verifies("DRV-12")
def test_a_reviewed_assessment_is_signed_off_over_exactly_what_was_shown() -> None:
    given(ASSESSMENT, *REVIEWED).when(partial(sign_off, signing=SIGNING)).then(SIGNED)
    assert SIGNING.signature.digest == Digest.of(presentation(state(*REVIEWED)))


@pytest.mark.verifies("REQ-IN-167")
@pytest.mark.verifies("REQ-IN-029")
@pytest.mark.parametrize("left_out", range(len(REVIEWS)))
def test_every_finding_is_reviewed_before_sign_off(left_out: int) -> None:
    reviews = [each for at, each in enumerate(REVIEWS) if at != left_out]
    history = (OPENED, *reviews, CONCLUDED)
    refused = (
        given(ASSESSMENT, *history)
        .when(partial(sign_off, signing=signing_of(state(*history))))
        .refuses("assessment.reviewed")
    )
    assert "1 of 3" in refused.evidence


@pytest.mark.verifies("REQ-IN-167")
def test_a_conclusion_is_written_before_sign_off() -> None:
    history = (OPENED, *REVIEWS)
    given(ASSESSMENT, *history).when(
        partial(sign_off, signing=signing_of(state(*history)))
    ).refuses("assessment.conclusion")


@pytest.mark.verifies("DRV-12")
@pytest.mark.verifies("REQ-IN-194")
@pytest.mark.parametrize(
    ("signing", "rule"),
    [
        (replace(SIGNING, roles=frozenset({Role.OPERATOR, Role.AUDITOR})), "signature.role"),
        (replace(SIGNING, roles=frozenset()), "signature.role"),
        (replace(SIGNING, reauthenticated=False), "signature.fresh"),
        (a_signing(a_signature(a_digest("other"))), "signature.digest"),
        (
            a_signing(a_signature(SIGNING.signature.digest, meaning=Meaning.LOCKED)),
            "signature.meaning",
        ),
    ],
)
def test_sign_off_needs_a_practitioners_fresh_signature_over_what_was_shown(
    signing: Signing, rule: str
) -> None:
    given(ASSESSMENT, *REVIEWED).when(partial(sign_off, signing=signing)).refuses(rule)


@pytest.mark.verifies("DRV-12")
@pytest.mark.parametrize(
    "change",
    [
        FindingAccepted(finding=NOTE.finding),
        ConclusionRecorded(text="Uneven skin tone."),
        ReportFlagged(cause="calibration", reason="found defective"),
    ],
)
def test_a_signature_over_what_was_shown_before_a_change_does_not_hold(
    change: AssessmentEvent,
) -> None:
    given(ASSESSMENT, *REVIEWED, change).when(partial(sign_off, signing=SIGNING)).refuses(
        "signature.digest"
    )


@pytest.mark.verifies("DRV-12")
def test_after_sign_off_nothing_changes() -> None:
    signed = given(ASSESSMENT, *REVIEWED, SIGNED)
    for rule in (
        partial(sign_off, signing=SIGNING),
        partial(accept_finding, finding=ITA.finding),
        amend,
        reject,
        partial(record_conclusion, text="x"),
        partial(accept_findings, findings=(ITA.finding,)),
    ):
        signed.when(rule).refuses("assessment.signed")


@pytest.mark.verifies("DRV-12")
@pytest.mark.verifies("DRV-13")
def test_what_is_flagged_later_leaves_the_signed_bytes_as_they_are() -> None:
    flagged = state(*REVIEWED, SIGNED, ReportFlagged(cause="calibration", reason="shock"))
    assert presented_digest(flagged) == SIGNED.signature.digest
    assert flagged.later_flags
    assert not flagged.known_flags


@pytest.mark.verifies("REQ-IN-042")
@pytest.mark.verifies("REQ-IN-043")
def test_what_is_shown_holds_every_finding_verdict_frame_run_and_withheld_output() -> None:
    shown = canonical.parse_canonical(presentation(state(*REVIEWED)))
    assert isinstance(shown, dict)
    assert shown["conclusion"] == "Even skin tone."
    assert shown["frames"] == list(OPENED.frames)
    assert shown["inferences"] == list(OPENED.inferences)
    findings, withheld = shown["findings"], shown["withheld"]
    assert isinstance(findings, list)
    assert isinstance(withheld, list)
    assert len(withheld) == 1
    assert len(findings) == 3
    for each, decision in zip(findings, ("accepted", "amended", "rejected"), strict=True):
        assert isinstance(each, dict)
        assert isinstance(each["review"], dict)
        assert isinstance(each["finding"], dict)
        assert each["review"]["decision"] == decision
        assert {"confidence", "quality_flags", "limitations"} <= each["finding"].keys()
