"""Studies through the interface: limits first, then the result, each signed by a second person."""

import json
from typing import Any

import httpx
import pytest

from domain.events.codec import to_plain
from domain.events.study import StudyCompleted
from domain.ledger import canonical
from domain.values.content import Digest
from domain.values.study import StudyPlan
from tests.api.portal import Person, Portal
from tests.domain.values.test_study import PLAN
from tests.validation.studies.test_report import CASES, rendered
from validation.studies.case_file import encode_cases
from validation.studies.evaluation import evaluate

STORED = encode_cases(CASES)
DATA = str(Digest.of(STORED))


def result_of(plan: StudyPlan = PLAN) -> dict[str, Any]:
    return {
        "format": "vultus/study-result/v1",
        "plan": to_plain(plan),
        "data": DATA,
        "cases": len(CASES.cases),
        "figures": [to_plain(each) for each in evaluate(plan, CASES)],
        "software": "0.1.0",
        "platform": str(Digest.of(b"platform")),
    }


def send_result(
    person: Person, study: str, result: dict[str, Any] | None = None, cases: bytes = STORED
) -> httpx.Response:
    files = {
        "result": ("result.json", canonical.encode(result or result_of()), "application/json"),
        "cases": ("cases.json", cases, "application/json"),
        "document": ("report.pdf", rendered(), "application/pdf"),
    }
    return person.send("POST", f"/studies/{study}/result", files=files, data={"data": DATA})


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
