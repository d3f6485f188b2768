"""Tests of drafting a protocol version, approval by a second person, retirement."""

from dataclasses import replace
from functools import partial

import pytest

from domain.events.acquisition_protocol import (
    ProtocolApproved,
    ProtocolDrafted,
    ProtocolEvent,
    ProtocolRetired,
)
from domain.rules.acquisition_protocol import (
    ACQUISITION_PROTOCOL,
    approve_protocol,
    approved,
    approved_content,
    content_digest,
    draft_protocol,
    retire_protocol,
)
from domain.values.actor import Role
from domain.values.signature import Meaning
from tests.builders import (
    PRACTITIONER,
    PROTOCOL,
    QUALITY_MANAGER,
    a_digest,
    a_protocol_content,
    a_signature,
    a_signing,
)
from tests.given import given

CONTENT = a_protocol_content()
DRAFTED = ProtocolDrafted(protocol=PROTOCOL, content=CONTENT, drafted_by=PRACTITIONER)
SIGNING = a_signing(
    a_signature(content_digest(CONTENT), signer=QUALITY_MANAGER, meaning=Meaning.APPROVED),
    Role.QUALITY_MANAGER,
)
APPROVED = ProtocolApproved(signature=SIGNING.signature)
RETIRED = ProtocolRetired(reason="replaced")

draft = partial(draft_protocol, identifier=PROTOCOL, content=CONTENT, drafted_by=PRACTITIONER)
approve = partial(approve_protocol, signing=SIGNING)
retire = partial(retire_protocol, reason="replaced")


@pytest.mark.verifies("REQ-IN-027")
def test_a_version_is_written_once() -> None:
    given(ACQUISITION_PROTOCOL).when(draft).then(DRAFTED)
    given(ACQUISITION_PROTOCOL, DRAFTED).when(draft).refuses("protocol.drafted-once")
    assert DRAFTED.content.references


@pytest.mark.verifies("REQ-IN-081")
def test_approved_software_is_a_version_or_a_version_and_one_build() -> None:
    one_build = replace(CONTENT, software=(f"0.1.0 {a_digest('build')}", "0.2.0"))
    drafted = replace(DRAFTED, content=one_build)
    given(ACQUISITION_PROTOCOL).when(partial(draft, content=one_build)).then(drafted)
    neither = replace(CONTENT, software=("0.1.0 or later",))
    refused = (
        given(ACQUISITION_PROTOCOL)
        .when(partial(draft, content=neither))
        .refuses("protocol.software")
    )
    assert "0.1.0 or later" in refused.evidence


def test_a_second_person_approves_exactly_the_content() -> None:
    given(ACQUISITION_PROTOCOL, DRAFTED).when(approve).then(APPROVED)


def test_the_author_does_not_approve() -> None:
    own = replace(SIGNING, signature=replace(SIGNING.signature, signer=PRACTITIONER))
    given(ACQUISITION_PROTOCOL, DRAFTED).when(partial(approve, signing=own)).refuses(
        "protocol.second-person"
    )


@pytest.mark.verifies("DRV-12")
def test_an_approval_of_other_content_or_without_the_role_does_not_hold() -> None:
    other = replace(DRAFTED, content=replace(CONTENT, version="1.1"))
    given(ACQUISITION_PROTOCOL, other).when(approve).refuses("signature.digest")
    operator = replace(SIGNING, roles=frozenset({Role.OPERATOR}))
    given(ACQUISITION_PROTOCOL, DRAFTED).when(partial(approve, signing=operator)).refuses(
        "signature.role"
    )


@pytest.mark.parametrize(
    ("history", "rule", "state"),
    [
        ((), "protocol.drafted", "not written"),
        ((DRAFTED, APPROVED), "protocol.approved-once", "approved"),
        ((DRAFTED, APPROVED, RETIRED), "protocol.approved-once", "retired"),
        ((DRAFTED, RETIRED), "protocol.approved-once", "retired"),
    ],
)
def test_only_a_draft_is_approved(
    history: tuple[ProtocolEvent, ...], rule: str, state: str
) -> None:
    refused = given(ACQUISITION_PROTOCOL, *history).when(approve).refuses(rule)
    assert state in refused.evidence


@pytest.mark.parametrize(
    ("history", "usable"),
    [
        ((), False),
        ((DRAFTED,), False),
        ((DRAFTED, APPROVED), True),
        ((DRAFTED, APPROVED, RETIRED), False),
    ],
)
def test_a_version_is_used_between_approval_and_retirement(
    history: tuple[ProtocolEvent, ...],
    *,
    usable: bool,
) -> None:
    protocol = given(ACQUISITION_PROTOCOL, *history).state
    assert approved(protocol) is usable
    assert approved_content(protocol) == (CONTENT if usable else None)


def test_a_version_is_retired_once_with_a_reason() -> None:
    given(ACQUISITION_PROTOCOL, DRAFTED, APPROVED).when(retire).then(RETIRED)
    given(ACQUISITION_PROTOCOL, DRAFTED, RETIRED).when(retire).then()
    given(ACQUISITION_PROTOCOL).when(retire).refuses("protocol.drafted")
    given(ACQUISITION_PROTOCOL, DRAFTED).when(partial(retire, reason="")).refuses("protocol.reason")
