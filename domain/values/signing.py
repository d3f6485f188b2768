"""When a person's electronic signature may be recorded.

Rules kept here:

1. The signer holds the role the act asks for [REQ-IN-194].
2. The signer proved identity again, just before, in person [21 CFR 11.200; DRV-12].
3. The signature names exactly what was shown, by digest, and says what it means [21 CFR 11.50,
   11.70; DRV-12].
"""

from collections.abc import Collection
from dataclasses import dataclass

from domain.errors import RuleViolation
from domain.values.actor import Role
from domain.values.content import Digest
from domain.values.signature import ElectronicSignature, Meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A signature with what is known of its signer at that moment.

    Attributes:
        signature: The signature.
        roles: Roles the signer holds.
        reauthenticated: Whether the signature's re-authentication was made by the signer and is
            fresh.
    """

    signature: ElectronicSignature
    roles: frozenset[Role]
    reauthenticated: bool


def check_signing(
    signing: Signing, *, digest: Digest, meanings: Collection[Meaning], roles: Collection[Role]
) -> ElectronicSignature:
    """Return the signature if it may be recorded for content with this digest.

    Raises:
        RuleViolation: the role, the proof of identity, the meaning or the digest does not fit.
    """
    signature = signing.signature
    if not signing.roles.intersection(roles):
        raise RuleViolation(
            "signature.role",
            f"the signer does not hold the role {' or '.join(sorted(roles))}",
            "Ask somebody who holds it to sign.",
        )
    if not signing.reauthenticated:
        raise RuleViolation(
            "signature.fresh",
            "the signer did not prove identity just before signing",
            "Prove your identity again and sign at once.",
        )
    if signature.meaning not in meanings:
        raise RuleViolation(
            "signature.meaning",
            f"{signature.meaning} is not what is signed here",
            f"Sign as {' or '.join(sorted(meanings))}.",
        )
    if signature.digest != digest:
        raise RuleViolation(
            "signature.digest",
            f"{signature.digest} was signed, but {digest} is what stands here now",
            "Read it again as it stands now and sign that.",
        )
    return signature
