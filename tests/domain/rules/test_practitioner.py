"""Tests of who works at the clinic in which roles."""

from functools import partial

import pytest

from domain.events.practitioner import (
    CredentialIssued,
    CredentialRevoked,
    PractitionerRegistered,
    RoleGranted,
    RoleRevoked,
)
from domain.rules.practitioner import (
    PRACTITIONER,
    grant_role,
    holds,
    issue_credential,
    register_practitioner,
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
    revoke = partial(revoke_role, role=Role.OPERATOR, reason="moved")
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


def test_nothing_is_given_to_a_person_who_is_not_registered() -> None:
    given(PRACTITIONER).when(grant).refuses("practitioner.registered")
    given(PRACTITIONER).when(partial(issue_credential, credential="totp")).refuses(
        "practitioner.registered"
    )
