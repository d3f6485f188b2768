"""Tests of whether a purpose is covered at a moment."""

from functools import partial

import pytest

from domain.errors import RuleViolation
from domain.events.consent import ConsentDeclined, ConsentEvent, ConsentGranted, ConsentWithdrawn
from domain.rules.consent import (
    CONSENT,
    covers,
    decline_consent,
    grant_consent,
    withdraw_consent,
)
from domain.values.consent import Purpose
from domain.values.time import ServerTime
from tests.builders import SUBJECT, a_wording, later
from tests.given import given

CAPTURE = Purpose.CLINICAL_CAPTURE


def granted(purpose: Purpose = CAPTURE, *, until: ServerTime | None = None) -> ConsentGranted:
    return ConsentGranted(
        subject=SUBJECT, purpose=purpose, wording=a_wording(), given_by="subject", valid_until=until
    )


DECLINED = ConsentDeclined(subject=SUBJECT, purpose=CAPTURE, wording=a_wording())
WITHDRAWN = ConsentWithdrawn(subject=SUBJECT, purpose=CAPTURE, reason="")
decline = partial(
    decline_consent, subject=SUBJECT, purpose=CAPTURE, wording=a_wording(), at=later()
)
withdraw = partial(withdraw_consent, subject=SUBJECT, purpose=CAPTURE, reason="")


@pytest.mark.verifies("REQ-IN-077")
@pytest.mark.verifies("REQ-IN-209")
@pytest.mark.verifies("REQ-IN-199")
@pytest.mark.parametrize(
    ("events", "covered", "evidence"),
    [
        ((), False, "not asked"),
        ((granted(),), True, "2026-01 (en-AU)"),
        ((granted(until=later(1)),), True, "agreed"),
        ((granted(until=later(0)),), False, "lapsed"),
        ((DECLINED,), False, "declined"),
        ((granted(), WITHDRAWN), False, "withdrew"),
        ((granted(), WITHDRAWN, granted()), True, "agreed"),
        ((granted(Purpose.MARKETING),), False, "not asked"),
    ],
)
def test_the_last_answer_to_a_purpose_decides(
    events: tuple[ConsentEvent, ...],
    *,
    covered: bool,
    evidence: str,
) -> None:
    found = covers(given(CONSENT, *events).state, CAPTURE, later())
    assert found.covered is covered
    assert evidence in found.evidence
    assert found.purpose is CAPTURE


@pytest.mark.parametrize("given_by", ["subject", "guardian"])
def test_the_subject_or_a_guardian_agrees(given_by: str) -> None:
    event = grant_consent(
        subject=SUBJECT,
        purpose=CAPTURE,
        wording=a_wording(),
        given_by=given_by,
        valid_until=later(1),
        at=later(),
    )
    assert event.given_by == given_by


@pytest.mark.parametrize(
    ("given_by", "until", "rule"),
    [("friend", None, "consent.given-by"), ("subject", later(), "consent.lapsed")],
)
def test_nobody_else_agrees_and_not_for_the_past(
    given_by: str, until: ServerTime | None, rule: str
) -> None:
    with pytest.raises(RuleViolation) as caught:
        grant_consent(
            subject=SUBJECT,
            purpose=CAPTURE,
            wording=a_wording(),
            given_by=given_by,
            valid_until=until,
            at=later(),
        )
    assert caught.value.rule == rule


def test_a_purpose_is_declined_unless_it_was_agreed_to() -> None:
    given(CONSENT).when(decline).then(DECLINED)
    given(CONSENT, granted(until=later(-1))).when(decline).then(DECLINED)
    given(CONSENT, granted()).when(decline).refuses("consent.withdraw-instead")


@pytest.mark.verifies("REQ-IN-209")
def test_an_agreement_is_withdrawn_without_a_reason() -> None:
    given(CONSENT, granted()).when(withdraw).then(WITHDRAWN)


@pytest.mark.parametrize("events", [(), (DECLINED,), (granted(), WITHDRAWN)])
def test_without_an_agreement_there_is_nothing_to_withdraw(
    events: tuple[ConsentEvent, ...],
) -> None:
    given(CONSENT, *events).when(withdraw).refuses("consent.granted")
