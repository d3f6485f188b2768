"""Facts about who came in, who was turned away and who looked at what."""

from dataclasses import dataclass

from domain.values.identifiers import PractitionerId, ReauthenticationId
from domain.values.time import ServerTime


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAuthenticated:
    """A practitioner signed in.

    Attributes:
        practitioner: Who.
        methods: Factors used, such as ``password`` and ``totp``.
        at: When, by our clock.
    """

    practitioner: PractitionerId
    methods: tuple[str, ...]
    at: ServerTime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationFailed:
    """A sign-in was refused.

    Attributes:
        practitioner: Whose account, when the account exists.
        reason: Which factor failed.
        at: When, by our clock.
    """

    practitioner: PractitionerId | None
    reason: str
    at: ServerTime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReauthenticationPerformed:
    """A practitioner proved identity again, just before signing.

    Attributes:
        practitioner: Who.
        reauthentication: Names this act in the signature.
        methods: Factors used.
        at: When, by our clock.
    """

    practitioner: PractitionerId
    reauthentication: ReauthenticationId
    methods: tuple[str, ...]
    at: ServerTime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut:
    """A practitioner's sign-in ended.

    Attributes:
        practitioner: Who.
        reason: ``asked``, ``idle``, ``expired`` or ``replaced`` by a password of their own;
            ``ended`` by an administrator ends every sign-in that is open.
    """

    practitioner: PractitionerId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDenied:
    """Somebody known asked for something they may not do or see.

    Attributes:
        permission: The permission that was missing.
        resource: What was asked for, by identifier.
    """

    permission: str
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordViewed:
    """Somebody looked at identifiable content.

    Attributes:
        resource: What was looked at, by identifier.
        purpose: Why, as declared.
    """

    resource: str
    purpose: str


AccessEvent = (
    OperatorAuthenticated
    | AuthenticationFailed
    | ReauthenticationPerformed
    | SignedOut
    | AccessDenied
    | RecordViewed
)
