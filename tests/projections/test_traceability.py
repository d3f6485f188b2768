"""From a report back to everything it rests on, and from a defect forward to all it touches."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from domain.events import equipment as stations
from domain.events.claim import ClaimRegistered, ClaimValidated
from domain.rules import equipment
from domain.rules.claim import CLAIM, claim_digest
from domain.rules.volume_change import VOLUME_CHANGE
from domain.values.consent import Purpose
from domain.values.identifiers import ReleaseId
from domain.values.signature import Meaning
from projections.rows import Row
from projections.trace_graph import NODE, resting_on
from projections.traceability import LAYERS, affected, trace_report
from tests.builders import (
    DEVICE,
    MODEL_LIST,
    OPERATOR,
    PRACTITIONER,
    PROTOCOL,
    RELEASE,
    a_calibration_record,
    a_configuration,
    a_digest,
    a_manifest,
    a_stereo_pair,
    a_wording,
    an_unseen_light,
)
from tests.claim_builders import CLAIM_ID, a_change, a_claim, a_region_change
from tests.projections.clinic import Clinic, a_clinic
from tests.projections.screens import Screens
from tests.projections.visits import Visit, a_visit


@pytest.fixture
def clinic() -> Clinic:
    """Return a clinic without clients."""
    return a_clinic()


@pytest.fixture
def screens(clinic: Clinic) -> Screens:
    """Return its screens."""
    return Screens(clinic)


def reported(clinic: Clinic, *, before: Visit | None = None) -> Visit:
    """Return a visit of a subject who agreed to everything, which ended with a report."""
    visit = a_visit(clinic, None if before is None else before.who)
    for purpose in (Purpose.CLINICAL_CAPTURE, Purpose.AI_ANALYSIS):
        clinic.consent(visit.who, purpose)
    visit.analyse()
    visit.report()
    return visit


def test_light_that_nobody_measured_has_no_number_in_the_trace(
    clinic: Clinic, screens: Screens
) -> None:
    clinic.light(an_unseen_light())
    clinic.light()
    query = sa.select(NODE.c.title).where(NODE.c.kind == "illumination")
    titles = screens(lambda connection: list(connection.execute(query).scalars()))
    assert {*titles} == {"Illumination, not measured", "Illumination, 5600 K"}


def trace(screens: Screens, report: str) -> tuple[dict[str, Row], set[tuple[str, str, str]]]:
    """Return nodes by identifier, and edges as (kind, label, kind)."""
    nodes, edges = screens(trace_report, report)
    kinds = {node["id"]: node for node in nodes}
    assert all(edge["source"] in kinds and edge["target"] in kinds for edge in edges)
    return kinds, {
        (kinds[edge["source"]]["kind"], edge["label"], kinds[edge["target"]]["kind"])
        for edge in edges
    }


def of_kind(nodes: dict[str, Row], kind: str) -> list[Row]:
    """Return the nodes of one kind."""
    return [node for node in nodes.values() if node["kind"] == kind]


@pytest.mark.verifies("REQ-IN-007")
@pytest.mark.verifies("REQ-IN-181")
@pytest.mark.verifies("REQ-IN-182")
@pytest.mark.verifies("REQ-IN-183")
@pytest.mark.verifies("REQ-IN-184")
@pytest.mark.verifies("REQ-IN-185")
def test_a_report_leads_back_to_everything_it_rests_on(clinic: Clinic, screens: Screens) -> None:
    visit = reported(clinic)
    (attempt,) = visit.state.attempts
    (report,) = visit.review.reports.values()
    nodes, edges = trace(screens, report)
    assert {node["kind"] for node in nodes.values()} == set(LAYERS) - {
        "amendment",
        *("change", "claim", "claim-validation"),
    }
    frames = {node["digest"] for node in of_kind(nodes, "frame")}
    assert frames == {str(each.content.digest) for each in a_stereo_pair(str(attempt))}
    (depth,) = of_kind(nodes, "depth")
    assert depth["digest"] == str(visit.state.attempts[attempt].depth.digest)  # type: ignore[union-attr]
    (calibration,) = of_kind(nodes, "calibration")
    assert calibration["digest"] == str(a_calibration_record().parameters.digest)
    assert "NMI-2026-17" in calibration["detail"]
    (build,) = of_kind(nodes, "software")
    assert (build["title"], build["digest"]) == ("Software 0.1.0", str(a_digest("build 0.1.0")))
    (configuration,) = of_kind(nodes, "configuration")
    assert configuration["title"] == "Configuration, firmware 2.1.0, software 0.1.0"
    assert configuration["detail"] == "cameras CAM-L-0001, CAM-R-0001"
    assert configuration["digest"] == str(a_configuration().software_digest)
    (model,) = of_kind(nodes, "model-release")
    assert model["digest"] == str(a_manifest().model.digest)
    assert of_kind(nodes, "model-list")[0]["digest"] == str(MODEL_LIST)
    assert {node["digest"] for node in of_kind(nodes, "consent")} == {str(a_wording().text)}
    assert {node["title"] for node in of_kind(nodes, "consent")} == {
        "Consent to clinical-capture",
        "Consent to ai-analysis",
    }
    assert of_kind(nodes, "verdict")[0]["title"] == "Accepted"
    assert of_kind(nodes, "protocol")[0]["detail"] == "approved by a second person"
    assert of_kind(nodes, "finding")[0]["detail"] == "accepted"
    assert edges >= {
        ("report", "rests on", "sign-off"),
        ("report", "rendered by", "software"),
        ("sign-off", "signs", "assessment"),
        ("assessment", "lays out", "finding"),
        ("finding", "found by", "inference"),
        ("inference", "runs", "model-release"),
        ("inference", "on", "attempt"),
        ("inference", "covered by", "consent"),
        ("inference", "executed by", "software"),
        ("model-release", "approved by", "model-approval"),
        ("assessment", "has depth", "depth"),
        ("depth", "uses", "calibration"),
        ("attempt", "shot", "frame"),
        ("attempt", "judged", "verdict"),
        ("attempt", "calibrated by", "calibration"),
        ("attempt", "calibration locked by", "calibration-lock"),
        ("attempt", "lit by", "illumination"),
        ("attempt", "captured with", "configuration"),
        ("attempt", "signed by", "device"),
        ("attempt", "in", "session"),
        ("session", "covered by", "consent"),
        ("session", "follows", "protocol"),
        ("session", "allows", "model-list"),
        ("configuration", "runs", "firmware"),
    }


def test_every_node_names_the_record_that_made_it(clinic: Clinic, screens: Screens) -> None:
    visit = reported(clinic)
    (report,) = visit.review.reports.values()
    nodes, _ = trace(screens, report)
    for node in nodes.values():
        (record,) = clinic.log.after(node["seq"] - 1, limit=1)
        assert (node["stream"], node["at"]) == (record.stream, str(record.committed_at))
        assert node["layer"] == LAYERS[node["kind"]]


def test_nothing_of_another_visit_is_in_a_trace(clinic: Clinic, screens: Screens) -> None:
    visit = reported(clinic)
    other = reported(clinic)
    (report,) = visit.review.reports.values()
    nodes, _ = trace(screens, report)
    assert not [node for node in nodes if other.session in node or other.assessment in node]
    assert len(of_kind(nodes, "session")) == 1


def test_an_unknown_report_has_no_trace(screens: Screens) -> None:
    assert screens(trace_report, "nothing") == ([], [])


def test_what_was_in_force_at_the_capture_stays_linked_when_it_changes(
    clinic: Clinic, screens: Screens
) -> None:
    visit = reported(clinic)
    (report,) = visit.review.reports.values()
    before, _ = trace(screens, report)
    changed = replace(a_configuration(), lens_configuration="16 mm")
    clinic.station_says(
        stations.DeviceConfigurationChanged(configuration=changed),
        lambda state: equipment.change_configuration(state, changed),
    )
    clinic.lock(clinic.calibrate().calibration)
    clinic.light()
    clinic.deploy("0.2.0")
    clinic.consent(visit.who)
    after, _ = trace(screens, report)
    shared = {"firmware", "station-software"}  # what a version is is told by who runs it last
    assert {name for name, node in after.items() if node["kind"] not in shared} == {
        name for name, node in before.items() if node["kind"] not in shared
    }


def test_a_report_of_an_amendment_rests_on_it_and_on_what_it_amends(
    clinic: Clinic, screens: Screens
) -> None:
    visit = reported(clinic)
    first = next(iter(visit.review.reports.values()))
    visit.add()
    visit.issue()
    second = next(each for each in visit.review.reports.values() if each != first)
    nodes, edges = trace(screens, second)
    assert of_kind(nodes, "amendment")[0]["title"] == "Amendment 1"
    assert edges >= {("report", "rests on", "amendment"), ("amendment", "amends", "sign-off")}
    assert ("report", "rests on", "sign-off") not in edges
    assert of_kind(trace(screens, first)[0], "amendment") == []


def test_rejected_findings_and_failed_runs_are_told(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.open()
    good, failed = visit.hand_in(), visit.hand_in()
    for attempt in (good, failed):
        visit.measure(attempt)
        visit.request(attempt)
    visit.close()
    visit.complete(good, ("ita", "redness"))
    visit.fail(failed)
    visit.lay_out()
    first, second = visit.findings
    visit.reject(first.finding)
    visit.amend(second.finding)
    visit.conclude()
    visit.sign()
    visit.issue()
    (report,) = visit.review.reports.values()
    nodes, _ = trace(screens, report)
    assert [node["detail"] for node in of_kind(nodes, "finding")] == ["rejected", "amended"]
    assert [node["detail"] for node in of_kind(nodes, "inference")] == [
        "onnxruntime 1.31.1, CPUExecutionProvider",
        "failed: model.input",
    ]


# Forwards


def sessions(*visits: Visit) -> list[str]:
    """Return the sessions of visits as a query gives them."""
    return sorted(visit.session for visit in visits)


def reports(*visits: Visit) -> list[str]:
    """Return the reports of visits as a query gives them."""
    return sorted(each for visit in visits for each in visit.review.reports.values())


@pytest.mark.verifies("DRV-14")
def test_a_defective_calibration_leads_to_every_session_and_report_that_rests_on_it(
    clinic: Clinic, screens: Screens
) -> None:
    first = reported(clinic)
    (before,) = screens(resting_on, f"device:{DEVICE}", "calibration")
    rejected = a_visit(clinic)
    rejected.open()
    rejected.measure(rejected.hand_in(), focus=20.0)
    imported = a_visit(clinic)
    imported.open(imports=True)
    imported.measure(imported.bring())
    newer = clinic.calibrate().calibration
    clinic.lock(newer)
    second = reported(clinic)
    assert screens(affected, before) == (sessions(first, rejected), reports(first))
    assert screens(affected, f"calibration:{newer}") == (sessions(second), reports(second))
    assert screens(affected, f"device:{DEVICE}") == (
        sessions(first, rejected, second),
        reports(first, second),
    )


@pytest.mark.verifies("DRV-14")
def test_a_defective_model_build_library_or_firmware_leads_to_what_rests_on_it(
    clinic: Clinic, screens: Screens
) -> None:
    first = reported(clinic)
    clinic.deploy("0.2.0")
    other = ReleaseId.derived("test", "other")
    clinic.release_model(other)
    second = reported(clinic)
    everything = (sessions(first, second), reports(first, second))
    assert screens(affected, f"model-release:{RELEASE}") == everything
    begun = a_visit(clinic)
    begun.open()
    attempt = begun.hand_in()
    begun.measure(attempt)
    begun.request(attempt, other)
    assert screens(affected, f"model-release:{other}") == (sessions(begun), [])
    begun.abandon()
    everything = (sessions(first, second, begun), reports(first, second))
    assert screens(affected, "component:onnxruntime==0.1.0") == (sessions(first), reports(first))
    assert screens(affected, "component:onnxruntime==0.2.0") == (
        sessions(second, begun),
        reports(second),
    )
    assert screens(affected, "component:numpy==2.3.5") == everything
    assert screens(affected, "firmware:2.1.0") == everything
    assert screens(affected, "station-software:0.1.0") == everything
    assert screens(affected, f"protocol:{PROTOCOL}") == everything
    assert screens(affected, "firmware:9.9.9") == ([], [])


@pytest.mark.verifies("DRV-14")
def test_a_session_without_attempts_is_affected_by_what_opened_it(
    clinic: Clinic, screens: Screens
) -> None:
    visit = a_visit(clinic)
    visit.open()
    assert screens(affected, f"protocol:{PROTOCOL}") == (sessions(visit), [])


@pytest.mark.verifies("DRV-14")
def test_a_large_affected_set_is_complete(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.open()
    attempts = [visit.hand_in() for _ in range(40)]
    assert len(screens(resting_on, f"device:{DEVICE}", "attempt")) == len(attempts)


@pytest.mark.verifies("DRV-14")
def test_a_measured_change_rests_on_both_captures_their_depth_and_the_claim(
    clinic: Clinic, screens: Screens
) -> None:
    earlier = reported(clinic)
    later = reported(clinic, before=earlier)
    (then,), (now,) = earlier.state.attempts, later.state.attempts
    finding = later.findings[0]
    measured = a_change(a_region_change())
    change = replace(
        measured,
        subject=later.who,
        earlier_session=earlier.session,
        earlier_attempt=then,
        session=later.session,
        attempt=now,
        findings=(replace(measured.findings[0], finding=finding.finding),),
    )
    content = a_claim()
    claim = ClaimRegistered(claim=CLAIM_ID, content=content, registered_by=OPERATOR)
    signed = clinic.signed(claim_digest(content), PRACTITIONER, Meaning.APPROVED).signature
    clinic.record(CLAIM, CLAIM_ID.stream, lambda _: (claim, ClaimValidated(signature=signed)))
    clinic.record(VOLUME_CHANGE, change.change.stream, lambda _: change, who=later.who)

    for node in (f"depth:{then}", f"attempt:{now}", f"claim:{CLAIM_ID}"):
        assert screens(resting_on, node, "change") == [f"change:{change.change}"]
        assert f"finding:{finding.finding}" in screens(resting_on, node, "finding")
    (report,) = later.review.reports.values()
    assert f"report:{report}" in screens(resting_on, f"depth:{then}", "report")
    kinds, edges = trace(screens, report)
    assert len(of_kind(kinds, "depth")) == 2
    assert ("claim", "in force by", "claim-validation") in edges
