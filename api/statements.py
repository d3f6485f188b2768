"""A station's signed statement as it arrived, and the content it depends on.

Rules kept here:

1. Which content a statement depends on follows from what was signed, not from what stands beside.
"""

from dataclasses import dataclass

from api.wiring import System
from domain.events import capture_session as captures
from domain.events import equipment
from domain.events.names import Event
from domain.events.record import Attestation, StoredBlob
from domain.values.content import Digest
from domain.values.identifiers import StreamName


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement as it arrived.

    Attributes:
        stream: The stream it belongs to.
        name: The event's permanent name.
        attestation: Who signed what, under which version of the name, and when.
    """

    stream: StreamName
    name: str
    attestation: Attestation


def stored_content(system: System, event: Event, key: str) -> tuple[StoredBlob, ...]:
    """Return where the content lies that an event of a station names.

    Raises:
        NotFound: some of it was never delivered.
    """
    return tuple(system.blobs.find(digest, key=key) for digest in _content_of(event))


def _content_of(event: Event) -> tuple[Digest, ...]:
    match event:
        case captures.AttemptSubmitted():
            return tuple(dict.fromkeys(frame.content.digest for frame in event.frames))
        case equipment.CalibrationRecorded():
            return (event.calibration.parameters.digest,)
        case equipment.CalibrationViewsRecorded(corners=corners):
            return () if corners is None else (corners.digest,)
        case equipment.FieldCheckPerformed(basis=basis):
            return () if basis is None else (basis.corners.digest,)
        case (
            equipment.IlluminationCalibrated(basis=basis)
            | equipment.LightFieldMeasured(basis=basis)
            | equipment.ColourCalibrated(basis=basis)
        ):
            pictures = () if basis is None else basis.pictures
            return tuple(dict.fromkeys(each.content.digest for each in pictures))
        case _:
            return ()
