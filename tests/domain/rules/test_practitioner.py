"""Tests of who works at the clinic in which roles."""

from functools import partial

import pytest

from domain.events.practitioner import (
    CredentialChosen,
    CredentialIssued,
    CredentialRevoked,
    PractitionerRegistered,
    RoleGranted,
    RoleRevoked,
)
from domain.rules.practitioner import (
    PRACTITIONER,
    choose_credential,
    end_access,
    grant_role,
    holds,
    issue_credential,
    may_sign_in,
    owes_password,
    register_practitioner,
    replace_credentials,
    revoke_credential,
    revoke_role,
)
from domain.values.actor import Actor, Role
from tests.builders import OPERATOR, QUALITY_MANAGER
from tests.given import given

REGISTERED = PractitionerRegistered(
    practitioner=OPERATOR,
    display_name="Kim Lee",
    profession="registered nurse",
    registration="NMW0001",
)
SETUP = Actor.service("setup")
HERSELF = Actor.practitioner(OPERATOR)
ADMINISTRATOR = Actor.practitioner(QUALITY_MANAGER)
PASSWORD = CredentialIssued(credential="password")
TOTP = CredentialIssued(credential="totp")
CHOSEN = CredentialChosen(credential="password")
BOTH = ("password", "totp")
OPERATES = RoleGranted(role=Role.OPERATOR)

register = partial(
    register_practitioner,
    practitioner=OPERATOR,
    display_name="Kim Lee",
    profession="registered nurse",
    registration="NMW0001",
)
grant = partial(grant_role, role=Role.OPERATOR, granted_by=SETUP)


def test_a_person_is_registered_once_with_name_and_profession() -> None:
    given(PRACTITIONER).when(register).then(REGISTERED)
    given(PRACTITIONER, REGISTERED).when(register).refuses("practitioner.registered-once")
    given(PRACTITIONER).when(partial(register, display_name="")).refuses("practitioner.name")
    given(PRACTITIONER).when(partial(register, profession="")).refuses("practitioner.profession")


@pytest.mark.verifies("REQ-IN-194")
def test_a_role_is_granted_and_revoked() -> None:
    given(PRACTITIONER, REGISTERED).when(grant).then(OPERATES)
    granted = given(PRACTITIONER, REGISTERED, OPERATES)
    granted.when(grant).then()
    assert holds(granted.state, Role.OPERATOR)
    assert not holds(granted.state, Role.PRACTITIONER)
    revoked = RoleRevoked(role=Role.OPERATOR, reason="moved")
    revoke = partial(revoke_role, role=Role.OPERATOR, reason="moved", revoked_by=ADMINISTRATOR)
    granted.when(revoke).then(revoked)
    granted.when(partial(revoke, reason="")).refuses("practitioner.reason")
    after = given(PRACTITIONER, REGISTERED, OPERATES, revoked)
    after.when(revoke).then()
    assert not holds(after.state, Role.OPERATOR)


@pytest.mark.verifies("REQ-IN-194")
def test_nobody_grants_a_role_to_themselves() -> None:
    for role in Role:
        own = partial(grant_role, role=role, granted_by=Actor.practitioner(OPERATOR))
        given(PRACTITIONER, REGISTERED).when(own).refuses("practitioner.own-role")
    other = partial(grant, granted_by=Actor.practitioner(QUALITY_MANAGER))
    given(PRACTITIONER, REGISTERED).when(other).then(OPERATES)


@pytest.mark.verifies("REQ-IN-194")
def test_an_auditor_holds_no_other_role() -> None:
    audits = RoleGranted(role=Role.AUDITOR)
    audit = partial(grant, role=Role.AUDITOR)
    given(PRACTITIONER, REGISTERED).when(audit).then(audits)
    given(PRACTITIONER, REGISTERED, OPERATES).when(audit).refuses("practitioner.auditor-alone")
    given(PRACTITIONER, REGISTERED, audits).when(grant).refuses("practitioner.auditor-alone")
    two = partial(grant, role=Role.PRACTITIONER)
    given(PRACTITIONER, REGISTERED, OPERATES).when(two).then(RoleGranted(role=Role.PRACTITIONER))


@pytest.mark.verifies("REQ-IN-217")
def test_a_means_of_proving_identity_is_issued_and_revoked_without_its_secret() -> None:
    issued = CredentialIssued(credential="totp")
    revoked = CredentialRevoked(credential="totp", reason="lost")
    issue = partial(issue_credential, credential="totp")
    revoke = partial(revoke_credential, credential="totp", reason="lost")
    given(PRACTITIONER, REGISTERED).when(issue).then(issued)
    given(PRACTITIONER, REGISTERED, issued).when(issue).then(issued)
    given(PRACTITIONER, REGISTERED, issued).when(revoke).then(revoked)
    given(PRACTITIONER, REGISTERED, issued, revoked).when(revoke).then()
    given(PRACTITIONER, REGISTERED, issued).when(partial(revoke, reason="")).refuses(
        "practitioner.reason"
    )
    given(PRACTITIONER, REGISTERED).when(partial(issue, credential="face")).refuses(
        "practitioner.credential"
    )


@pytest.mark.verifies("REQ-IN-194")
def test_nobody_takes_administration_from_themselves() -> None:
    administers = RoleGranted(role=Role.ADMINISTRATOR)
    revoke = partial(revoke_role, role=Role.ADMINISTRATOR, reason="tired of it")
    own = partial(revoke, revoked_by=HERSELF)
    given(PRACTITIONER, REGISTERED, administers).when(own).refuses(
        "practitioner.own-administration"
    )
    given(PRACTITIONER, REGISTERED).when(own).then()
    given(PRACTITIONER, REGISTERED, administers).when(partial(revoke, revoked_by=SETUP)).then(
        RoleRevoked(role=Role.ADMINISTRATOR, reason="tired of it")
    )
    given(PRACTITIONER, administers).when(own).then(
        RoleRevoked(role=Role.ADMINISTRATOR, reason="tired of it")
    )
    other = partial(revoke_role, role=Role.OPERATOR, reason="moved", revoked_by=HERSELF)
    given(PRACTITIONER, REGISTERED, OPERATES).when(other).then(
        RoleRevoked(role=Role.OPERATOR, reason="moved")
    )


@pytest.mark.verifies("REQ-IN-217")
def test_a_password_that_somebody_issued_is_owed_one_of_ones_own() -> None:
    choose = partial(choose_credential, credential="password", chosen_by=HERSELF)
    assert not owes_password(given(PRACTITIONER, REGISTERED).state)
    issued = given(PRACTITIONER, REGISTERED, PASSWORD, TOTP)
    assert owes_password(issued.state)
    issued.when(choose).then(CHOSEN)
    chosen = given(PRACTITIONER, REGISTERED, PASSWORD, TOTP, CHOSEN)
    assert not owes_password(chosen.state)
    chosen.when(choose).then(CHOSEN)
    assert owes_password(given(PRACTITIONER, REGISTERED, PASSWORD, CHOSEN, PASSWORD).state)
    assert not owes_password(given(PRACTITIONER, REGISTERED, PASSWORD, CHOSEN, TOTP).state)
    issued.when(partial(choose, chosen_by=ADMINISTRATOR)).refuses("practitioner.own-choice")
    given(PRACTITIONER, REGISTERED).when(choose).refuses("practitioner.credential-in-force")
    given(PRACTITIONER).when(choose).refuses("practitioner.registered")


@pytest.mark.verifies("REQ-IN-217")
def test_what_was_lost_is_revoked_with_the_reason_and_issued_anew_by_somebody_else() -> None:
    lost = partial(
        replace_credentials, credentials=("totp",), reason="phone lost", replaced_by=ADMINISTRATOR
    )
    revoked = CredentialRevoked(credential="totp", reason="phone lost")
    in_force = given(PRACTITIONER, REGISTERED, PASSWORD, TOTP, CHOSEN)
    in_force.when(lost).then(revoked, TOTP)
    in_force.when(partial(lost, credentials=BOTH)).then(
        CredentialRevoked(credential="password", reason="phone lost"), revoked, PASSWORD, TOTP
    )
    in_force.when(partial(lost, reason=" ")).refuses("practitioner.reason")
    in_force.when(partial(lost, replaced_by=HERSELF)).refuses("practitioner.own-credential")
    in_force.when(partial(lost, credentials=("face",))).refuses("practitioner.credential")
    given(PRACTITIONER).when(lost).refuses("practitioner.registered")
    # Of somebody without any, all are issued together; there is nothing to give a reason for.
    without = given(PRACTITIONER, REGISTERED)
    without.when(lost).refuses("practitioner.whole-access")
    without.when(partial(lost, credentials=BOTH, reason="")).then(PASSWORD, TOTP)


@pytest.mark.verifies("REQ-IN-194", "REQ-IN-217")
def test_access_ends_with_every_credential_and_role_and_never_ones_own() -> None:
    end = partial(end_access, reason="left", ended_by=ADMINISTRATOR)
    working = given(PRACTITIONER, REGISTERED, PASSWORD, TOTP, OPERATES)
    assert may_sign_in(working.state)
    ended = (
        CredentialRevoked(credential="password", reason="left"),
        CredentialRevoked(credential="totp", reason="left"),
        RoleRevoked(role=Role.OPERATOR, reason="left"),
    )
    working.when(end).then(*ended)
    working.when(partial(end, reason="")).refuses("practitioner.reason")
    working.when(partial(end, ended_by=HERSELF)).refuses("practitioner.own-access")
    gone = given(PRACTITIONER, REGISTERED, PASSWORD, TOTP, OPERATES, *ended)
    assert not may_sign_in(gone.state)
    gone.when(end).then()
    given(PRACTITIONER).when(end).refuses("practitioner.registered")
    assert not may_sign_in(given(PRACTITIONER, REGISTERED, PASSWORD).state)


def test_nothing_is_given_to_a_person_who_is_not_registered() -> None:
    given(PRACTITIONER).when(grant).refuses("practitioner.registered")
    given(PRACTITIONER).when(partial(issue_credential, credential="totp")).refuses(
        "practitioner.registered"
    )
