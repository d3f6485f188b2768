"""Tests of what a model must carry before it may be used."""

from dataclasses import fields, replace
from functools import partial
from typing import Any

import pytest

from domain.events.model_release import (
    ModelApproved,
    ModelRegistered,
    ModelReleaseEvent,
    ModelShadowed,
    ModelSuspended,
)
from domain.rules.model_release import (
    MODEL_RELEASE,
    approve_model,
    approved,
    approved_list,
    approved_list_digest,
    register_model,
    shadow_model,
    suspend_model,
)
from domain.values.actor import Role
from domain.values.content import Digest
from domain.values.identifiers import ReleaseId
from domain.values.model import ModelManifest
from domain.values.signature import Meaning
from tests.builders import (
    PRACTITIONER,
    QUALITY_MANAGER,
    RELEASE,
    a_manifest,
    a_signature,
    a_signing,
)
from tests.given import given

MANIFEST = a_manifest()
REGISTERED = ModelRegistered(release=RELEASE, manifest=MANIFEST, registered_by=PRACTITIONER)
SIGNING = a_signing(
    a_signature(MANIFEST.manifest_digest, signer=QUALITY_MANAGER, meaning=Meaning.APPROVED),
    Role.QUALITY_MANAGER,
)
APPROVED = ModelApproved(signature=SIGNING.signature)
SUSPENDED = ModelSuspended(reason="drift")
OTHER = ReleaseId.derived("test", "in use")

register = partial(
    register_model,
    identifier=RELEASE,
    manifest=MANIFEST,
    registered_by=PRACTITIONER,
    signature_valid=True,
)
approve = partial(approve_model, signing=SIGNING, others=())
suspend = partial(suspend_model, reason="drift")


@pytest.mark.verifies("DRV-18")
def test_a_model_is_registered_once_with_a_signed_manifest() -> None:
    given(MODEL_RELEASE).when(register).then(REGISTERED)
    given(MODEL_RELEASE, REGISTERED).when(register).refuses("model.registered-once")
    given(MODEL_RELEASE).when(partial(register, signature_valid=False)).refuses("model.signature")


@pytest.mark.verifies("DRV-18")
@pytest.mark.parametrize("lacking", [each.name for each in fields(ModelManifest)])
def test_a_manifest_that_lacks_anything_is_refused_by_name(lacking: str) -> None:
    nothing: Any = () if isinstance(getattr(MANIFEST, lacking), tuple) else ""
    manifest = replace(MANIFEST, **{lacking: nothing})
    refused = (
        given(MODEL_RELEASE).when(partial(register, manifest=manifest)).refuses("model.manifest")
    )
    assert lacking in refused.evidence


@pytest.mark.verifies("DRV-18")
@pytest.mark.verifies("DRV-12")
def test_another_person_approves_over_the_manifest() -> None:
    registered = given(MODEL_RELEASE, REGISTERED)
    registered.when(approve).then(APPROVED)
    own = replace(SIGNING, signature=replace(SIGNING.signature, signer=PRACTITIONER))
    registered.when(partial(approve, signing=own)).refuses("model.second-person")
    stale = replace(SIGNING, reauthenticated=False)
    registered.when(partial(approve, signing=stale)).refuses("signature.fresh")


@pytest.mark.verifies("DRV-18")
def test_one_release_of_a_name_is_in_use() -> None:
    earlier = replace(MANIFEST, version="0.9.0")
    older = ModelRegistered(release=OTHER, manifest=earlier, registered_by=PRACTITIONER)
    differs = replace(older, manifest=replace(earlier, name="something-else"))

    def beside(*history: ModelReleaseEvent) -> Any:  # noqa: ANN401 - a decision
        return partial(approve, others=(given(MODEL_RELEASE, *history).state,))

    registered = given(MODEL_RELEASE, REGISTERED)
    refused = registered.when(beside(older, APPROVED)).refuses("model.one-in-use")
    assert "0.9.0" in refused.evidence
    registered.when(beside(older)).then(APPROVED)
    registered.when(beside(older, APPROVED, SUSPENDED)).then(APPROVED)
    registered.when(beside(differs, APPROVED)).then(APPROVED)


@pytest.mark.parametrize(
    ("history", "rule"),
    [
        ((), "model.registered"),
        ((REGISTERED, APPROVED), "model.approved-once"),
        ((REGISTERED, SUSPENDED), "model.approved-once"),
    ],
)
def test_only_a_registered_release_is_approved(
    history: tuple[ModelReleaseEvent, ...], rule: str
) -> None:
    given(MODEL_RELEASE, *history).when(approve).refuses(rule)


@pytest.mark.verifies("DRV-18")
@pytest.mark.parametrize(
    ("history", "usable"),
    [
        ((), False),
        ((REGISTERED,), False),
        ((REGISTERED, APPROVED), True),
        ((REGISTERED, APPROVED, SUSPENDED), False),
    ],
)
def test_a_release_runs_between_approval_and_suspension(
    history: tuple[ModelReleaseEvent, ...],
    *,
    usable: bool,
) -> None:
    assert approved(given(MODEL_RELEASE, *history).state) is usable


def test_a_release_is_suspended_once_with_a_reason() -> None:
    given(MODEL_RELEASE, REGISTERED, APPROVED).when(suspend).then(SUSPENDED)
    given(MODEL_RELEASE, REGISTERED, SUSPENDED).when(suspend).then()
    given(MODEL_RELEASE).when(suspend).refuses("model.registered")
    given(MODEL_RELEASE, REGISTERED).when(partial(suspend, reason="")).refuses("model.reason")


@pytest.mark.verifies("REQ-IN-081")
@pytest.mark.verifies("REQ-IN-113")
def test_the_list_of_approved_releases_does_not_depend_on_their_order() -> None:
    other = replace(REGISTERED, release=ReleaseId.derived("other"))
    first = given(MODEL_RELEASE, REGISTERED, APPROVED).state
    second = given(MODEL_RELEASE, other, APPROVED).state
    waiting = given(MODEL_RELEASE, REGISTERED).state
    assert approved_list((first, second, waiting)) == approved_list((second, first))
    assert approved_list_digest((first,)) == Digest.of(approved_list((first,)))
    assert approved_list_digest((first,)) != approved_list_digest((first, second))
    assert MANIFEST.model.digest.encode() in approved_list((first,))


@pytest.mark.verifies("DRV-18")
def test_a_release_runs_in_the_shadow_of_an_approved_one_with_the_same_outputs() -> None:
    lit = given(MODEL_RELEASE, REGISTERED, APPROVED).state
    beside = partial(shadow_model, beside=OTHER, other=lit)
    started = ModelShadowed(beside=OTHER)
    given(MODEL_RELEASE, REGISTERED).when(beside).then(started)
    given(MODEL_RELEASE, REGISTERED, started).when(beside).then()
    given(MODEL_RELEASE).when(beside).refuses("model.registered")
    for after in (APPROVED, SUSPENDED):
        given(MODEL_RELEASE, REGISTERED, after).when(beside).refuses("model.shadow-state")
        assert given(MODEL_RELEASE, REGISTERED, started, after).state.beside is None
    assert not approved(given(MODEL_RELEASE, REGISTERED, started).state)


def test_a_shadow_needs_a_release_in_use_that_gives_out_the_same() -> None:
    suspended = given(MODEL_RELEASE, REGISTERED, APPROVED, SUSPENDED).state
    waiting = given(MODEL_RELEASE, REGISTERED).state
    for other in (suspended, waiting, given(MODEL_RELEASE).state):
        beside = partial(shadow_model, beside=OTHER, other=other)
        given(MODEL_RELEASE, REGISTERED).when(beside).refuses("model.shadow-beside")
    elsewhere = replace(REGISTERED, manifest=replace(MANIFEST, outputs=("another",)))
    other = given(MODEL_RELEASE, elsewhere, APPROVED).state
    beside = partial(shadow_model, beside=OTHER, other=other)
    given(MODEL_RELEASE, REGISTERED).when(beside).refuses("model.shadow-outputs")
