"""A record that is cut off a stream's end is missed, up to where the report looked."""

from pathlib import Path

import pytest

from domain.ledger import bundle
from domain.ledger.report_data import FIRST_FORMAT
from tests.validation.audit.change_stories import change_story
from tests.validation.audit.packing import LOG_KEY, pack, write_zip
from tests.validation.audit.stories import Story, clinic_story
from tests.validation.audit.test_trace import follow
from tests.validation.audit.wrong_ends import WRONG_ENDS, cut_off, withdrawal
from tests.validation.audit.wrong_stories import Change, saying
from validation.audit.archive import Archive
from validation.audit.outcome import Outcome
from validation.audit.verify_bundle import verify_bundle


def verify(folder: Path, story: Story) -> Outcome:
    """Pack a story's bundle and verify it."""
    with Archive(write_zip(folder / "bundle.zip", pack(story))) as archive:
        return verify_bundle(archive, log_key=LOG_KEY)


@pytest.mark.verifies("DRV-16", "DRV-25", "REQ-IN-183")
@pytest.mark.parametrize(
    ("change", "reason"), [pytest.param(*case[1:], id=case[0]) for case in WRONG_ENDS]
)
def test_what_is_cut_off_or_not_said_of_a_streams_end_is_named(change: Change, reason: str) -> None:
    story = change_story()
    change(story)
    found = follow(story).failures
    assert any(reason in failure for failure in found), found


@pytest.mark.verifies("DRV-16", "DRV-25")
def test_a_withdrawal_left_out_of_a_bundle_is_found_by_its_files_alone(tmp_path: Path) -> None:
    story = change_story()
    cut_off(withdrawal(), "ClaimValidated")(story)
    outcome = verify(tmp_path, story)
    assert not outcome.passed
    (failure,) = outcome.steps[9].failures
    assert failure.startswith("claim-")


@pytest.mark.verifies("DRV-25")
def test_what_is_not_shown_of_later_records_is_said(tmp_path: Path) -> None:
    story = change_story()
    cut_off(withdrawal(), "AssessmentSignedOff")(story)
    outcome = verify(tmp_path, story)
    assert outcome.passed, outcome.to_text()
    told = outcome.to_text()
    assert "streams are here from their beginning to where they ended at record" in told
    assert "Not shown: what the log holds on the same streams since the signature" in told


def test_a_report_of_the_first_format_says_nothing_of_ends_and_that_is_said(
    tmp_path: Path,
) -> None:
    story = change_story()
    cut_off(withdrawal(), "ClaimValidated")(story)
    saying("format", FIRST_FORMAT)(story)
    outcome = verify(tmp_path, story)
    assert outcome.passed, outcome.to_text()
    assert "not shown: that the 6 streams on which this rests" in outcome.to_text()
    assert "Not shown: that the log holds nothing more on the same streams" in outcome.to_text()


@pytest.mark.verifies("DRV-25")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (saying("report.trace.log.root", f"sha256:{'0' * 64}"), "records that the report saw"),
        (saying("report.trace.log.origin", "vultus/other"), "does not name the log of the"),
        (saying("report.trace.log", None), "does not name the log of the checkpoint"),
    ],
    ids=["root", "origin", "none"],
)
def test_a_report_that_saw_another_history_is_named(
    tmp_path: Path, change: Change, reason: str
) -> None:
    story = clinic_story()
    change(story)
    assert any(reason in each for each in verify(tmp_path, story).steps[5].failures)


@pytest.mark.parametrize("format_", [None, FIRST_FORMAT])
def test_a_bundle_without_the_proof_of_what_the_report_saw_says_so(
    tmp_path: Path, format_: str | None
) -> None:
    story = clinic_story()
    story.said |= {} if format_ is None else {"format": format_}
    files = pack(story, consistency=())
    with Archive(write_zip(tmp_path / "bundle.zip", files)) as archive:
        outcome = verify_bundle(archive, log_key=LOG_KEY)
    seen = outcome.steps[5]
    if format_ is None:
        assert (
            "has no proof that its 20 records continue the 18 that the report saw"
            in (seen.failures[0])
        )
    else:
        assert seen.failures == []
        assert "not checked: that the 18 records which the report saw are these" in seen.notes


def test_a_document_that_says_nothing_proves_nothing(tmp_path: Path) -> None:
    story = clinic_story()
    files = pack(story)
    manifest = bundle.parse_manifest(files[bundle.MANIFEST_PATH])
    files[bundle.blob_path(manifest.report_digest)] = b"%PDF"
    with Archive(write_zip(tmp_path / "bundle.zip", files)) as archive:
        outcome = verify_bundle(archive, log_key=LOG_KEY)
    assert any("says nothing that can be followed" in each for each in outcome.steps[5].failures)
