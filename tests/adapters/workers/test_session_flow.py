"""A whole session through the real log: from the station's frames to the issued report."""

from collections.abc import Iterator

import pytest

from adapters.reported.content import read_report
from adapters.reports.conditions import Calibration
from adapters.reports.render import renderer
from domain.events.assessment import AssessmentOpened, ReportIssued
from domain.events.capture_session import AttemptMeasured, AttemptSubmitted, DepthReconstructed
from domain.events.equipment import CalibrationRecorded
from domain.events.inference import InferenceCompleted
from domain.events.model_release import ModelRegistered
from domain.values.content import Digest
from domain.values.identifiers import AssessmentId, SessionId
from tests.adapters.reports import pdf_text
from tests.adapters.workers.clinic_day import ClinicDay
from tests.adapters.workers.finished import Finished, finished
from tests.builders import CALIBRATION, SUBJECT, an_attempt_id


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """Return a clinic with one session that went from frames to report."""
    with finished(tmp_path_factory.mktemp("finished")) as it:
        yield it


@pytest.mark.verifies("REQ-IN-005", "REQ-IN-129", "REQ-IN-181", "REQ-IN-202", "REQ-IN-204")
def test_a_session_goes_from_frames_to_the_report(done: Finished) -> None:
    made = [
        (each.name, str(each.actor).removeprefix("service:"))
        for each in done.day.log.after(done.began - 1, limit=100)
        if str(each.actor).startswith("service:")
    ]
    assert made == [
        ("AttemptMeasured", "quality"),
        ("AttemptJudged", "quality"),
        ("DepthReconstructed", "depth"),
        ("SurfaceReconstructed", "depth"),
        ("OutputWithheld", "withholding"),
        ("InferenceRequested", "inference"),
        ("InferenceCompleted", "inference"),
        ("AssessmentOpened", "assessment"),
        ("ReportIssued", "reporting"),
    ]


def test_every_record_of_a_worker_names_the_record_that_called_for_it(done: Finished) -> None:
    records = {each.seq: each for each in done.day.log.after(-1, limit=100)}
    called = {
        each.name: records[each.causation].name
        for each in records.values()
        if each.causation is not None
    }
    assert called == {
        "AttemptMeasured": "AttemptSubmitted",
        "AttemptJudged": "AttemptMeasured",
        "DepthReconstructed": "AttemptJudged",
        "SurfaceReconstructed": "AttemptJudged",
        "OutputWithheld": "AttemptJudged",
        "InferenceRequested": "AttemptJudged",
        "InferenceCompleted": "InferenceRequested",
        "AssessmentOpened": "SessionClosed",
        "ReportIssued": "AssessmentSignedOff",
    }
    assert {records[each].correlation for each in records} == {"test"}


@pytest.mark.verifies(
    "REQ-IN-096",
    "REQ-IN-097",
    "REQ-IN-098",
    "REQ-IN-099",
    "REQ-IN-100",
    "REQ-IN-101",
    "REQ-IN-102",
    "REQ-IN-103",
)
def test_every_check_of_a_capture_is_recorded_with_the_bytes_it_was_made_on(
    done: Finished,
) -> None:
    submitted, measured = done.one(AttemptSubmitted), done.one(AttemptMeasured)
    names = {each.name for each in measured.measurements}
    assert measured.inputs == tuple(each.content.digest for each in submitted.frames)
    assert names >= {
        "focus_edge_width",
        "face_level",
        "face_found",
        "motion_extent",
        "light_zone_ratio",
        "colour_difference_corrected_mean",
        "stereo_correspondence",
        "depth_completeness",
    }


@pytest.mark.verifies("REQ-IN-104", "REQ-IN-105", "REQ-IN-106")
def test_what_is_derived_is_stored_beside_the_frames_and_named_by_its_own_record(
    done: Finished,
) -> None:
    depth, run = done.one(DepthReconstructed), done.one(InferenceCompleted)
    frames = {each.content.digest for each in done.one(AttemptSubmitted).frames}
    derived = {depth.depth.digest, *(each.content.digest for each in run.artefacts)}
    assert not frames & derived
    assert depth.calibration == CALIBRATION
    assert depth.inputs[:2] == done.one(AttemptMeasured).inputs
    for content in (depth.depth, *(each.content for each in run.artefacts)):
        stored = b"".join(done.day.blobs.read(content.digest, key=f"subject:{SUBJECT}"))
        assert Digest.of(stored) == content.digest
        assert len(stored) == content.size_bytes
    counts = {each.name: len(each.blobs) for each in done.day.log.after(-1, limit=100)}
    assert counts["DepthReconstructed"] == 1
    assert counts["SurfaceReconstructed"] == 2
    assert counts["InferenceCompleted"] == 3
    assert counts["ReportIssued"] == 1


@pytest.mark.verifies("DRV-17", "DRV-19", "REQ-IN-022", "REQ-IN-152", "REQ-IN-153")
def test_findings_reach_the_practitioner_as_the_run_gave_them(done: Finished) -> None:
    opened, run = done.one(AssessmentOpened), done.one(InferenceCompleted)
    assert opened.findings == run.findings
    assert {"ita", "melanin-index", "uniformity-notes", "fitzpatrick-suggestion"} <= {
        each.code for each in opened.findings
    }
    numbers = [each for each in opened.findings if each.value is not None]
    assert all(each.unit and each.uncertainty and each.coverage_factor == 2 for each in numbers)
    assert run.run.runtime.startswith("onnxruntime ")
    assert run.run.preprocessing.startswith("skin-colour-input/2 ")


def test_the_report_shows_the_number_and_the_code_that_are_recorded(done: Finished) -> None:
    issued = done.one(ReportIssued)
    assert issued.renderer == renderer()
    document = done.report()
    assert Digest.of(document) == issued.document.digest
    shown = "".join(pdf_text.pages(document))
    for text in (issued.number, issued.verification_code, "Person H-4821", "Dr Amélie Nguyễn"):
        assert pdf_text.squeezed(text) in shown
    assert "Okafor" not in shown


@pytest.mark.verifies(
    "REQ-IN-044", "REQ-IN-168", "REQ-IN-169", "REQ-IN-170", "REQ-IN-171", "REQ-IN-172"
)
def test_the_report_discloses_what_the_record_says_was_used(done: Finished) -> None:
    depth, run = done.one(DepthReconstructed), done.one(InferenceCompleted)
    submitted = done.one(AttemptSubmitted)
    manifest = done.one(ModelRegistered).manifest
    calibration = done.one(CalibrationRecorded).calibration
    shown = "".join(pdf_text.pages(done.report()))
    name, version = depth.algorithm.rsplit("/", 1)
    disclosed = {
        "Capture conditions": (
            f"Camera-to-face distance {submitted.conditions.distance_mm:g} mm",
            "chin and forehead rest engaged",
        ),
        "Calibration status": (
            "Passed and valid at capture",
            "Captured Frontal",
            calibration.calibration,
            f"Baseline {calibration.baseline_mm:.3f} mm",
        ),
        "Algorithm versions": (
            f"{manifest.name} {manifest.version}",
            manifest.model.digest,
            run.run.runtime,
            f"{name} {version}",
            *depth.settings,
            depth.platform[7:19],
        ),
        "Limitations": manifest.limitations,
        "Contraindications": manifest.contraindications,
    }
    for heading, texts in disclosed.items():
        for text in (heading, *texts):
            assert pdf_text.squeezed(text) in shown, text


@pytest.mark.verifies("REQ-IN-168", "REQ-IN-170")
def test_only_what_the_report_rests_on_is_disclosed_and_all_of_it(done: Finished) -> None:
    calling = done.day.log.stream(done.assessment.stream)[-2]
    content, _ = read_report(done.day.bench(), done.assessment, calling)

    assert [f"{each.name}/{each.version}" for each in content.algorithms[1:]] == [
        done.one(DepthReconstructed).algorithm,
        f"image-measures/{done.day.bench().version}",
    ]
    (calibration,) = content.calibrations
    assert isinstance(calibration, Calibration)
    assert (calibration.identifier, calibration.capture_views) == (CALIBRATION, ("Frontal",))


@pytest.mark.verifies("REQ-IN-181")
def test_the_report_names_every_content_it_rests_on(done: Finished) -> None:
    issued = done.one(ReportIssued)
    frames = {each.content.digest for each in done.one(AttemptSubmitted).frames}
    run, depth = done.one(InferenceCompleted), done.one(DepthReconstructed)
    assert set(issued.sources) == {
        *frames,
        depth.depth.digest,
        depth.inputs[2],
        run.run.model,
        *(each.content.digest for each in run.artefacts),
    }


def test_every_step_taken_again_finds_its_work_done(done: Finished) -> None:
    size = done.day.log.size()
    stored = done.contents()
    workers = done.day.workers()
    for record in done.day.log.after(-1, limit=100):
        workers.take_all(record)
    assert done.day.log.size() == size
    assert done.contents() == stored


def test_a_session_that_is_not_closed_is_not_assessed(day: ClinicDay) -> None:
    session: SessionId = day.open_session()
    day.submit(session)
    day.work()
    assert not day.events(AssessmentId.derived(session).stream)
    assert an_attempt_id() == day.events(session.stream)[2].attempt  # type: ignore[union-attr]
