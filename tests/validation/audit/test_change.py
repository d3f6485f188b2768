"""Following a change of volume back to both shutters: every link that does not hold is named."""

from pathlib import Path

import pytest

from tests.validation.audit.change_stories import (
    CLAIM,
    EARLIER_CALIBRATION,
    EARLIER_FRAMES,
    EARLIER_SESSION,
    change_story,
)
from tests.validation.audit.facts import Fact, digest
from tests.validation.audit.packing import LOG_KEY, pack, write_zip
from tests.validation.audit.test_trace import follow
from tests.validation.audit.wrong_changes import WRONG_CHANGES, invalidated
from tests.validation.audit.wrong_stories import Change
from validation.audit.archive import Archive
from validation.audit.verify_bundle import verify_bundle


@pytest.mark.verifies("DRV-25", "REQ-IN-181")
def test_an_honest_change_is_followed_to_both_captures_and_its_claim() -> None:
    step = follow(change_story())
    assert step.failures == []
    notes = "\n".join(step.notes)
    for said in (
        "(VolumeChangeMeasured) compares record 12 (AttemptSubmitted) with record 25",
        "is told under record",
        "consent to ai-analysis was in force at record 19 (InferenceRequested)",
        "3 further inputs of record",
    ):
        assert said in notes


@pytest.mark.verifies("DRV-25")
def test_a_bundle_of_two_visits_verifies_from_its_files_alone(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bundle.zip", pack(change_story()))
    with Archive(path) as archive:
        outcome = verify_bundle(archive, log_key=LOG_KEY)
    assert outcome.passed, outcome.to_text()


@pytest.mark.verifies("REQ-IN-181", "REQ-IN-183", "DRV-12", "DRV-16")
@pytest.mark.parametrize(
    ("change", "reason"), [pytest.param(*case[1:], id=case[0]) for case in WRONG_CHANGES]
)
def test_a_link_of_a_change_that_does_not_hold_is_named(change: Change, reason: str) -> None:
    story = change_story()
    change(story)
    found = follow(story).failures
    assert any(reason in failure for failure in found), found


@pytest.mark.parametrize(
    "stream", [f"capture-session-{EARLIER_SESSION}", f"claim-{CLAIM}"], ids=["session", "claim"]
)
def test_a_stream_behind_a_change_that_begins_later_supports_no_conclusion(stream: str) -> None:
    story = change_story()
    first = next(each for each in story.facts if each.stream == stream)
    prelude = Fact(stream, "Prelude", {}, packed=False)
    story.facts.insert(story.facts.index(first), prelude)
    step = follow(story)
    assert any(
        failure.startswith(stream) and "not in the bundle from its beginning" in failure
        for failure in step.failures
    )


def test_what_was_found_wrong_only_after_the_change_is_said_and_is_no_failure() -> None:
    story = change_story()
    story.insert(invalidated(EARLIER_CALIBRATION), after="AssessmentSignedOff")
    story.insert(
        Fact(f"claim-{CLAIM}", "ClaimWithdrawn", {"reason": "other lenses"}), after="ReportIssued"
    )
    step = follow(story)
    assert step.failures == []
    assert any("found defective after" in note for note in step.notes)
    assert any("the claim was withdrawn after" in note for note in step.notes)


def test_an_earlier_picture_that_is_only_named_is_counted() -> None:
    story = change_story()
    for content in EARLIER_FRAMES:
        del story.contents[digest(content)]
    step = follow(story)
    assert step.failures == []
    assert "of which 2 are named by digest and not in the bundle" in step.notes
    assert "of which 2 of the change are named by digest and not in the bundle" in step.notes
