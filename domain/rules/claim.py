"""When something has been validated: registering, validating and withdrawing a claim.

Rules kept here:

1. A claim about depth or volume rests on evidence from depth; colour pictures never stand for it
   [REQ-IN-122, 123]. Evidence names its study by digest [REQ-IN-047].
2. Every region's bias lies within the accuracy target that was fixed beforehand [REQ-IN-048, 141].
3. It is validated by a quality manager other than whoever registered it, over the digest of its
   content [REQ-IN-049, 074].
4. A withdrawn claim never comes back; what replaces it is a new claim.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import assert_never

from domain.errors import RuleViolation
from domain.events import codec
from domain.events.aggregate import Aggregate
from domain.events.claim import ClaimEvent, ClaimRegistered, ClaimValidated, ClaimWithdrawn
from domain.ledger import canonical
from domain.values.actor import Role
from domain.values.claim import ClaimContent, EvidenceSource
from domain.values.content import Digest
from domain.values.identifiers import ClaimId, PractitionerId
from domain.values.signature import Meaning
from domain.values.signing import Signing, check_signing
from domain.values.words import said

DEPTH_OUTPUTS = frozenset({"volume-change", "depth-map"})
"""Outputs that only depth can give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim.

    Attributes:
        registered: The registration; none before.
        validated_once: Whether it was validated.
        withdrawn: Whether nothing is reported under it any more.
    """

    registered: ClaimRegistered | None = None
    validated_once: bool = False
    withdrawn: bool = False


def evolve(claim: Claim, event: ClaimEvent) -> Claim:
    """Return the claim after the event; history is never refused."""
    match event:
        case ClaimRegistered():
            return replace(claim, registered=event)
        case ClaimValidated():
            return replace(claim, validated_once=True)
        case ClaimWithdrawn():
            return replace(claim, withdrawn=True)
        case _:
            assert_never(event)


CLAIM = Aggregate(kind=ClaimId.kind, initial=Claim(), evolve=evolve)


def validated(claim: Claim) -> bool:
    """Return whether results may be reported under the claim now."""
    return claim.registered is not None and claim.validated_once and not claim.withdrawn


def claim_for(
    claims: Iterable[Claim], *, output: str, algorithm: str, device_model: str | None
) -> ClaimRegistered | None:
    """Return the claim under which an output of a type of station may be reported, or none.

    Of several, the one registered last counts: ``claims`` come in the order of the log.
    """
    found = None
    for each in claims:
        if each.registered is None or not validated(each):
            continue
        content = each.registered.content
        fits = (content.output, content.algorithm) == (output, algorithm)
        if fits and content.scope.covers(device_model):
            found = each.registered
    return found


def claim_digest(content: ClaimContent) -> Digest:
    """Return the digest that a second person signs: of the content's canonical JSON."""
    return Digest.of(canonical.encode(codec.to_plain(content)))


def register_claim(
    claim: Claim, *, identifier: ClaimId, content: ClaimContent, registered_by: PractitionerId
) -> ClaimRegistered:
    """Register a claim with its studies.

    Raises:
        RuleViolation: it is registered already, evidence is missing or of the wrong kind, or a
            region misses the accuracy target.
    """
    if claim.registered is not None:
        raise RuleViolation(
            "claim.registered-once",
            f"a claim about {claim.registered.content.output} stands here",
            "Register a change as a new claim.",
        )
    sources = {each.source for each in content.evidence}
    if not sources:
        raise RuleViolation(
            "claim.evidence", "no study stands behind the claim", "Name its studies by digest."
        )
    if content.output in DEPTH_OUTPUTS and EvidenceSource.DEPTH not in sources:
        raise RuleViolation(
            "claim.depth-evidence",
            f"{content.output} rests on {', '.join(sorted(sources))} evidence only",
            "Validate it with depth; colour pictures cannot show it.",
        )
    biased = [
        f"{each.region} {each.bias:g} {content.unit}"
        for each in content.regions
        if abs(each.bias) > content.accuracy_target
    ]
    if biased:
        raise RuleViolation(
            "claim.accuracy",
            f"the target of {content.accuracy_target:g} {content.unit} is missed: "
            f"{', '.join(biased)}",
            "Leave these regions out, or improve and repeat the study.",
        )
    said(content.accuracy_words, rule="claim.accuracy-words", what="account of the accuracy")
    return ClaimRegistered(claim=identifier, content=content, registered_by=registered_by)


def validate_claim(claim: Claim, signing: Signing) -> ClaimValidated:
    """Put a claim in force.

    Raises:
        RuleViolation: it is not registered, is validated or withdrawn, whoever registered it
            validates it, or the signature does not hold.
    """
    registered = _registered(claim)
    if claim.validated_once or claim.withdrawn:
        raise RuleViolation(
            "claim.validated-once",
            "the claim is withdrawn" if claim.withdrawn else "the claim is validated",
            "Register a new claim.",
        )
    if signing.signature.signer == registered.registered_by:
        raise RuleViolation(
            "claim.second-person",
            "the claim is validated by whoever registered it",
            "Have a second person validate it.",
        )
    signature = check_signing(
        signing,
        digest=claim_digest(registered.content),
        meanings=(Meaning.APPROVED,),
        roles=(Role.QUALITY_MANAGER,),
    )
    return ClaimValidated(signature=signature)


def withdraw_claim(claim: Claim, *, reason: str) -> tuple[ClaimWithdrawn, ...]:
    """Stop anything from being reported under a claim; () when it is withdrawn.

    Raises:
        RuleViolation: it is not registered, or no reason was given.
    """
    _registered(claim)
    if claim.withdrawn:
        return ()
    return (ClaimWithdrawn(reason=said(reason, rule="claim.reason", what="reason")),)


def _registered(claim: Claim) -> ClaimRegistered:
    if claim.registered is None:
        raise RuleViolation("claim.registered", "the claim is not registered", "Register it first.")
    return claim.registered
