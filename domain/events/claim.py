"""Facts about claims: what an output was shown to be able to do, for which stations."""

from dataclasses import dataclass

from domain.values.claim import ClaimContent
from domain.values.identifiers import ClaimId, PractitionerId
from domain.values.signature import ElectronicSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRegistered:
    """A claim was registered with its studies; nothing may be reported under it yet.

    Attributes:
        claim: The claim.
        content: Everything it says.
        registered_by: Who registered it; may not validate it.
    """

    claim: ClaimId
    content: ClaimContent
    registered_by: PractitionerId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimValidated:
    """A second person put the claim in force.

    Attributes:
        signature: The approval, over the digest of the claim's content.
    """

    signature: ElectronicSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimWithdrawn:
    """Nothing is reported under the claim from now on.

    Attributes:
        reason: Why.
    """

    reason: str


ClaimEvent = ClaimRegistered | ClaimValidated | ClaimWithdrawn
