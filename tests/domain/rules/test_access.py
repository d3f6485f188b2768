"""Tests of signing in, proving identity again, being locked out, looking at content."""

from datetime import timedelta
from functools import partial

import pytest

from domain.errors import RuleViolation
from domain.events.access import (
    AccessDenied,
    AccessEvent,
    AuthenticationFailed,
    OperatorAuthenticated,
    ReauthenticationPerformed,
    RecordViewed,
    SignedOut,
)
from domain.rules.access import (
    ACCESS,
    Lockout,
    deny_access,
    fresh,
    locked_out,
    reauthenticate,
    refuse_sign_in,
    sign_in,
    sign_out,
    signed_in,
    view_record,
)
from domain.values.identifiers import ReauthenticationId
from tests.builders import OPERATOR, PRACTITIONER, REAUTHENTICATION, SESSION, later
from tests.given import given

LOCKOUT = Lockout(failures=3, window=timedelta(minutes=10))
HOUR = timedelta(hours=1)


def came_in(minutes: float = 0) -> OperatorAuthenticated:
    return OperatorAuthenticated(
        practitioner=OPERATOR, methods=("password", "totp"), at=later(minutes)
    )


def failed(minutes: float) -> AuthenticationFailed:
    return AuthenticationFailed(practitioner=OPERATOR, reason="totp", at=later(minutes))


LEFT = SignedOut(practitioner=OPERATOR, reason="asked")
ENDED = SignedOut(practitioner=OPERATOR, reason="ended")
PROVEN = ReauthenticationPerformed(
    practitioner=OPERATOR, reauthentication=REAUTHENTICATION, methods=("totp",), at=later(30)
)

come_in = partial(
    sign_in, practitioner=OPERATOR, methods=("password", "totp"), at=later(), lockout=LOCKOUT
)
prove = partial(
    reauthenticate,
    practitioner=OPERATOR,
    reauthentication=REAUTHENTICATION,
    methods=("totp",),
    at=later(30),
    lockout=LOCKOUT,
)
leave = partial(sign_out, practitioner=OPERATOR, reason="asked")


@pytest.mark.verifies("REQ-IN-198")
def test_a_person_signs_in_with_two_factors() -> None:
    given(ACCESS).when(come_in).then(came_in())
    for methods in ((), ("password",), ("password", "password")):
        given(ACCESS).when(partial(come_in, methods=methods)).refuses("access.two-factors")


@pytest.mark.verifies("REQ-IN-198")
def test_a_refused_sign_in_is_recorded_even_for_an_unknown_account() -> None:
    assert refuse_sign_in(practitioner=OPERATOR, reason="totp", at=later(1)) == failed(1)
    assert refuse_sign_in(practitioner=None, reason="account", at=later()).practitioner is None


@pytest.mark.verifies("REQ-IN-078")
@pytest.mark.parametrize(
    ("events", "minutes", "inside"),
    [
        ((), 0, False),
        ((came_in(),), 0, True),
        ((came_in(),), 59.9, True),
        ((came_in(),), 60, False),
        ((came_in(), LEFT), 1, False),
        ((came_in(), came_in(30), LEFT), 70, True),
        ((came_in(), came_in(30), ENDED), 31, False),
        ((came_in(), ENDED, came_in(30)), 31, True),
        ((came_in(), LEFT, LEFT, came_in(5)), 6, True),
    ],
)
def test_a_sign_in_holds_until_it_ends_or_grows_old(
    events: tuple[AccessEvent, ...],
    minutes: float,
    *,
    inside: bool,
) -> None:
    assert signed_in(given(ACCESS, *events).state, later(minutes), HOUR) is inside


def test_a_sign_in_ends_for_a_known_reason() -> None:
    given(ACCESS, came_in()).when(leave).then(LEFT)
    given(ACCESS).when(leave).then()
    given(ACCESS, came_in()).when(partial(leave, reason="tired")).refuses("access.sign-out")


@pytest.mark.parametrize(
    ("events", "minutes", "locked"),
    [
        ((failed(0), failed(1)), 2, False),
        ((failed(0), failed(1), failed(2)), 2, True),
        ((failed(0), failed(1), failed(2)), 9.9, True),
        ((failed(0), failed(1), failed(2)), 10, False),
        ((failed(0), failed(1), came_in(1.5), failed(2)), 2, False),
        ((failed(0), failed(1), failed(2), PROVEN), 2, False),
        (tuple(failed(0) for _ in range(40)), 1, True),
    ],
)
def test_too_many_failures_within_the_window_lock_the_account(
    events: tuple[AccessEvent, ...],
    minutes: float,
    *,
    locked: bool,
) -> None:
    after = given(ACCESS, *events)
    assert locked_out(after.state, later(minutes), LOCKOUT) is locked
    if locked:
        refused = after.when(partial(come_in, at=later(minutes))).refuses("access.locked-out")
        assert "3 failures or more within 10 minutes" in refused.evidence
        after.when(partial(prove, at=later(minutes))).refuses("access.locked-out")


def test_unless_said_otherwise_five_failures_in_a_quarter_of_an_hour_lock() -> None:
    four = tuple(failed(0) for _ in range(4))
    assert not locked_out(given(ACCESS, *four).state, later(1), Lockout())
    five = given(ACCESS, *four, failed(1)).state
    assert locked_out(five, later(14), Lockout())
    assert not locked_out(five, later(15), Lockout())


@pytest.mark.verifies("DRV-12")
def test_identity_is_proven_again_under_a_new_name_each_time() -> None:
    given(ACCESS, came_in()).when(prove).then(PROVEN)
    given(ACCESS, came_in(), PROVEN).when(prove).refuses("access.reauthentication")
    given(ACCESS, came_in()).when(partial(prove, methods=())).refuses("access.reauthentication")


@pytest.mark.verifies("DRV-12")
def test_a_proof_is_fresh_for_a_while_and_for_its_maker_only() -> None:
    after = given(ACCESS, came_in(), PROVEN).state
    minute = timedelta(minutes=1)
    check = partial(fresh, after, REAUTHENTICATION, by=OPERATOR, within=minute)
    assert check(at=later(30))
    assert check(at=later(30.9))
    assert not check(at=later(31))
    assert not check(at=later(29.9))
    assert not fresh(after, REAUTHENTICATION, by=PRACTITIONER, at=later(30), within=minute)
    other = ReauthenticationId.derived("other")
    assert not fresh(after, other, by=OPERATOR, at=later(30), within=minute)


@pytest.mark.verifies("REQ-IN-194")
def test_a_refusal_for_want_of_a_permission_is_recorded() -> None:
    denied = deny_access(permission="sign-off", resource=SESSION)
    assert denied == AccessDenied(permission="sign-off", resource=SESSION)
    assert given(ACCESS, came_in(), denied).state == given(ACCESS, came_in()).state


@pytest.mark.verifies("DRV-30")
def test_looking_at_content_needs_a_purpose() -> None:
    assert view_record(resource=SESSION, purpose="care") == RecordViewed(
        resource=SESSION, purpose="care"
    )
    with pytest.raises(RuleViolation) as caught:
        view_record(resource=SESSION, purpose=" ")
    assert caught.value.rule == "access.purpose"
