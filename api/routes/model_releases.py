"""The model register: register, compare in the shadow, approve by a second person, suspend."""

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, File, Form, UploadFile
from pydantic import BaseModel, Field

from api.admission import CheckedFirst
from api.answers import Read, Recorded, Running, recorded
from api.permissions import Permission
from api.preconditions import IdempotencyKey
from api.releases import MANIFEST_BYTES_MAX, model_bytes_max, register_release
from api.signatures import Approval, signing
from api.signin import Person, allowed
from domain.errors import MalformedInput, NotFound
from domain.handling import load, load_existing, update
from domain.ledger import canonical
from domain.rules import model_release as rules
from domain.rules.model_release import MODEL_RELEASE
from domain.values.identifiers import ReleaseId
from domain.values.signature import Meaning
from projections import model_release as read
from projections import shadow_comparison as shadows
from projections.practitioner import display_names

ROUTER = APIRouter(prefix="/model-releases", tags=["model releases"], route_class=CheckedFirst)
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
    shadow_of: str | None


class Releases(BaseModel):
    """The register."""

    items: list[Release]


class Registered(Recorded):
    """A model that was registered, and the digest its approval signs."""

    release: str


class Statement(BaseModel):
    """What was signed with a release."""

    release: str
    manifest: dict[str, Any]


class Beside(BaseModel):
    """The approved release to run beside."""

    beside: str


class Agreement(BaseModel):
    """How one output agrees with the approved release: shadow minus approved."""

    code: str
    unit: str
    cases: int
    not_compared: int
    bias: float | None
    sd: float | None
    low: float | None
    high: float | None
    same: int | None


class Comparison(BaseModel):
    """What was found of a release in the shadow; refusals by rule."""

    release: str
    shadow_of: str | None
    outputs: list[Agreement]
    refusals: dict[str, int]


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
    contents = [
        _read(manifest, what="manifest", limit=MANIFEST_BYTES_MAX),
        _read(model, what="model", limit=model_bytes_max()),
    ]
    release, records = register_release(
        system,
        system.context(person.actor, idempotency_key=key),
        manifest=contents[0],
        model=contents[1],
        signature=bytes.fromhex(signature),
        registered_by=person.practitioner,
    )
    return Registered(**recorded(records).model_dump(), release=str(release))


@ROUTER.get("/{release}/manifest")
def show_manifest(release: str, _person: Reader, system: Running) -> Statement:
    """Return the signed manifest: input, outputs, domain and acceptance results by subgroup."""
    state, _ = load_existing(system.log, MODEL_RELEASE, ReleaseId(release).stream)
    if state.registered is None:
        message = f"nothing was registered under {release}"
        raise NotFound(message)
    digest = state.registered.manifest.manifest_digest
    content = b"".join(system.blobs.read(digest, key=system.clinic_key))
    stated = cast("dict[str, Any]", canonical.parse_canonical(content))
    return Statement(release=release, manifest=stated)


@ROUTER.post("/{release}/shadow")
def shadow(
    release: str, beside: Beside, person: Approver, system: Running, key: IdempotencyKey
) -> Recorded:
    """Let a release run beside an approved one, its results compared and shown to nobody."""
    stream = ReleaseId(release).stream
    load_existing(system.log, MODEL_RELEASE, stream)
    lit = ReleaseId(beside.beside)
    other, _ = load_existing(system.log, MODEL_RELEASE, lit.stream)
    decide = partial(rules.shadow_model, beside=lit, other=other)
    context = system.context(person.actor, idempotency_key=key)
    records = update(system.log, MODEL_RELEASE, stream, decide, context)
    return recorded(records or system.log.stream(stream))


@ROUTER.get("/{release}/shadow")
def compare(release: str, _person: Reader, reading: Read) -> Comparison:
    """Return how a release in the shadow agrees with the approved one, output by output."""
    row = read.release(reading.connection, str(ReleaseId(release)))
    if row is None:
        message = f"nothing was registered under {release}"
        raise NotFound(message)
    found = shadows.agreement(reading.connection, release)
    return Comparison(
        release=release,
        shadow_of=row["shadow_of"],
        outputs=[Agreement(**asdict(each)) for each in found],
        refusals=shadows.refusals(reading.connection, release),
    )


@ROUTER.post("/{release}/approve")
def approve(
    release: str, approval: Approval, person: Approver, system: Running, key: IdempotencyKey
) -> Recorded:
    """Approve a release for use, by signature over its manifest."""
    stream = ReleaseId(release).stream
    load_existing(system.log, MODEL_RELEASE, stream)
    with system.reads.connect() as connection:
        known = [ReleaseId(row["release"]) for row in read.releases(connection)]
    others = [load(system.log, MODEL_RELEASE, each.stream)[0] for each in known if each != release]
    decide = partial(
        rules.approve_model,
        signing=signing(system, person, approval, Meaning.APPROVED),
        others=others,
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


def _read(file: UploadFile, *, what: str, limit: int) -> bytes:
    content = file.file.read(limit + 1)
    if len(content) > limit:
        message = f"the {what} is larger than {limit} bytes, the most that is taken in"
        raise MalformedInput(message)
    return content
