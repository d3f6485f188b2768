"""Studies through the interface: limits first, then the result, each signed by a second person."""

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from adapters.imaging.determinism import platform_digest
from adapters.studies.case_file import encode_cases
from adapters.studies.evaluation import METHOD, evaluate
from adapters.studies.observations import Cases, Measured
from domain.errors import NotFound
from domain.events.codec import to_plain
from domain.events.study import StudyCompleted, StudyResultRefused
from domain.ledger import canonical
from domain.values.content import Digest
from domain.values.study_figures import StudyEvaluation
from tests.api.portal import Person, Portal
from tests.domain.values.test_study import PLAN
from tests.validation.studies.test_report import CASES, rendered

STORED = encode_cases(CASES)
DATA = str(Digest.of(STORED))


def result_of(cases: Cases = CASES) -> dict[str, Any]:
    return {
        "format": "vultus/study-result/v1",
        "plan": to_plain(PLAN),
        "data": str(Digest.of(encode_cases(cases))),
        "cases": len(cases.cases),
        "figures": [to_plain(each) for each in evaluate(PLAN, cases)],
        "software": "0.1.0",
        "platform": platform_digest(),
    }


def send_result(
    person: Person,
    study: str,
    result: dict[str, Any] | None = None,
    cases: bytes = STORED,
    key: str | None = None,
) -> httpx.Response:
    sent = result or result_of()
    files = {
        "result": ("result.json", canonical.encode(sent), "application/json"),
        "cases": ("cases.json", cases, "application/json"),
        "document": ("report.pdf", rendered(), "application/pdf"),
    }
    path = f"/studies/{study}/result"
    return person.send("POST", path, files=files, data={"data": sent["data"]}, key=key)


def stored(portal: Portal) -> set[str]:
    folder = portal.system.settings.data / "blobs"
    return {each.name for each in folder.rglob("*") if each.is_file()}


@pytest.fixture
def quality(portal: Portal) -> Person:
    return portal.sign_in("quality")


@pytest.fixture
def second(portal: Portal) -> Person:
    return portal.sign_in("second")


@pytest.fixture
def planned(quality: Person) -> dict[str, Any]:
    return quality.done("/studies", {"plan": to_plain(PLAN)})


@pytest.mark.verifies("REQ-IN-178")
def test_a_study_goes_from_plan_to_confirmed_result(
    portal: Portal, quality: Person, second: Person, planned: dict[str, Any]
) -> None:
    study = planned["study"]
    early = send_result(quality, study)
    assert early.status_code == 409
    assert early.json()["rule"] == "study.approved-first"

    assert second.approve(f"/studies/{study}/approve", planned["digest"]).status_code == 200
    completed = send_result(quality, study)
    assert completed.status_code == 201, completed.text
    assert completed.json()["passed"] is True
    confirmed = second.approve(f"/studies/{study}/confirm", completed.json()["digest"])
    assert confirmed.status_code == 200

    shown = quality.read(f"/studies/{study}")
    assert (shown["state"], shown["passed"]) == ("confirmed", True)
    assert shown["plan_digest"] == planned["digest"]
    assert shown["result_digest"] == completed.json()["digest"]
    assert [each["study"] for each in quality.read("/studies")["items"]] == [study]
    assert shown["run_by"] == shown["planned_by"]
    assert [(each["name"], each["by"]) for each in shown["steps"]] == [
        ("StudyPlanned", shown["planned_by"]),
        ("StudyPlanApproved", shown["approved_by"]),
        ("StudyCompleted", shown["run_by"]),
        ("StudyConfirmed", shown["confirmed_by"]),
    ]
    places = [each["seq"] for each in shown["steps"]]
    assert places == sorted(places)
    report = quality.get(f"/studies/{study}/report")
    assert report.content == rendered()
    (event,) = portal.events("StudyCompleted")
    assert isinstance(event, StudyCompleted)
    assert event.report.digest == Digest.of(rendered())
    key = portal.system.clinic_key
    assert b"".join(portal.system.blobs.read(event.data, key=key)) == STORED


def test_whoever_planned_it_does_not_approve_it(quality: Person, planned: dict[str, Any]) -> None:
    refused = quality.approve(f"/studies/{planned['study']}/approve", planned["digest"])
    assert refused.status_code == 409
    assert refused.json()["rule"] == "study.second-person"


def test_what_is_not_the_studys_own_result_is_refused(
    portal: Portal, quality: Person, second: Person, planned: dict[str, Any]
) -> None:
    study = planned["study"]
    second.approve(f"/studies/{study}/approve", planned["digest"])
    size, blobs = portal.system.log.size(), stored(portal)
    other = json.loads(json.dumps(result_of()))
    other["plan"]["limits"][0]["maximum"] = 100.0
    assert send_result(quality, study, other).json()["rule"] == "study.same-plan"
    altered = send_result(quality, study, cases=STORED + b" ")
    assert (altered.status_code, altered.json()["rule"]) == (409, "study.cases")
    assert send_result(quality, study, result_of() | {"format": "else"}).status_code == 422
    assert send_result(quality, study, result_of() | {"cases": "many"}).status_code == 422
    assert send_result(quality, study, result_of() | {"figures": [{}]}).status_code == 422
    assert send_result(quality, study, result_of() | {"plan": {}}).status_code == 422
    assert stored(portal) == blobs
    assert portal.system.log.size() == size
    assert quality.get(f"/studies/{study}/report").status_code == 404


def kept(portal: Portal, content: bytes) -> bool:
    """Return whether content is stored under the clinic's key."""
    try:
        portal.system.blobs.find(Digest.of(content), key=portal.system.clinic_key)
    except NotFound:
        return False
    return True


def with_figure(result: dict[str, Any], statistic: str, **changed: object) -> dict[str, Any]:
    """Return a result in which one figure of everybody was edited."""
    place = {"statistic": statistic, "stratum": "all"}
    return result | {
        "figures": [
            each | (changed if place.items() <= each.items() else {}) for each in result["figures"]
        ]
    }


@pytest.fixture
def approved(second: Person, planned: dict[str, Any]) -> str:
    assert (
        second.approve(f"/studies/{planned['study']}/approve", planned["digest"]).status_code == 200
    )
    study: str = planned["study"]
    return study


@pytest.mark.verifies("REQ-IN-178")
def test_an_edited_figure_is_refused_and_that_is_recorded(
    portal: Portal, quality: Person, approved: str
) -> None:
    honest = result_of()
    edited = with_figure(honest, "rms", value=0.125)
    refused = send_result(quality, approved, edited, key="e" * 32)
    assert (refused.status_code, refused.json()["rule"]) == (409, "study.figures")
    assert "rms of all: stated 0.125, found " in refused.json()["evidence"]
    assert "vultus study run --cases" in refused.json()["next_step"]
    assert (
        send_result(quality, approved, edited, key="e" * 32).json()["evidence"]
        == (refused.json()["evidence"])
    )
    (event,) = portal.events("StudyResultRefused")
    assert isinstance(event, StudyResultRefused)
    assert (event.rule, event.data) == ("study.figures", DATA)
    assert event.evidence == refused.json()["evidence"]
    assert not kept(portal, STORED)
    assert not kept(portal, rendered())

    shown = quality.read(f"/studies/{approved}")
    assert (shown["state"], shown["result"]) == ("approved", None)
    assert shown["steps"][-1]["name"] == "StudyResultRefused"
    assert send_result(quality, approved, honest).status_code == 201
    assert kept(portal, STORED)
    assert quality.read(f"/studies/{approved}")["state"] == "completed"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"cases": 31}, "number of cases: stated 31, found 30"),
        ({"figures": []}, "cases of all: stated none, found 30.0"),
    ],
)
def test_what_else_is_edited_is_refused(
    quality: Person, approved: str, changed: dict[str, Any], said: str
) -> None:
    refused = send_result(quality, approved, result_of() | changed)
    assert refused.json()["rule"] == "study.figures"
    assert refused.json()["evidence"].endswith(said)


@pytest.mark.verifies("REQ-IN-178")
def test_what_is_recorded_are_the_figures_that_were_worked_out_here(
    portal: Portal, quality: Person, approved: str
) -> None:
    elsewhere = result_of() | {"platform": str(Digest.of(b"another platform"))}
    rms = next(each["value"] for each in elsewhere["figures"] if each["statistic"] == "rms")
    near = with_figure(elsewhere, "rms", value=rms * (1 + 1e-12))
    far = with_figure(elsewhere, "rms", value=rms * (1 + 1e-7))
    assert send_result(quality, approved, far).json()["rule"] == "study.figures"
    assert send_result(quality, approved, near).status_code == 201
    (event,) = portal.events("StudyCompleted")
    assert isinstance(event, StudyCompleted)
    assert event.figures == evaluate(PLAN, CASES)
    assert event.platform == elsewhere["platform"]
    assert event.evaluation == StudyEvaluation(
        method=METHOD, software="0.1.0", platform=Digest(platform_digest())
    )


def test_cases_of_something_else_are_refused_and_that_is_recorded(
    portal: Portal, quality: Person, approved: str
) -> None:
    of = Measured(output="redness", unit="deg", method=PLAN.method, evidence=PLAN.evidence)
    cases = replace(CASES, measured=of)
    refused = send_result(quality, approved, result_of(cases), encode_cases(cases))
    assert (refused.status_code, refused.json()["rule"]) == (409, "study.measured")
    assert refused.json()["evidence"] == (
        "the output of the cases is redness, that of the plan ita"
    )
    (event,) = portal.events("StudyResultRefused")
    assert isinstance(event, StudyResultRefused)
    assert event.rule == "study.measured"


@pytest.mark.parametrize("cases", [b"no cases", b'{"format":"vultus/study-cases/v1"}', b"\xff"])
def test_cases_that_cannot_be_read_leave_nothing_behind(
    portal: Portal, quality: Person, approved: str, cases: bytes
) -> None:
    size = portal.system.log.size()
    result = result_of() | {"data": str(Digest.of(cases))}
    assert send_result(quality, approved, result, cases).status_code == 422
    assert portal.system.log.size() == size
    assert not kept(portal, cases)
    assert not kept(portal, rendered())


def test_more_than_is_worked_out_in_a_request_is_refused(
    portal: Portal, quality: Person, approved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = portal.system.log.size()
    monkeypatch.setattr("adapters.studies.submitted.MOST_CASES", 20)
    refused = send_result(quality, approved)
    assert refused.status_code == 422
    assert "30 cases are more than 20" in refused.json()["detail"]
    monkeypatch.setattr("api.study_results.MOST_RESULT_BYTES", 100)
    assert "larger than" in send_result(quality, approved).json()["detail"]
    monkeypatch.undo()
    long = with_figure(result_of(), "rms", unit="d" * 700)
    assert "more than 600 characters" in send_result(quality, approved, long).json()["detail"]
    assert portal.system.log.size() == size


def test_only_quality_managers_plan_and_approve(portal: Portal, planned: dict[str, Any]) -> None:
    practitioner = portal.sign_in("practitioner")
    assert practitioner.post("/studies", {"plan": to_plain(PLAN)}).status_code == 403
    assert practitioner.read(f"/studies/{planned['study']}")["state"] == "planned"


def test_a_plan_that_could_not_fail_is_malformed(quality: Person) -> None:
    plan = to_plain(PLAN)
    assert isinstance(plan, dict)
    assert quality.post("/studies", {"plan": plan | {"limits": []}}).status_code == 422


def test_repeating_a_request_records_nothing_more(
    portal: Portal, quality: Person, second: Person, planned: dict[str, Any]
) -> None:
    body = {"plan": to_plain(PLAN)}
    again = quality.post("/studies", body, key="k" * 32)
    assert again.status_code == 409  # another request for what stands there
    approval = {"reauthentication": second.proof(), "digest": planned["digest"]}
    path = f"/studies/{planned['study']}/approve"
    first = second.post(path, approval, key="a" * 32)
    size = portal.system.log.size()
    assert second.post(path, approval, key="a" * 32).json() == first.json()
    assert portal.system.log.size() == size
