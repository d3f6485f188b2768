"""Drafting a protocol version, approval by a second person, retirement.

Rules kept here:

1. A version is used only once a quality manager other than its author approved exactly its content
   by signature.
2. A version never changes; a change is a new version. A retired one is not used again.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from domain.errors import MalformedInput, RuleViolation
from domain.events import codec
from domain.events.acquisition_protocol import (
    ProtocolApproved,
    ProtocolDrafted,
    ProtocolEvent,
    ProtocolRetired,
)
from domain.events.aggregate import Aggregate
from domain.ledger import canonical
from domain.values.actor import Role
from domain.values.content import Digest
from domain.values.identifiers import PractitionerId, ProtocolId
from domain.values.protocol import ProtocolContent
from domain.values.signature import Meaning
from domain.values.signing import Signing, check_signing
from domain.values.words import said


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquisitionProtocol:
    """One version of an acquisition protocol.

    Attributes:
        drafted: The draft; none before.
        approved_once: Whether it was approved.
        retired: Whether it may no longer be used.
    """

    drafted: ProtocolDrafted | None = None
    approved_once: bool = False
    retired: bool = False


def evolve(protocol: AcquisitionProtocol, event: ProtocolEvent) -> AcquisitionProtocol:
    """Return the protocol version after the event; history is never refused."""
    match event:
        case ProtocolDrafted():
            return replace(protocol, drafted=event)
        case ProtocolApproved():
            return replace(protocol, approved_once=True)
        case ProtocolRetired():
            return replace(protocol, retired=True)
        case _:
            assert_never(event)


ACQUISITION_PROTOCOL = Aggregate(kind=ProtocolId.kind, initial=AcquisitionProtocol(), evolve=evolve)


def approved_content(protocol: AcquisitionProtocol) -> ProtocolContent | None:
    """Return what the version lays down, if it may be used now."""
    if protocol.drafted is None or not protocol.approved_once or protocol.retired:
        return None
    return protocol.drafted.content


def approved(protocol: AcquisitionProtocol) -> bool:
    """Return whether the version may be used now."""
    return approved_content(protocol) is not None


def content_digest(content: ProtocolContent) -> Digest:
    """Return the digest that a person signs to approve a protocol: of its canonical JSON."""
    return Digest.of(canonical.encode(codec.to_plain(content)))


def draft_protocol(
    protocol: AcquisitionProtocol,
    *,
    identifier: ProtocolId,
    content: ProtocolContent,
    drafted_by: PractitionerId,
) -> ProtocolDrafted:
    """Write a version of a protocol.

    Raises:
        RuleViolation: the version was written before, or names a build by no digest.
    """
    _must_name_builds(content)
    if protocol.drafted is not None:
        raise RuleViolation(
            "protocol.drafted-once",
            f"{protocol.drafted.content.name} {protocol.drafted.content.version} stands here",
            "Write a change as a new version.",
        )
    return ProtocolDrafted(protocol=identifier, content=content, drafted_by=drafted_by)


def approve_protocol(protocol: AcquisitionProtocol, signing: Signing) -> ProtocolApproved:
    """Approve a version for use.

    Raises:
        RuleViolation: there is no draft, it is approved or retired, its author approves it, or the
            signature does not hold.
    """
    drafted = _drafted(protocol)
    if protocol.approved_once or protocol.retired:
        raise RuleViolation(
            "protocol.approved-once",
            "the version is approved" if not protocol.retired else "the version is retired",
            "Write a new version.",
        )
    if signing.signature.signer == drafted.drafted_by:
        raise RuleViolation(
            "protocol.second-person",
            "the version is approved by its author",
            "Have a second person approve it.",
        )
    signature = check_signing(
        signing,
        digest=content_digest(drafted.content),
        meanings=(Meaning.APPROVED,),
        roles=(Role.QUALITY_MANAGER,),
    )
    return ProtocolApproved(signature=signature)


def retire_protocol(protocol: AcquisitionProtocol, *, reason: str) -> tuple[ProtocolRetired, ...]:
    """Take a version out of use; () when it is.

    Raises:
        RuleViolation: there is no draft, or no reason was given.
    """
    _drafted(protocol)
    if protocol.retired:
        return ()
    return (ProtocolRetired(reason=said(reason, rule="protocol.reason", what="reason")),)


def _must_name_builds(content: ProtocolContent) -> None:
    for each in content.software:
        _, names_a_build, digest = each.partition(" ")
        try:
            if names_a_build:
                Digest(digest)
        except MalformedInput as error:
            raise RuleViolation(
                "protocol.software",
                f"{each!r} is neither a version nor a version and a digest: {error}",
                "Give the version, and the digest that the station reports where one build only "
                "is approved.",
            ) from error


def _drafted(protocol: AcquisitionProtocol) -> ProtocolDrafted:
    if protocol.drafted is None:
        raise RuleViolation(
            "protocol.drafted", "the version was not written", "Write the version first."
        )
    return protocol.drafted
