"""Review and sign-off over HTTP: at the version that was seen, over exactly what was shown."""

import json
from dataclasses import replace
from typing import Any

import pytest

from adapters.reported.content import CONTRAINDICATIONS
from api.routes import assessments
from domain.events.claim import ClaimRegistered
from domain.events.model_release import ModelRegistered
from domain.handling import drafts
from domain.ledger import canonical
from domain.values.actor import Actor
from domain.values.claim import SIMULATED_LABEL
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import FindingId, PractitionerId, SubjectId
from domain.values.model import Artefact
from tests.api.portal import Clinic, Person, Portal
from tests.api.reporting import Reported, assessed, record
from tests.builders import RELEASE, a_digest, a_manifest
from tests.claim_builders import CLAIM_ID, a_change, a_claim, a_region_change
from tests.event_builders import (
    an_assessment_opened,
    an_inference_completed,
    an_inference_requested,
)


@pytest.fixture
def made(portal: Portal, clinic: Clinic) -> Reported:
    """An open assessment with one finding."""
    return assessed(portal, clinic)


@pytest.fixture
def practitioner(portal: Portal) -> Person:
    """The practitioner, signed in."""
    return portal.sign_in("practitioner")


def shown(practitioner: Person, made: Reported) -> dict[str, Any]:
    return practitioner.read(f"/assessments/{made.assessment}")


def review(practitioner: Person, made: Reported, **verdict: Any) -> Any:  # noqa: ANN401
    found = shown(practitioner, made)
    path = f"/assessments/{made.assessment}/findings/{found['findings'][0]['finding']}"
    return practitioner.send("PUT", path, seen=found["version"], json=verdict)


def conclude(practitioner: Person, made: Reported, text: str = "As expected") -> None:
    path = f"/assessments/{made.assessment}/conclusion"
    version = shown(practitioner, made)["version"]
    assert practitioner.send("PUT", path, seen=version, json={"text": text}).status_code == 200


def sign(practitioner: Person, made: Reported, **changes: Any) -> Any:  # noqa: ANN401
    proof = practitioner.proof()
    found = shown(practitioner, made)
    body = {
        "reauthentication": proof,
        "digest": found["presentation"]["digest"],
        "meaning": "reviewed",
        **changes,
    }
    path = f"/assessments/{made.assessment}/sign-off"
    return practitioner.post(path, body, seen=found["version"])


def test_what_is_shown_is_what_its_digest_names(practitioner: Person, made: Reported) -> None:
    found = shown(practitioner, made)
    content = canonical.encode(found["presentation"]["content"])

    assert found["presentation"]["digest"] == Digest.of(content)
    assert found["label"] == "Clinical decision support. Not a diagnosis."
    assert json.loads(content)


@pytest.mark.verifies("REQ-IN-044")
def test_a_finding_has_what_limits_its_own_release_and_when_not_to_use_it(
    portal: Portal, practitioner: Person, made: Reported, clinic: Clinic
) -> None:
    assert shown(practitioner, made)["contraindications"] == [*CONTRAINDICATIONS]
    subject = SubjectId(clinic.subject)
    registered = ModelRegistered(
        release=RELEASE,
        manifest=a_manifest(),
        registered_by=PractitionerId(clinic.people["quality"]),
    )
    context = portal.system.context(Actor.service("test"))
    portal.system.log.append(drafts(RELEASE.stream, 0, (registered,), context))
    requested = replace(an_inference_requested(), subject=subject, session=made.session)
    completed = an_inference_completed(*an_assessment_opened().findings)
    record(portal, subject, requested.inference.stream, 0, requested)
    record(portal, subject, requested.inference.stream, 1, completed)

    found = shown(practitioner, made)
    origin = found["findings"][0]["origin"]

    assert origin["limitations"] == ["Not a sun-reaction type"]
    assert origin["contraindications"] == ["Full makeup"]
    assert found["contraindications"] == [*CONTRAINDICATIONS, "Full makeup"]


@pytest.mark.verifies("DRV-15", "REQ-IN-160")
def test_a_measured_change_is_shown_with_both_captures_verdict_map_and_claim(
    portal: Portal, practitioner: Person, made: Reported, clinic: Clinic
) -> None:
    before = shown(practitioner, made)
    assert before["changes"] == []
    subject = SubjectId(clinic.subject)
    registered = ClaimRegistered(
        claim=CLAIM_ID,
        content=a_claim(simulated=True),
        registered_by=PractitionerId(clinic.people["quality"]),
    )
    context = portal.system.context(Actor.service("test"))
    portal.system.log.append(drafts(CLAIM_ID.stream, 0, (registered,), context))
    proposed = FindingId(before["findings"][0]["finding"])
    measured = a_change(a_region_change())
    distances = Artefact(
        name="distance-map",
        content=ContentReference(digest=a_digest("map"), size_bytes=9, media_type="image/png"),
        legend="Distance from the earlier surface",
    )
    change = replace(
        measured,
        subject=subject,
        session=made.session,
        findings=(replace(measured.findings[0], finding=proposed),),
        artefacts=(distances,),
    )
    record(portal, subject, change.change.stream, 0, change)

    found = shown(practitioner, made)
    (view,) = found["changes"]
    assert (view["earlier_attempt"], view["attempt"]) == (change.earlier_attempt, change.attempt)
    assert view["comparable"]
    looked_at = {each["what"]: each for each in view["differences"]}
    assert looked_at["distance"]["within"]
    assert looked_at["distance"]["limit"] == "at most 15 mm apart"
    assert view["label"] == SIMULATED_LABEL
    assert view["contraindications"][0] == "Not for clinical use."
    assert set(view["contraindications"]) <= set(found["contraindications"])
    assert found["findings"][0]["change"] == view["change"]
    assert found["artefacts"][-1]["name"] == "distance-map"
    assert found["artefacts"][-1]["attempt"] == change.attempt


@pytest.mark.verifies("DRV-12")
def test_a_reviewed_assessment_is_signed_over_exactly_what_was_shown(
    portal: Portal, practitioner: Person, made: Reported, clinic: Clinic
) -> None:
    assert review(practitioner, made, verdict="accepted").status_code == 200
    conclude(practitioner, made)
    seen = shown(practitioner, made)["presentation"]["digest"]
    answered = sign(practitioner, made)

    assert answered.status_code == 200, answered.text
    signature = portal.events("AssessmentSignedOff")[0].signature
    assert signature.digest == seen
    assert signature.signer == clinic.people["practitioner"]
    assert signature.meaning.value == "reviewed"


@pytest.mark.verifies("DRV-12")
def test_a_digest_that_is_no_longer_what_stands_there_signs_nothing(
    portal: Portal, practitioner: Person, made: Reported
) -> None:
    review(practitioner, made, verdict="rejected", reason_code="artefact", reason="Hair")
    conclude(practitioner, made)
    seen = shown(practitioner, made)["presentation"]["digest"]
    conclude(practitioner, made, "Not at all as expected")
    answered = sign(practitioner, made, digest=seen)

    assert answered.status_code == 409
    assert answered.json()["rule"] == "signature.digest"
    assert not portal.events("AssessmentSignedOff")


def test_a_verdict_on_what_changed_meanwhile_is_refused(
    portal: Portal, practitioner: Person, made: Reported
) -> None:
    found = shown(practitioner, made)
    path = f"/assessments/{made.assessment}"
    finding = f"{path}/findings/{found['findings'][0]['finding']}"
    body = {"verdict": "accepted"}
    first = practitioner.send("PUT", finding, seen=found["version"], json=body, key="k" * 32)
    repeated = practitioner.send("PUT", finding, seen=found["version"], json=body, key="k" * 32)
    late = practitioner.send(
        "PUT", f"{path}/conclusion", seen=found["version"], json={"text": "Well"}
    )

    assert first.status_code == repeated.status_code == 200
    assert first.json() == repeated.json()
    assert (late.status_code, late.json()["stream_version"]) == (412, found["version"] + 1)
    assert len(portal.events("FindingAccepted")) == 1


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_number_that_is_none_is_refused(
    portal: Portal, practitioner: Person, made: Reported, value: str
) -> None:
    found = shown(practitioner, made)
    path = f"/assessments/{made.assessment}/findings/{found['findings'][0]['finding']}"
    body = f'{{"verdict": "amended", "value": {value}, "reason_code": "x", "reason": "y"}}'
    size = portal.system.log.size()
    answered = practitioner.send("PUT", path, seen=found["version"], content=body.encode())

    assert answered.status_code == 422
    assert portal.system.log.size() == size


@pytest.mark.verifies("DRV-34")
def test_nobody_signs_what_may_be_out_of_date(
    portal: Portal, practitioner: Person, made: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    review(practitioner, made, verdict="accepted")
    conclude(practitioner, made)
    found = shown(practitioner, made)
    body = {
        "reauthentication": practitioner.proof(),  # recorded, and not yet shown anywhere
        "digest": found["presentation"]["digest"],
        "meaning": "reviewed",
    }
    path = f"/assessments/{made.assessment}/sign-off"
    monkeypatch.setattr(assessments, "PATIENCE_S", 0.01)
    behind = practitioner.post(path, body, seen=found["version"])
    portal.system.runner.catch_up()

    assert behind.json()["rule"] == "assessment.current"
    assert practitioner.post(path, body, seen=found["version"]).status_code == 200


def test_an_assessment_of_an_erased_client_is_gone(
    portal: Portal, clinic: Clinic, practitioner: Person, made: Reported
) -> None:
    portal.system.keys.destroy(f"subject:{clinic.subject}")

    assert practitioner.get(f"/assessments/{made.assessment}").status_code == 410
