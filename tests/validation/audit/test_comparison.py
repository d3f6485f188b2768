"""Following figures of two visits back to both: what does not hold is named, whatever it is."""

from pathlib import Path

import pytest

from domain.ledger.report_data import FIRST_FORMAT
from tests.validation.audit.comparison_stories import COMPARISON, EARLIER_STREAM, comparison_story
from tests.validation.audit.facts import Fact
from tests.validation.audit.packing import LOG_KEY, pack, write_zip
from tests.validation.audit.stories import ASSESSMENT, FINDING, clinic_story
from tests.validation.audit.test_trace import follow
from tests.validation.audit.wrong_comparisons import WRONG_COMPARISONS
from tests.validation.audit.wrong_stories import Change
from validation.audit.archive import Archive
from validation.audit.verify_bundle import verify_bundle


@pytest.mark.verifies("DRV-15", "DRV-25", "REQ-IN-181")
def test_honest_figures_are_followed_to_both_visits_and_worked_out_anew() -> None:
    step = follow(comparison_story())
    assert step.failures == []
    assert (
        "Individual typology angle, left oblique: 38 deg in record 20 (InferenceCompleted), "
        "41.5 deg in record 32 (InferenceCompleted); changes from 2.5 on can be told, "
        "told is +3.5 deg"
    ) in step.notes
    assert any("is the report's own verdict" in note for note in step.notes)


def test_a_change_below_what_can_be_told_is_told_as_none() -> None:
    story = comparison_story()
    for name in ("InferenceCompleted", "AssessmentOpened"):
        story.change(name, "findings.0.value", 40.0)
    story.said["report.comparison.quantities.0.now"] = 40.0
    step = follow(story)
    assert step.failures == []
    assert any(
        note.endswith("changes from 2.5 on can be told, told is none") for note in step.notes
    )


@pytest.mark.verifies("DRV-15", "DRV-17")
def test_numbers_that_state_no_uncertainty_may_not_be_compared() -> None:
    story = comparison_story()
    for name in ("InferenceCompleted", "AssessmentOpened"):
        for visit in ("", "earlier "):
            story.change(visit + name, "findings.0.uncertainty", 0.0)
    story.said["report.comparison.quantities.0.detectable_change"] = 0.0
    assert any("in both visits were no figures" in each for each in follow(story).failures)


@pytest.mark.verifies("DRV-25")
@pytest.mark.parametrize("format_", [None, FIRST_FORMAT])
def test_a_bundle_of_two_assessed_visits_verifies_from_its_files_alone(
    tmp_path: Path, format_: str | None
) -> None:
    story = comparison_story()
    story.said |= {} if format_ is None else {"format": format_}
    path = write_zip(tmp_path / "bundle.zip", pack(story))
    with Archive(path) as archive:
        outcome = verify_bundle(archive, log_key=LOG_KEY)
    assert outcome.passed, outcome.to_text()
    assert ("before reports said how far they went" in outcome.to_text()) == bool(format_)


@pytest.mark.verifies("DRV-15", "DRV-25", "REQ-IN-181", "REQ-IN-183")
@pytest.mark.parametrize(
    ("change", "reason"), [pytest.param(*case[1:], id=case[0]) for case in WRONG_COMPARISONS]
)
def test_what_does_not_hold_of_a_comparison_is_named(change: Change, reason: str) -> None:
    story = comparison_story()
    change(story)
    found = follow(story).failures
    assert any(reason in failure for failure in found), found


def test_an_earlier_assessment_that_begins_later_supports_no_conclusion() -> None:
    story = comparison_story()
    first = story.facts.index(story.fact("earlier AssessmentOpened"))
    story.facts.insert(first, Fact(EARLIER_STREAM, "Prelude", {}, packed=False))
    assert any(
        f"{EARLIER_STREAM}, with which the report compares, is not in the bundle from its beginning"
        in failure
        for failure in follow(story).failures
    )


def test_a_review_left_out_of_the_reports_own_assessment_is_missed() -> None:
    story = comparison_story()
    rejected = Fact(f"assessment-{ASSESSMENT}", "FindingRejected", {"finding": FINDING})
    rejected.packed = False
    story.insert(rejected, after="FindingAccepted")
    assert any(
        failure.startswith(f"not all of assessment-{ASSESSMENT} before record")
        for failure in follow(story).failures
    )


def test_visits_that_do_not_compare_need_no_evidence_and_it_is_said() -> None:
    story = clinic_story()
    story.comparison = {
        **COMPARISON,
        "quantities": [],
        "conditions_differ": ["Frontal, distance: 450 mm then, 468 mm now"],
    }
    step = follow(story)
    assert step.failures == []
    assert any("shows no figures of the visit of" in note for note in step.notes)


def test_a_photograph_from_elsewhere_was_taken_when_it_arrived() -> None:
    story = comparison_story()
    submitted = story.fact("earlier AttemptSubmitted")
    submitted.name, submitted.device = "PhotographImported", False
    found = follow(story).failures
    assert any("it holds record 21 (AssessmentOpened) of 2026-" in each for each in found), found
