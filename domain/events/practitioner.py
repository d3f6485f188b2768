"""Facts about the people who work at the clinic, their roles and credentials."""

from dataclasses import dataclass

from domain.values.actor import Role
from domain.values.identifiers import PractitionerId


@dataclass(frozen=True, slots=True, kw_only=True)
class PractitionerRegistered:
    """A person was registered as working at the clinic.

    Attributes:
        practitioner: The person.
        display_name: Name shown on screens and reports.
        profession: Such as ``registered nurse``.
        registration: Number in the professional register, or empty.
    """

    practitioner: PractitionerId
    display_name: str
    profession: str
    registration: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted:
    """A role was granted.

    Attributes:
        role: The role.
    """

    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRevoked:
    """A role was revoked.

    Attributes:
        role: The role.
        reason: Why.
    """

    role: Role
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialIssued:
    """A means of proving identity was issued; the secret itself is never recorded.

    Attributes:
        credential: ``password`` or ``totp``.
    """

    credential: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRevoked:
    """A means of proving identity was revoked.

    Attributes:
        credential: ``password`` or ``totp``.
        reason: Why.
    """

    credential: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialChosen:
    """A person replaced a means of proving identity by one of their own, known to nobody else.

    Attributes:
        credential: ``password`` or ``totp``.
    """

    credential: str


PractitionerEvent = (
    PractitionerRegistered
    | RoleGranted
    | RoleRevoked
    | CredentialIssued
    | CredentialRevoked
    | CredentialChosen
)
