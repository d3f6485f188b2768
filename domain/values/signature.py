"""Electronic signatures: signer, meaning, instant and the digest of what was signed.

Rules kept here:

1. A signature names the exact bytes that were shown, by digest [21 CFR 11.70].
2. It names its meaning [21 CFR 11.50] and the fresh re-authentication behind it [21 CFR 11.200].
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.values.content import Digest
from domain.values.identifiers import PractitionerId, ReauthenticationId
from domain.values.time import ServerTime


class Meaning(StrEnum):
    """What a signature says."""

    AUTHORED = "authored"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectronicSignature:
    """The act of one person taking responsibility for exact bytes.

    Attributes:
        signer: Who signed.
        meaning: What the signature says.
        signed_at: When, by our clock.
        digest: SHA-256 of exactly what was shown.
        reauthentication: The fresh proof of identity behind it.
    """

    signer: PractitionerId
    meaning: Meaning
    signed_at: ServerTime
    digest: Digest
    reauthentication: ReauthenticationId
