"""The model register: register, approve by a second person, suspend."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, UploadFile
from pydantic import BaseModel, Field

from api.answers import Read, Recorded, Running, recorded
from api.permissions import Permission
from api.preconditions import IdempotencyKey
from api.releases import register_release
from api.signatures import Approval, signing
from api.signin import Person, allowed
from domain.errors import MalformedInput
from domain.handling import load_existing, update
from domain.rules import model_release as rules
from domain.rules.model_release import MODEL_RELEASE
from domain.values.identifiers import ReleaseId
from domain.values.signature import Meaning
from projections import model_release as read
from projections.practitioner import display_names

ROUTER = APIRouter(prefix="/model-releases", tags=["model releases"])
Reader = Annotated[Person, Depends(allowed(Permission.MODELS_READ))]
Registrar = Annotated[Person, Depends(allowed(Permission.MODELS_REGISTER))]
Approver = Annotated[Person, Depends(allowed(Permission.MODELS_APPROVE))]


class Release(BaseModel):
    """A registered model."""

    release: str
    name: str
    version: str
    state: str
    manifest: dict[str, Any]
    registered_by: str
    approved_by: str | None
    approved_at: str | None
    suspended_because: str | None


class Releases(BaseModel):
    """The register."""

    items: list[Release]


class Registered(Recorded):
    """A model that was registered, and the digest its approval signs."""

    release: str


class Reason(BaseModel):
    """Why, in words."""

    reason: str = Field(max_length=2000)


@ROUTER.get("")
def list_releases(_person: Reader, reading: Read) -> Releases:
    """Return every registered model."""
    names = display_names(reading.connection)
    items = []
    for row in read.releases(reading.connection):
        shown = {name: row[name] for name in Release.model_fields if name in row}
        people = {
            "version": row["release_version"],
            "registered_by": names.get(row["registered_by"], ""),
            "approved_by": names.get(row["approved_by"] or ""),
        }
        items.append(Release(**shown | people))
    return Releases(items=items)


@ROUTER.post("", status_code=201)
def register(
    person: Registrar,
    system: Running,
    key: IdempotencyKey,
    *,
    manifest: Annotated[UploadFile, File()],
    model: Annotated[UploadFile, File()],
    signature: Annotated[str, Form(pattern="^[0-9a-f]{128}$")],
) -> Registered:
    """Register a model with its signed manifest [DRV-18]."""
    limit = system.settings.upload_limit_bytes
    contents = [file.file.read(limit + 1) for file in (manifest, model)]
    if any(len(content) > limit for content in contents):
        message = f"a file is larger than {limit >> 20} MiB"
        raise MalformedInput(message)
    release, records = register_release(
        system,
        system.context(person.actor, idempotency_key=key),
        manifest=contents[0],
        model=contents[1],
        signature=bytes.fromhex(signature),
        registered_by=person.practitioner,
    )
    return Registered(**recorded(records).model_dump(), release=str(release))


@ROUTER.post("/{release}/approve")
def approve(
    release: str, approval: Approval, person: Approver, system: Running, key: IdempotencyKey
) -> Recorded:
    """Approve a release for use, by signature over its manifest."""
    stream = ReleaseId(release).stream
    load_existing(system.log, MODEL_RELEASE, stream)
    decide = partial(
        rules.approve_model, signing=signing(system, person, approval, Meaning.APPROVED)
    )
    context = system.context(person.actor, idempotency_key=key)
    return recorded(update(system.log, MODEL_RELEASE, stream, decide, context))


@ROUTER.post("/{release}/suspend")
def suspend(
    release: str, reason: Reason, person: Approver, system: Running, key: IdempotencyKey
) -> Recorded:
    """Stop a release from being run, from the next run on."""
    stream = ReleaseId(release).stream
    load_existing(system.log, MODEL_RELEASE, stream)
    decide = partial(rules.suspend_model, reason=reason.reason)
    context = system.context(person.actor, idempotency_key=key)
    records = update(system.log, MODEL_RELEASE, stream, decide, context)
    return recorded(records or system.log.stream(stream))
