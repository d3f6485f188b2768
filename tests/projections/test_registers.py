"""Who works here and in which roles, which protocols and models may be used, which build serves."""

from functools import partial

import pytest

from domain.events.inference import ReproductionChecked
from domain.rules import acquisition_protocol, inference, practitioner
from domain.values.actor import Actor, Role
from domain.values.identifiers import PractitionerId, ProtocolId, ReleaseId
from projections.acquisition_protocol import protocol, protocols
from projections.inference import artefact, of_session
from projections.inference import inference as inference_run
from projections.model_release import release, releases
from projections.practitioner import clinic_row, display_names, practitioners
from projections.practitioner import practitioner as person
from tests.builders import (
    CLINIC,
    OPERATOR,
    PLATFORM,
    PRACTITIONER,
    PROTOCOL,
    QUALITY_MANAGER,
    RELEASE,
    a_digest,
    an_attempt_id,
)
from tests.event_builders import an_inference_completed
from tests.projections.clinic import CONTENT, SERVICE, Clinic, a_clinic
from tests.projections.screens import Screens
from tests.projections.visits import MAP, a_visit


@pytest.fixture
def clinic() -> Clinic:
    """Return a clinic without clients."""
    return a_clinic()


@pytest.fixture
def screens(clinic: Clinic) -> Screens:
    """Return its screens."""
    return Screens(clinic)


@pytest.mark.verifies("REQ-IN-194")
def test_people_are_shown_with_the_roles_and_credentials_they_hold_now(
    clinic: Clinic, screens: Screens
) -> None:
    found = screens(person, OPERATOR)
    assert found is not None
    assert (found["display_name"], found["roles"], found["credentials"].keys()) == (
        "Olive Operator",
        ["operator"],
        {"totp"},
    )
    people, stream, herself = (
        practitioner.PRACTITIONER,
        OPERATOR.stream,
        Actor.practitioner(OPERATOR),
    )
    grant = partial(practitioner.grant_role, role=Role.ADMINISTRATOR, granted_by=SERVICE)
    clinic.record(people, stream, grant)
    issue = partial(practitioner.issue_credential, credential="password")
    [issued] = clinic.record(people, stream, issue)
    found = screens(person, OPERATOR)
    assert found is not None
    assert found["roles"] == ["administrator", "operator"]
    means = {"by": str(SERVICE), "at": str(issued.committed_at), "own": False}
    assert found["credentials"]["password"] == means
    choose = partial(practitioner.choose_credential, credential="password", chosen_by=herself)
    [chosen] = clinic.record(people, stream, choose, actor=herself)
    revoke = partial(
        practitioner.revoke_role, role=Role.OPERATOR, reason="left the ward", revoked_by=SERVICE
    )
    take = partial(practitioner.revoke_credential, credential="totp", reason="lost the phone")
    for each in (revoke, take):
        clinic.record(people, stream, each)
    found = screens(person, OPERATOR)
    assert found is not None
    assert found["roles"] == ["administrator"]
    means = {"by": str(herself), "at": str(chosen.committed_at), "own": True}
    assert found["credentials"] == {"password": means}
    assert found["version"] == 8
    assert screens(person, PractitionerId.derived("nobody")) is None


@pytest.mark.verifies("REQ-IN-198")
def test_people_are_listed_by_name_with_when_they_last_signed_in(
    clinic: Clinic, screens: Screens
) -> None:
    clinic.sign_in(PRACTITIONER)
    rows = screens(practitioners)
    assert [row["display_name"] for row in rows] == [
        "Dr Paul Practitioner",
        "Olive Operator",
        "Pia Privacy",
        "Quinn Quality",
    ]
    assert rows[0]["last_signed_in_at"] == str(clinic.clock.now())
    assert rows[1]["last_signed_in_at"] is None
    assert screens(display_names)[PRACTITIONER] == "Dr Paul Practitioner"


@pytest.mark.verifies("REQ-IN-208")
def test_the_clinic_is_shown_with_the_build_that_serves_it(
    clinic: Clinic, screens: Screens
) -> None:
    found = screens(clinic_row)
    assert found is not None
    assert (found["clinic"], found["name"], found["demo"]) == (CLINIC, "Harbour Clinic", True)
    assert found["software"]["version"] == "0.1.0", "although it served before the clinic was there"
    clinic.deploy("0.2.0")
    found = screens(clinic_row)
    assert found is not None
    assert found["software"]["build"] == str(a_digest("build 0.2.0"))
    assert "onnxruntime==0.2.0" in found["software"]["components"]
    assert Screens(a_clinic(founded=False))(clinic_row) is None


def test_protocols_are_shown_with_their_approval_and_retirement(
    clinic: Clinic, screens: Screens
) -> None:
    found = screens(protocol, PROTOCOL)
    assert found is not None
    assert (found["name"], found["content_version"], found["state"]) == (
        "Standard face",
        "1.0",
        "approved",
    )
    assert (found["drafted_by"], found["approved_by"]) == (OPERATOR, QUALITY_MANAGER)
    retire = partial(acquisition_protocol.retire_protocol, reason="a new version stands")
    clinic.record(acquisition_protocol.ACQUISITION_PROTOCOL, PROTOCOL.stream, retire)
    newer = ProtocolId.derived("test", "newer")
    clinic.record(
        acquisition_protocol.ACQUISITION_PROTOCOL,
        newer.stream,
        lambda state: acquisition_protocol.draft_protocol(
            state, identifier=newer, content=CONTENT, drafted_by=OPERATOR
        ),
    )
    draft, retired = screens(protocols)
    assert (draft["protocol"], draft["state"], draft["approved_at"]) == (newer, "draft", None)
    assert (retired["state"], retired["retired_because"]) == ("retired", "a new version stands")
    assert (retired["version"], retired["content"]["views"][0]["view"]) == (3, "frontal")
    assert screens(protocol, ProtocolId.derived("none")) is None


@pytest.mark.verifies("DRV-18")
def test_models_are_shown_with_their_approval_and_suspension(
    clinic: Clinic, screens: Screens
) -> None:
    second = ReleaseId.derived("test", "second")
    clinic.release_model(second)
    assert [row["release"] for row in screens(releases)] == [RELEASE, second]
    clinic.suspend_model(RELEASE, "a drift was found")
    found = screens(release, RELEASE)
    assert found is not None
    assert (found["name"], found["state"], found["suspended_because"]) == (
        "skin-colour",
        "suspended",
        "a drift was found",
    )
    assert (found["registered_by"], found["approved_by"]) == (OPERATOR, QUALITY_MANAGER)
    assert found["manifest"]["contraindications"] == ["Full makeup"]
    assert [row["release"] for row in screens(releases, state="approved")] == [second]
    assert screens(release, ReleaseId.derived("none")) is None


@pytest.mark.verifies("DRV-20")
def test_runs_are_shown_whether_they_found_something_failed_or_are_pending(
    clinic: Clinic, screens: Screens
) -> None:
    visit = a_visit(clinic)
    visit.open()
    found, failed, pending = visit.hand_in(), visit.hand_in(), visit.hand_in()
    for attempt in (found, failed, pending):
        visit.measure(attempt)
        visit.request(attempt)
    visit.complete(found)
    visit.fail(failed)
    rows = screens(of_session, visit.session)
    assert [row["attempt"] for row in rows] == [found, failed, pending]
    assert [row["state"] for row in rows] == ["completed", "failed", "requested"]
    assert rows[0]["run"]["runtime"] == "onnxruntime 1.31.1"
    assert [each["code"] for each in rows[0]["findings"]] == ["ita"]
    assert rows[1]["failure"]["rule"] == "model.input"
    assert (rows[2]["ended_seq"], rows[2]["run"]) == (None, None)
    checked = ReproductionChecked(
        outcome="identical", evidence="all outputs have the same digests", platform=PLATFORM
    )
    run = visit.run_of(found)
    visit.infer(
        lambda state: inference.check_reproduction(
            state, checked, outputs=an_inference_completed().outputs
        ),
        run,
    )
    shown = screens(inference_run, run)
    assert shown is not None
    assert [each["outcome"] for each in shown["reproductions"]] == ["identical"]
    assert screens(inference_run, visit.run_of(an_attempt_id("none"))) is None


def test_artefacts_belong_to_the_session_they_were_made_in(
    clinic: Clinic, screens: Screens
) -> None:
    visit, other = a_visit(clinic), a_visit(clinic)
    visit.analyse()
    digest = str(MAP.content.digest)
    found = screens(artefact, visit.session, digest)
    assert found is not None
    assert (found["name"], found["subject"]) == ("melanin-map", visit.who)
    assert screens(artefact, other.session, digest) is None
