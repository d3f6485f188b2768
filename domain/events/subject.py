"""Facts about a subject: enrolment, identity, holds and erasure."""

from dataclasses import dataclass

from domain.values.content import Digest
from domain.values.identifiers import PractitionerId, SubjectId
from domain.values.signature import ElectronicSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectEnrolled:
    """A person became a subject, known here by a pseudonym only.

    Attributes:
        subject: The subject.
        pseudonym: The only name of the subject inside recorded facts.
    """

    subject: SubjectId
    pseudonym: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectIdentityLinked:
    """The person behind the pseudonym was named; readable until erasure.

    Attributes:
        given_name: Given name.
        family_name: Family name.
        date_of_birth: Date of birth, ``YYYY-MM-DD``.
        clinic_number: The clinic's own client number, or empty.
    """

    given_name: str
    family_name: str
    date_of_birth: str
    clinic_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldPlaced:
    """Erasure was forbidden until the hold is released.

    Attributes:
        ground: The rule or order behind it.
    """

    ground: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldReleased:
    """A legal hold ended.

    Attributes:
        ground: The ground of the hold that ended, in the words it was placed with.
        reason: Why it ended.
    """

    ground: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRequested:
    """Somebody asked for the subject's content to be erased.

    Attributes:
        reason: Why.
        requested_by: Who recorded the request.
    """

    reason: str
    requested_by: PractitionerId


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRefused:
    """An erasure was refused.

    Attributes:
        ground: The rule that forbids it.
    """

    ground: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectKeyDestroyed:
    """The subject's data key was destroyed; nothing of the subject's content can be read again.

    Attributes:
        key: Identifier of the key.
        approval: The second person's approval.
        certificate: Digest of the certificate's text.
        purged_blobs: Stored contents removed.
    """

    key: str
    approval: ElectronicSignature
    certificate: Digest
    purged_blobs: int


SubjectEvent = (
    SubjectEnrolled
    | SubjectIdentityLinked
    | LegalHoldPlaced
    | LegalHoldReleased
    | ErasureRequested
    | ErasureRefused
    | SubjectKeyDestroyed
)
