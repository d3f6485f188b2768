"""A captured attempt as its streams tell it: who, when, with what, and its pictures.

Rules kept here:

1. Everything is read from the record and from content it names by digest; nothing is assumed.
2. A picture that is not what its reference says it is, is refused.
3. A calibration counts as the station's record has it: known, and locked.
"""

from dataclasses import dataclass
from typing import Final

from adapters.imaging.calibration import StereoCalibration, calibration_from_bytes
from adapters.imaging.decode import DecodedImage, decode
from adapters.workbench import Workbench
from domain.errors import MalformedInput, NotFound, Refusal
from domain.events.capture_session import AttemptSubmitted, PhotographImported, SessionOpened
from domain.events.record import Record
from domain.handling import load, load_existing
from domain.rules.acquisition_protocol import ACQUISITION_PROTOCOL
from domain.rules.capture_session import CAPTURE_SESSION
from domain.rules.equipment import EQUIPMENT
from domain.values.capture import GateResult
from domain.values.capture_session import Attempt, CaptureSession
from domain.values.content import ImageReference
from domain.values.identifiers import AttemptId, ProtocolId, SessionId, SubjectId
from domain.values.protocol import ProtocolContent
from domain.values.station import Calibrated, Station, calibration_gate
from domain.values.time import Instant, ServerTime, by_our_clock

CALIBRATION_RULE: Final = "depth.locked-calibration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One attempt with everything that its session's stream says about it.

    Attributes:
        session: The session as it is now.
        opened: How it was opened.
        attempt: The attempt as it is now.
        arrival: How the attempt came in.
        seq: Where the arrival stands in the log.
        arrived_at: When the log took it.
    """

    session: CaptureSession
    opened: SessionOpened
    attempt: Attempt
    arrival: AttemptSubmitted | PhotographImported
    seq: int
    arrived_at: ServerTime

    @property
    def taken_at(self) -> Instant:
        """When it was captured; of an imported photograph only its arrival is known."""
        if isinstance(self.arrival, PhotographImported):
            return self.arrived_at
        return captured_at(self.arrival)

    @property
    def subject(self) -> SubjectId:
        """Whose face."""
        return self.opened.subject

    @property
    def key(self) -> str:
        """Identifier of the subject's data key."""
        return f"subject:{self.opened.subject}"


def read_capture(bench: Workbench, session: SessionId, attempt: AttemptId) -> Capture:
    """Return an attempt of a session.

    Raises:
        NotFound: the session has no such attempt.
        ContentErased: the subject was erased.
    """
    state, _ = load_existing(bench.log, CAPTURE_SESSION, session.stream)
    records = bench.log.stream(session.stream)
    opened = next((each.event for each in records if isinstance(each.event, SessionOpened)), None)
    arrived = next((each for each in records if _arrives(each, attempt)), None)
    if opened is None or arrived is None or attempt not in state.attempts:
        message = f"the session has no attempt {attempt}"
        raise NotFound(message)
    event = arrived.event
    if not isinstance(event, AttemptSubmitted | PhotographImported):
        raise TypeError(arrived.name)
    return Capture(
        session=state,
        opened=opened,
        attempt=state.attempts[attempt],
        arrival=event,
        seq=arrived.seq,
        arrived_at=arrived.committed_at,
    )


def captured_at(arrival: AttemptSubmitted) -> Instant:
    """Return when it was captured, corrected by what the station knew of its clock's offset."""
    return by_our_clock(arrival.captured_at, arrival.conditions.clock_offset_ms)


def read_protocol(bench: Workbench, protocol: ProtocolId) -> ProtocolContent:
    """Return what a protocol version lays down, whether it is retired since or not.

    Raises:
        NotFound: there is no such version.
    """
    state, _ = load_existing(bench.log, ACQUISITION_PROTOCOL, protocol.stream)
    if state.drafted is None:
        message = f"nothing was drafted under {protocol}"
        raise NotFound(message)
    return state.drafted.content


def read_station(bench: Workbench, capture: Capture, *, seq: int | None = None) -> Station:
    """Return the station that captured; an unknown one for an imported photograph.

    Args:
        bench: What to work with.
        capture: The capture.
        seq: The record at which to look; none for now.
    """
    device = capture.opened.device
    if device is None:
        return Station()
    if seq is not None:
        return bench.as_of(EQUIPMENT, device.stream, seq)
    state, _ = load(bench.log, EQUIPMENT, device.stream)
    return state


def locked_calibration(
    bench: Workbench, capture: Capture, *, seq: int | None = None
) -> Calibrated | None:
    """Return the locked calibration that the attempt names, if it names one; as of a record."""
    if capture.attempt.calibration is None:
        return None
    station = read_station(bench, capture, seq=seq)
    known = station.calibrations.get(capture.attempt.calibration)
    return known if known is not None and known.locked else None


def read_gate(bench: Workbench, capture: Capture, *, seq: int | None = None) -> GateResult | None:
    """Return whether the attempt's calibration may be relied on; none when it names none.

    Args:
        bench: What to work with.
        capture: The capture.
        seq: The record at which to look; none for now.
    """
    arrival = capture.arrival
    if not isinstance(arrival, AttemptSubmitted) or capture.attempt.calibration is None:
        return None
    return calibration_gate(
        read_station(bench, capture, seq=seq),
        capture.attempt.calibration,
        at=arrival.captured_at,
        by_ours=by_our_clock(arrival.captured_at, arrival.conditions.clock_offset_ms),
        limits=read_protocol(bench, capture.opened.protocol).calibration,
    )


def geometry_refused(gate: GateResult | None) -> Refusal:
    """Return why nothing that rests on the rig's geometry is told of a pair.

    Args:
        gate: The gate of the attempt's calibration, which did not pass; none when it names none.
    """
    return Refusal(
        rule=CALIBRATION_RULE,
        evidence="no locked calibration stands behind this capture"
        if gate is None
        else gate.evidence,
        next_step="Capture with a station whose calibration is locked and valid.",
    )


def read_parameters(bench: Workbench, calibrated: Calibrated) -> StereoCalibration:
    """Return the geometry that a calibration found.

    Raises:
        MalformedInput: the stored bytes are no calibration.
    """
    return calibration_from_bytes(
        bench.content(calibrated.record.parameters.digest, key=bench.clinic_key)
    )


def read_picture(bench: Workbench, frame: ImageReference, *, key: str) -> DecodedImage:
    """Return a stored picture.

    Raises:
        NotFound: its bytes were never stored.
        MalformedInput: the bytes are not one upright sRGB picture of the size stated.
    """
    content = bench.content(frame.content.digest, key=key)
    image = decode(content, declared_media_type=frame.content.media_type)
    if (image.width, image.height) != (frame.width_px, frame.height_px):
        raise MalformedInput(
            f"image.size: the picture is {image.width}x{image.height}, stated as "
            f"{frame.width_px}x{frame.height_px}. State the size the picture has."
        )
    return image


def _arrives(record: Record, attempt: AttemptId) -> bool:
    event = record.event
    return isinstance(event, AttemptSubmitted | PhotographImported) and event.attempt == attempt
