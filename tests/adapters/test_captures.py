"""Reading one attempt from its streams: what is there, and what is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.captures import (
    captured_at,
    locked_calibration,
    read_capture,
    read_gate,
    read_protocol,
)
from adapters.inference.analyses import steps_of
from adapters.released_model import read_input, read_manifest
from domain.errors import NotFound
from domain.events.capture_session import AttemptSubmitted
from domain.events.inference import InferenceRequested
from domain.events.model_release import ModelRegistered
from domain.values.content import Digest
from domain.values.identifiers import (
    CalibrationId,
    InferenceId,
    ProtocolId,
    SessionId,
)
from tests.adapters.workers.clinic_day import ClinicDay, clinic_day
from tests.builders import SUBJECT, an_attempt_id
from tests.event_builders import an_attempt_submitted

BAD = (b"no picture", b"neither")


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    """Return a clinic with station, protocol, model and one client."""
    with clinic_day(tmp_path) as opened:
        yield opened


def test_what_was_never_recorded_is_not_found(day: ClinicDay) -> None:
    session = day.open_session()
    for stream, attempt in (
        (SessionId.derived("other"), an_attempt_id()),
        (session, an_attempt_id()),
    ):
        with pytest.raises(NotFound):
            read_capture(day.bench(), stream, attempt)
    with pytest.raises(NotFound):
        read_protocol(day.bench(), ProtocolId.derived("other"))


def test_a_calibration_the_station_does_not_know_is_none(day: ClinicDay) -> None:
    session = day.open_session()
    attempt = day.submit(session, pictures=BAD, calibration=CalibrationId.derived("other"))
    capture = read_capture(day.bench(), session, attempt)
    assert locked_calibration(day.bench(), capture) is None
    gate = read_gate(day.bench(), capture)
    assert gate is not None
    assert not gate.passed


def test_the_time_of_capture_is_corrected_by_the_clock_offset_the_station_knew() -> None:
    arrival = an_attempt_submitted()
    assert arrival.conditions.clock_offset_ms == 12.0
    assert captured_at(arrival).us == arrival.captured_at.us - 12_000


def test_an_attempt_knows_when_it_was_taken_and_whose_face_it_shows(day: ClinicDay) -> None:
    session = day.open_session()
    attempt = day.submit(session, pictures=BAD)
    capture = read_capture(day.bench(), session, attempt)
    assert isinstance(capture.arrival, AttemptSubmitted)
    assert capture.taken_at == captured_at(capture.arrival)
    assert (capture.subject, capture.key) == (SUBJECT, f"subject:{SUBJECT}")
    photographs = day.open_session("photographs", station=False)
    imported = day.import_photograph(photographs, b"no picture")
    capture = read_capture(day.bench(), photographs, imported)
    assert capture.taken_at == capture.arrived_at
    assert read_gate(day.bench(), capture) is None


def test_a_run_gets_no_frame_that_its_attempt_did_not_submit(day: ClinicDay) -> None:
    session = day.open_session()
    attempt = day.submit(session, pictures=BAD)
    registered = day.events(day.release.stream)[0]
    assert isinstance(registered, ModelRegistered)
    requested = InferenceRequested(
        inference=InferenceId.derived(attempt, day.release),
        subject=SUBJECT,
        session=session,
        attempt=attempt,
        release=day.release,
        model=registered.manifest.model.digest,
        frames=(Digest.of(b"another frame"),),
    )
    manifest = read_manifest(day.bench(), registered.manifest)
    with pytest.raises(NotFound):
        read_input(day.bench(), requested, manifest, steps_of(manifest))
