"""What a model must carry before it may be used; approval, suspension.

Rules kept here:

1. A release is a model by digest with a complete, signed manifest [DRV-18].
2. It is approved by a quality manager other than whoever registered it, over the manifest's digest.
3. A suspended release does not run again; what replaces it is a new release.
4. One release of a name is in use: two would both speak about one face, with other numbers.
5. A release that is not approved may run in the shadow of an approved one with the same outputs;
   that ends with its own approval or suspension, and rests while the other is not approved.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import assert_never

from domain.errors import RuleViolation
from domain.events.aggregate import Aggregate
from domain.events.model_release import (
    ModelApproved,
    ModelRegistered,
    ModelReleaseEvent,
    ModelShadowed,
    ModelSuspended,
)
from domain.ledger import canonical
from domain.values.actor import Role
from domain.values.content import Digest
from domain.values.identifiers import PractitionerId, ReleaseId
from domain.values.model import ModelManifest
from domain.values.signature import Meaning
from domain.values.signing import Signing, check_signing
from domain.values.words import said

LIST_FORMAT = "vultus/approved-releases/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRelease:
    """One model release.

    Attributes:
        registered: The registration; none before.
        approved_once: Whether it was approved.
        suspended: Whether it may no longer be run.
        beside: The approved release in whose shadow it runs; none when it runs in no shadow.
    """

    registered: ModelRegistered | None = None
    approved_once: bool = False
    suspended: bool = False
    beside: ReleaseId | None = None


def evolve(release: ModelRelease, event: ModelReleaseEvent) -> ModelRelease:
    """Return the release after the event; history is never refused."""
    match event:
        case ModelRegistered():
            return replace(release, registered=event)
        case ModelShadowed():
            return replace(release, beside=event.beside)
        case ModelApproved():
            return replace(release, approved_once=True, beside=None)
        case ModelSuspended():
            return replace(release, suspended=True, beside=None)
        case _:
            assert_never(event)


MODEL_RELEASE = Aggregate(kind=ReleaseId.kind, initial=ModelRelease(), evolve=evolve)


def approved(release: ModelRelease) -> bool:
    """Return whether the release may be run now."""
    return release.registered is not None and release.approved_once and not release.suspended


def approved_list(releases: Iterable[ModelRelease]) -> bytes:
    """Return the list of approved releases as canonical JSON, ordered by release.

    Sessions and stations name it by digest, so that everybody means the same models
    [REQ-IN-081, 113]. Source: RFC 8785.
    """
    return canonical.encode(
        {
            "format": LIST_FORMAT,
            "releases": [
                {
                    "release": str(each.release),
                    "name": each.manifest.name,
                    "version": each.manifest.version,
                    "model": str(each.manifest.model.digest),
                }
                for each in sorted(
                    (each.registered for each in releases if each.registered and approved(each)),
                    key=lambda registered: registered.release,
                )
            ],
        }
    )


def approved_list_digest(releases: Iterable[ModelRelease]) -> Digest:
    """Return the digest of the list of approved releases."""
    return Digest.of(approved_list(releases))


def register_model(
    release: ModelRelease,
    *,
    identifier: ReleaseId,
    manifest: ModelManifest,
    registered_by: PractitionerId,
    signature_valid: bool,
) -> ModelRegistered:
    """Register a model with everything that must be known of it.

    Args:
        release: The release.
        identifier: Its identifier.
        manifest: What it carries.
        registered_by: Who registers it.
        signature_valid: Whether the manifest's signature holds under a key we trust.

    Raises:
        RuleViolation: it is registered already, the manifest is incomplete, or its signature does
            not hold.
    """
    if release.registered is not None:
        raise RuleViolation(
            "model.registered-once",
            f"{release.registered.manifest.name} {release.registered.manifest.version} stands here",
            "Register a change as a new release.",
        )
    missing = [each.name for each in fields(manifest) if not getattr(manifest, each.name)]
    if missing:
        raise RuleViolation(
            "model.manifest",
            f"the manifest lacks {', '.join(missing)}",
            "State all of it; where there is none, say why.",
        )
    if not signature_valid:
        raise RuleViolation(
            "model.signature",
            "the manifest's signature does not hold",
            "Sign the manifest with a key of the release team.",
        )
    return ModelRegistered(release=identifier, manifest=manifest, registered_by=registered_by)


def approve_model(
    release: ModelRelease, signing: Signing, *, others: Iterable[ModelRelease]
) -> ModelApproved:
    """Approve a release for use.

    Args:
        release: The release.
        signing: Who approves it.
        others: Every other release; those not in use do not matter.

    Raises:
        RuleViolation: it is not registered, is approved or suspended, another release of its name
            is in use, whoever registered it approves it, or the signature does not hold.
    """
    registered = _registered(release)
    if release.approved_once or release.suspended:
        raise RuleViolation(
            "model.approved-once",
            "the release is suspended" if release.suspended else "the release is approved",
            "Register a new release.",
        )
    in_use = [each.registered.manifest for each in others if each.registered and approved(each)]
    same = [each.version for each in in_use if each.name == registered.manifest.name]
    if same:
        raise RuleViolation(
            "model.one-in-use",
            f"{registered.manifest.name} {', '.join(same)} is in use",
            "Suspend it first, or compare both in the shadow; two would speak about one face.",
        )
    if signing.signature.signer == registered.registered_by:
        raise RuleViolation(
            "model.second-person",
            "the release is approved by whoever registered it",
            "Have a second person approve it.",
        )
    signature = check_signing(
        signing,
        digest=registered.manifest.manifest_digest,
        meanings=(Meaning.APPROVED,),
        roles=(Role.QUALITY_MANAGER,),
    )
    return ModelApproved(signature=signature)


def suspend_model(release: ModelRelease, *, reason: str) -> tuple[ModelSuspended, ...]:
    """Stop a release from being run; () when it is suspended.

    Raises:
        RuleViolation: it is not registered, or no reason was given.
    """
    _registered(release)
    if release.suspended:
        return ()
    return (ModelSuspended(reason=said(reason, rule="model.reason", what="reason")),)


def shadow_model(
    release: ModelRelease, *, beside: ReleaseId, other: ModelRelease
) -> tuple[ModelShadowed, ...]:
    """Let a release run beside an approved one; () when it runs beside that one.

    Args:
        release: The release to run in the shadow.
        beside: The approved release.
        other: Its state.

    Raises:
        RuleViolation: it is not registered, is approved or suspended; or the other is not approved,
            or gives out something else.
    """
    registered = _registered(release)
    if release.approved_once or release.suspended:
        raise RuleViolation(
            "model.shadow-state",
            "the release is suspended" if release.suspended else "the release is approved",
            "Compare a release that is registered and not approved.",
        )
    if other.registered is None or not approved(other):
        raise RuleViolation(
            "model.shadow-beside",
            f"model release {beside} is not approved",
            "Compare with a release that is in use.",
        )
    ours, theirs = set(registered.manifest.outputs), set(other.registered.manifest.outputs)
    if ours != theirs:
        raise RuleViolation(
            "model.shadow-outputs",
            f"only one of them gives out {', '.join(sorted(ours ^ theirs))}",
            "Compare releases that give out the same.",
        )
    return () if release.beside == beside else (ModelShadowed(beside=beside),)


def _registered(release: ModelRelease) -> ModelRegistered:
    if release.registered is None:
        raise RuleViolation(
            "model.registered", "the release is not registered", "Register it first."
        )
    return release.registered
