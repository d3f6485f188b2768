"""Facts about acquisition protocols: drafted by one person, approved by another."""

from dataclasses import dataclass

from domain.values.identifiers import PractitionerId, ProtocolId
from domain.values.protocol import ProtocolContent
from domain.values.signature import ElectronicSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolDrafted:
    """A version of an acquisition protocol was written.

    Attributes:
        protocol: This version.
        content: Everything it lays down.
        drafted_by: Who wrote it; may not approve it.
    """

    protocol: ProtocolId
    content: ProtocolContent
    drafted_by: PractitionerId


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolApproved:
    """A second person approved the version for use.

    Attributes:
        signature: The approval, over the content's digest.
    """

    signature: ElectronicSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolRetired:
    """The version may no longer be used.

    Attributes:
        reason: Why.
    """

    reason: str


ProtocolEvent = ProtocolDrafted | ProtocolApproved | ProtocolRetired
