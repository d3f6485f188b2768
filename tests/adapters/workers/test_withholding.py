"""Volume is withheld with every ground: for photographs, and for stereo without a claim."""

import cv2
import numpy as np
import pytest

from domain.events.capture_session import DepthReconstructed, OutputWithheld
from domain.values.identifiers import SessionId
from tests.adapters.workers import frames
from tests.adapters.workers.clinic_day import ClinicDay


@pytest.mark.verifies("REQ-IN-046", "REQ-IN-047", "REQ-IN-049", "REQ-IN-122", "REQ-IN-123")
def test_of_an_imported_photograph_volume_is_withheld_with_every_ground(day: ClinicDay) -> None:
    session = day.open_session(station=False)
    day.import_photograph(session, as_jpeg(frames.pair()[0]))
    day.work()
    assert _grounds(day, session) == {
        "volume.stereo",
        "volume.locked-calibration",
        "volume.validated-claim",
    }
    assert not [each for each in day.events(session.stream) if isinstance(each, DepthReconstructed)]


@pytest.mark.verifies("REQ-IN-047", "REQ-IN-048", "REQ-IN-049", "REQ-IN-074")
def test_of_calibrated_stereo_volume_is_withheld_for_want_of_a_validated_claim(
    day: ClinicDay,
) -> None:
    session = day.open_session()
    day.submit(session)
    day.work()
    assert _grounds(day, session) == {"volume.validated-claim"}


def as_jpeg(content: bytes) -> bytes:
    """Return a stored picture as JPEG, as a clinic's camera might have made it."""
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    done, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert done
    return jpeg.tobytes()


def _grounds(day: ClinicDay, session: SessionId) -> set[str]:
    withheld = [each for each in day.events(session.stream) if isinstance(each, OutputWithheld)]
    assert all(each.evidence and each.next_step for each in withheld)
    assert {each.output for each in withheld} == {"volume-change"}
    return {each.rule for each in withheld}
