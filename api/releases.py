"""Taking a model release into the register: manifest, model and signature together.

Rules kept here:

1. Whatever can be refused is refused before anything is stored: digest, signature, what the rule
   says, then the trial. Then manifest and model are stored, then the event that names them.
2. A manifest counts only if a key we trust signed it; so far that is the clinic's release key.
3. A learned model is tried before it is taken: it must be what its slot states.
4. A model may be as large as a slot allows, whatever limit is set for other uploads.
5. What is signed is what registration reads: the manifest's canonical bytes, of this very model.
"""

from dataclasses import replace
from functools import partial
from typing import Final

from adapters.inference import slot_check
from adapters.inference.release import ModelRelease, parse_manifest, signed_message
from adapters.inference.slot_check import check_slot
from adapters.keys.signing import is_ed25519_signature
from api.wiring import System
from domain.errors import RuleViolation
from domain.events.record import Record
from domain.handling import Context, rehearse, update
from domain.ledger import canonical
from domain.rules import model_release as rules
from domain.rules.model_release import MODEL_RELEASE
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import PractitionerId, ReleaseId
from domain.values.model import ModelManifest

MODEL_MEDIA_TYPE = "application/onnx"
MANIFEST_BYTES_MAX: Final = 1 << 20


def model_bytes_max() -> int:
    """Return how large a model may be; the one limit of its upload, its storage and its trial."""
    return slot_check.MODEL_BYTES_MAX


def sign_manifest(system: System, written: bytes, model: bytes) -> tuple[bytes, bytes]:
    """Return a manifest in its one form, and the clinic's signature over it.

    Nobody signs what would be refused: a learned model is tried as it will be at registration.

    Raises:
        MalformedInput: the manifest is not readable, or the model is not what its slot states.
        RuleViolation: the model is not the one the manifest names.
    """
    manifest = canonical.encode(canonical.parse(written))
    release = _release_of(manifest, model)
    if release.slot is not None:
        check_slot(model, release.slot)
    return manifest, system.release_key.sign(signed_message(manifest))


def register_release(
    system: System,
    context: Context,
    *,
    manifest: bytes,
    model: bytes,
    signature: bytes,
    registered_by: PractitionerId,
) -> tuple[ReleaseId, tuple[Record, ...]]:
    """Check manifest and model, store and register them; repeating it registers nothing twice.

    What is refused leaves nothing, unless the same release was registered by another request just
    between the decision and its record; that content is swept like all that no record names.

    Raises:
        MalformedInput: the manifest is not readable, or the model is not what its slot states.
        RuleViolation: the model is not the one the manifest names, the manifest is incomplete, no
            key we trust signed it, or it is registered already.
    """
    release = _release_of(manifest, model)
    trusted = system.release_key.public_key()
    is_signed = is_ed25519_signature(trusted, signature, signed_message(manifest))
    identifier = ReleaseId.derived(release.name, release.version, str(release.model))
    decide = partial(
        rules.register_model,
        identifier=identifier,
        manifest=_manifest(release, manifest, signature, trusted, model_size=len(model)),
        registered_by=registered_by,
        signature_valid=is_signed,
    )
    stream = identifier.stream
    if rehearse(system.log, MODEL_RELEASE, stream, decide, context):
        if release.slot is not None:  # what nobody signed was refused, and is not even opened
            check_slot(model, release.slot)
        key = system.clinic_key
        stored = tuple(
            system.blobs.put([content], key=key, expected=Digest.of(content), limit_bytes=limit)
            for content, limit in ((model, model_bytes_max()), (manifest, MANIFEST_BYTES_MAX))
        )
        context = replace(context, blobs=stored)
    return identifier, update(system.log, MODEL_RELEASE, stream, decide, context)


def _release_of(manifest: bytes, model: bytes) -> ModelRelease:
    """Return what a manifest says, if it is this model's."""
    release = parse_manifest(manifest)
    if Digest.of(model) != release.model:
        raise RuleViolation(
            "model.digest",
            f"the manifest names {release.model}, the model has {Digest.of(model)}",
            "Use the model and the manifest that were made together.",
        )
    return release


def _manifest(
    release: ModelRelease, manifest: bytes, signature: bytes, key: bytes, *, model_size: int
) -> ModelManifest:
    subgroups = "; ".join(
        f"{each.subgroup}: {each.result} ({each.samples} samples)" for each in release.subgroups
    )
    return ModelManifest(
        name=release.name,
        version=release.version,
        model=ContentReference(
            digest=release.model, size_bytes=model_size, media_type=MODEL_MEDIA_TYPE
        ),
        intended_use=release.intended_use,
        input_domain=release.input_domain.description,
        outputs=tuple(each.name for each in release.outputs),
        limitations=release.limitations,
        contraindications=release.contraindications,
        training_data=release.training_data,
        licence=release.licence,
        validation=f"{release.validation} {subgroups}".strip(),
        manifest_digest=Digest.of(manifest),
        signature=signature.hex(),
        signing_key=key.hex(),
    )
