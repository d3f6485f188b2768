"""Measuring what is stored, refusing what is no picture, judging by the protocol."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from adapters.inference.reproduction import Outcome
from adapters.repeating.captures import repeat_measurements
from domain.errors import DigestMismatch, FollowingStopped, NotFound, RuleViolation
from domain.events.capture_session import (
    AttemptJudged,
    AttemptMeasured,
    AttemptUnmeasurable,
    OutputWithheld,
)
from domain.events.equipment import CalibrationInvalidated
from domain.policies import JudgeAttempt
from domain.values.actor import Actor
from tests.adapters.workers import frames
from tests.adapters.workers.clinic_day import ClinicDay, clinic_day, protocol_content
from tests.builders import CALIBRATION, DEVICE, OPERATOR

LEFT, RIGHT = 0, 1


def _grey() -> bytes:
    done, content = cv2.imencode(".png", np.full((608, 456), 128, np.uint8))
    assert done
    return content.tobytes()


def _bomb() -> bytes:
    """Return a small file whose header claims 30000 x 30000 pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        checksum = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def _smaller() -> bytes:
    done, content = cv2.imencode(".png", np.full((304, 228, 3), 90, np.uint8))
    assert done
    return content.tobytes()


@pytest.mark.verifies("REQ-IN-200", "REQ-IN-201")
@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"no picture at all", "image.format"),
        (frames.pair()[RIGHT][:-100], "image.truncated"),
        (_bomb(), "image.pixels"),
        (_grey(), "image.colour_encoding"),
        (_smaller(), "image.size"),
    ],
    ids=["text", "truncated", "bomb", "grey", "another size"],
)
def test_bytes_that_are_no_picture_are_recorded_as_unmeasurable(
    day: ClinicDay, content: bytes, rule: str
) -> None:
    session = day.open_session()
    day.submit(session, pictures=(frames.pair()[LEFT], content))
    day.work()
    last = day.events(session.stream)[-1]
    assert isinstance(last, AttemptUnmeasurable)
    assert last.rule == rule
    assert last.evidence


def test_a_media_type_other_than_declared_is_recorded_as_unmeasurable(day: ClinicDay) -> None:
    done, jpeg = cv2.imencode(".jpg", np.full((608, 456, 3), 90, np.uint8))
    assert done
    session = day.open_session()
    day.import_photograph(session, b"\xff\xd8" + jpeg.tobytes()[2:-2])
    day.work()
    assert isinstance(day.events(session.stream)[-1], AttemptUnmeasurable)


def test_a_capture_outside_the_limits_is_rejected_with_the_numbers(tmp_path: Path) -> None:
    with clinic_day(tmp_path, protocol_content(least_sharp=0.1)) as day:
        session = day.open_session()
        day.submit(session)
        day.work()
        judged = day.events(session.stream)[-1]
        names = day.names()
    assert isinstance(judged, AttemptJudged)
    assert not judged.verdict.acceptable
    (reason,) = judged.verdict.reasons
    assert (reason.name, reason.maximum, reason.unit) == ("focus_edge_width", 0.1, "permille")
    assert reason.value is not None
    assert reason.value > 0.1
    assert not {"DepthReconstructed", "OutputWithheld", "InferenceRequested"} & set(names)


@pytest.mark.verifies("REQ-IN-046", "REQ-IN-144")
def test_without_a_calibration_the_geometry_is_not_measured_and_the_limit_fails(
    day: ClinicDay,
) -> None:
    session = day.open_session()
    day.submit(session, calibration=None)
    day.work()
    measured, judged = day.events(session.stream)[-2:]
    assert isinstance(measured, AttemptMeasured)
    assert "depth_completeness" not in {each.name for each in measured.measurements}
    assert isinstance(judged, AttemptJudged)
    assert [each.name for each in judged.verdict.reasons] == ["depth_completeness"]


@pytest.mark.verifies("REQ-IN-046", "REQ-IN-144")
def test_under_a_calibration_found_defective_since_geometry_is_withheld_with_the_reason(
    day: ClinicDay,
) -> None:
    session = day.open_session()
    attempt = day.submit(session)
    day.record(
        DEVICE.stream,
        CalibrationInvalidated(calibration=CALIBRATION, reason="the rig was dropped"),
        by=Actor.practitioner(OPERATOR),
    )
    day.work()
    withheld, measured, judged = day.events(session.stream)[-3:]
    assert isinstance(withheld, OutputWithheld)
    assert (withheld.attempt, withheld.output) == (attempt, "stereo-geometry")
    assert withheld.rule == "depth.locked-calibration"
    assert "the rig was dropped" in withheld.evidence
    assert isinstance(measured, AttemptMeasured)
    names = {each.name for each in measured.measurements}
    assert not names & {"working_distance", "face_turn", "epipolar_residual", "depth_completeness"}
    assert isinstance(judged, AttemptJudged)
    assert not judged.verdict.acceptable
    record = day.log.stream(session.stream)[-2]
    assert repeat_measurements(day.bench(), record, measured).outcome is Outcome.BIT_IDENTICAL


def test_stored_bytes_that_were_changed_stop_the_workers_at_the_record(day: ClinicDay) -> None:
    session = day.open_session()
    day.submit(session)
    arrival = day.log.stream(session.stream)[-1]
    _flip(day, arrival.blobs[LEFT][0])
    workers = day.workers()
    for _ in range(2):  # a restart does not go past it either
        with pytest.raises(FollowingStopped) as stopped:
            workers.catch_up()
        assert isinstance(stopped.value.__cause__, DigestMismatch)
        assert stopped.value.seq == arrival.seq
        assert workers.position() == arrival.seq - 1
    assert day.log.size() == arrival.seq + 1


def test_frames_that_were_never_stored_are_no_reason_to_guess(day: ClinicDay) -> None:
    session = day.open_session()
    day.submit(session)
    arrival = day.log.stream(session.stream)[-1]
    day.blobs.purge(name for name, _ in arrival.blobs)
    with pytest.raises(NotFound):
        day.workers().take_all(arrival)


def test_an_attempt_that_is_not_measured_is_not_judged(day: ClinicDay) -> None:
    session = day.open_session()
    attempt = day.submit(session)
    arrival = day.log.stream(session.stream)[-1]
    size = day.log.size()
    with pytest.raises(RuleViolation, match=r"capture\.measured"):
        day.workers().take(JudgeAttempt(session=session, attempt=attempt), arrival)
    assert day.log.size() == size


@pytest.mark.verifies("REQ-IN-122")
def test_a_single_frame_is_measured_without_geometry(day: ClinicDay) -> None:
    session = day.open_session()
    day.submit(session, pictures=frames.pair()[:1])
    day.work()
    events = day.events(session.stream)
    (measured,) = (each for each in events if isinstance(each, AttemptMeasured))
    assert not {"depth_completeness", "epipolar_residual"} & {
        each.name for each in measured.measurements
    }
    withheld = {each.rule for each in events if isinstance(each, OutputWithheld)}
    assert withheld == {"volume.stereo", "volume.validated-claim"}


def _flip(day: ClinicDay, name: bytes) -> None:
    text = name.hex()
    path = day.blobs._folder / text[:2] / text[2:4] / text  # type: ignore[attr-defined]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
