"""A person's electronic signature, as a request brings it.

Rules kept here:

1. The proof of identity is looked up in the record, not taken from the request [21 CFR 11.200].
2. The digest is the one the person's screen showed; the rule compares it with what stands now.
"""

from pydantic import BaseModel, Field

from api.facts import access_of
from api.signin import FRESH_FOR, Person
from api.wiring import System
from domain.rules.access import fresh
from domain.values.content import Digest
from domain.values.identifiers import ReauthenticationId
from domain.values.signature import ElectronicSignature, Meaning
from domain.values.signing import Signing


class Approval(BaseModel):
    """What a person sends to sign: a fresh proof of identity, and the digest that was shown."""

    reauthentication: str = Field(max_length=36)
    digest: str = Field(max_length=71)


def signing(system: System, person: Person, approval: Approval, meaning: Meaning) -> Signing:
    """Return the signature with what is known of its signer now."""
    now = system.clock.now()
    reauthentication = ReauthenticationId(approval.reauthentication)
    access, _ = access_of(system, person.practitioner)
    return Signing(
        signature=ElectronicSignature(
            signer=person.practitioner,
            meaning=meaning,
            signed_at=now,
            digest=Digest(approval.digest),
            reauthentication=reauthentication,
        ),
        roles=person.roles,
        reauthenticated=fresh(
            access, reauthentication, by=person.practitioner, at=now, within=FRESH_FOR
        ),
    )
