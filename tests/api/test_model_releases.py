"""The model register through the interface: upload, trial, second person, shadow, suspension."""

import tempfile
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.formparsers import MultiPartParser

from adapters.inference import slot_check
from adapters.inference.release import ModelRelease, signed_message
from api.app import FORM_BYTES
from api.releases import MANIFEST_BYTES_MAX
from domain.ledger import canonical
from domain.values.content import Digest
from tests.adapters.inference.learned import OUTPUTS, learned_model, learned_release, model_of
from tests.api.portal import Person, Portal


@pytest.fixture
def quality(portal: Portal) -> Person:
    return portal.sign_in("quality")


@pytest.fixture
def second(portal: Portal) -> Person:
    return portal.sign_in("second")


def upload(
    portal: Portal,
    person: Person,
    release: ModelRelease,
    model: bytes,
    signature: str = "",
    *,
    key: str | None = None,
) -> httpx.Response:
    manifest = release.manifest()
    made = portal.system.release_key.sign(signed_message(manifest)).hex()
    files = {
        "manifest": ("manifest.json", manifest, "application/json"),
        "model": ("model.onnx", model, "application/onnx"),
    }
    data = {"signature": signature or made}
    return person.send("POST", "/model-releases", key=key, files=files, data=data)


def registered(portal: Portal, person: Person, version: str, gain: float = 1.0) -> dict[str, Any]:
    model = learned_model(gain)
    answer = upload(portal, person, learned_release(model, version=version), model)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def listed(person: Person) -> dict[str, dict[str, Any]]:
    return {each["release"]: each for each in person.get("/model-releases").json()["items"]}


@pytest.mark.verifies("DRV-18")
def test_a_learned_model_is_uploaded_shown_and_set_in_the_shadow(
    portal: Portal, quality: Person, second: Person
) -> None:
    lit = registered(portal, quality, "1.0.0")["release"]
    dark = registered(portal, quality, "2.0.0", 0.5)["release"]
    early = second.send("POST", f"/model-releases/{dark}/shadow", json={"beside": lit})
    assert early.json()["rule"] == "model.shadow-beside"
    stated = second.get(f"/model-releases/{lit}/manifest").json()["manifest"]
    assert {each["output"] for each in stated["slot"]["acceptance"]} == set(OUTPUTS)
    digest = str(Digest.of(canonical.encode(stated)))
    own = quality.approve(f"/model-releases/{lit}/approve", digest)
    assert own.json()["rule"] == "model.second-person"
    assert second.approve(f"/model-releases/{lit}/approve", digest).status_code == 200
    newer = second.get(f"/model-releases/{dark}/manifest").json()["manifest"]
    both = second.approve(
        f"/model-releases/{dark}/approve", str(Digest.of(canonical.encode(newer)))
    )
    assert both.json()["rule"] == "model.one-in-use"
    second.done(f"/model-releases/{dark}/shadow", {"beside": lit})
    found = listed(second)
    assert (found[lit]["state"], found[dark]["state"]) == ("approved", "shadow")
    assert found[dark]["shadow_of"] == lit
    compared = second.get(f"/model-releases/{dark}/shadow").json()
    assert compared == {"release": dark, "shadow_of": lit, "outputs": [], "refusals": {}}
    second.done(f"/model-releases/{dark}/suspend", {"reason": "it drifts"})
    assert listed(second)[dark]["state"] == "suspended"


@pytest.mark.verifies("DRV-18")
def test_a_model_that_is_not_what_its_manifest_states_is_refused(
    portal: Portal, quality: Person
) -> None:
    wrong = model_of(
        "other (float[1, 3, 2, 2] picture) => (float[1, 3, 2, 2] same) "
        "{ same = Identity (picture) }"
    )
    answer = upload(portal, quality, learned_release(wrong), wrong)
    assert answer.status_code == 422
    assert "slot.mismatch" in answer.text
    assert not any(each["name"] == "learned-light" for each in listed(quality).values())


def stored(portal: Portal) -> set[str]:
    folder = portal.system.settings.data / "blobs"
    return {each.name for each in folder.rglob("*") if each.is_file()}


@pytest.mark.verifies("DRV-18")
def test_nothing_is_stored_of_a_release_that_is_refused(portal: Portal, quality: Person) -> None:
    taken = learned_release(learned_model())
    assert upload(portal, quality, taken, learned_model()).status_code == 201
    before = stored(portal)
    size = portal.system.log.size()
    other = learned_model(0.5)
    nonsense = b"not even a model"
    refused = [
        upload(portal, quality, learned_release(other, version="2.0.0"), other, "00" * 64),
        upload(portal, quality, learned_release(other, version="2.0.0"), learned_model()),
        upload(portal, quality, learned_release(nonsense), nonsense),
        upload(portal, quality, taken, learned_model()),
    ]
    assert [each.status_code for each in refused] == [409, 409, 422, 409]
    rules = [each.json().get("rule") for each in refused]
    assert rules == ["model.signature", "model.digest", None, "model.registered-once"]
    assert stored(portal) == before
    assert portal.system.log.size() == size


@pytest.mark.verifies("DRV-06")
def test_a_release_sent_again_with_its_key_is_the_one_that_stands(
    portal: Portal, quality: Person
) -> None:
    release, model = learned_release(learned_model()), learned_model()
    first = upload(portal, quality, release, model, key="k" * 32)
    before = stored(portal)
    again = upload(portal, quality, release, model, key="k" * 32)
    assert (again.status_code, again.json()) == (201, first.json())
    assert stored(portal) == before
    assert len(portal.records("ModelRegistered")) == 1


@pytest.mark.verifies("DRV-18")
def test_a_model_that_nobody_signed_is_not_opened(portal: Portal, quality: Person) -> None:
    nonsense = b"not even a model"
    answer = upload(portal, quality, learned_release(nonsense), nonsense, "00" * 64)
    assert answer.json()["rule"] == "model.signature"


def test_a_model_of_another_manifest_is_refused_without_alarm(
    portal: Portal, quality: Person
) -> None:
    answer = upload(portal, quality, learned_release(learned_model()), learned_model(0.5))
    assert (answer.status_code, answer.json()["rule"]) == (409, "model.digest")
    assert answer.json()["next_step"] == "Use the model and the manifest that were made together."


def with_limits(portal: Portal, *, uploads: int) -> tuple[Portal, Person]:
    """Serve the same record anew, with a limit for uploads and the model limit as it is now."""
    settings = replace(portal.system.settings, upload_limit_bytes=uploads)
    other = Portal(replace(portal.system, settings=settings), portal.clock)
    other.totp.update(portal.totp)
    return other, other.sign_in("quality")


@pytest.mark.verifies("DRV-18")
def test_a_model_up_to_the_size_of_a_slot_is_taken_in_whatever_the_limit_of_other_uploads(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = learned_model()
    monkeypatch.setattr(slot_check, "MODEL_BYTES_MAX", len(model))
    other, person = with_limits(portal, uploads=16)
    assert registered(other, person, "1.0.0")["release"] in listed(person)

    monkeypatch.setattr(slot_check, "MODEL_BYTES_MAX", len(model) - 1)
    other, person = with_limits(portal, uploads=1 << 30)
    answer = upload(other, person, learned_release(model, version="2.0.0"), model)
    assert answer.status_code == 422
    assert f"the model is larger than {len(model) - 1} bytes" in answer.json()["detail"]
    assert {each["version"] for each in listed(person).values()} == {"1.0.0"}


def test_more_than_a_model_and_its_manifest_is_not_even_read(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slot_check, "MODEL_BYTES_MAX", 1000)
    other, person = with_limits(portal, uploads=1 << 30)
    wide = bytes(FORM_BYTES + MANIFEST_BYTES_MAX + 1001)
    answer = upload(other, person, learned_release(wide), wide)
    assert answer.status_code == 413


def test_only_registering_takes_in_as_much_as_a_model(portal: Portal, quality: Person) -> None:
    release = registered(portal, quality, "1.0.0")["release"]
    wide = {"reason": "x" * (2 << 20)}
    assert quality.post(f"/model-releases/{release}/suspend", wide).status_code == 413


def test_a_model_never_touches_a_disk_in_clear(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def roll_over(_file: object) -> None:
        raise AssertionError

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", roll_over)
    monkeypatch.setattr(MultiPartParser, "spool_max_size", 1)
    other, person = with_limits(portal, uploads=16)
    nonsense = bytes(3 << 20)
    answer = upload(other, person, learned_release(nonsense), nonsense, "00" * 64)
    assert answer.json()["rule"] == "model.signature"
