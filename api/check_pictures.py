"""The pictures that a station's checks measured: what was kept of the last of each kind.

Rules kept here:

1. A picture is handed out only as part of a check: one on the station's own stream that names it.
   Nothing else under the clinic's key can be read by its digest.
2. A check that kept only its result is told apart from one that had nothing in view to keep.
3. What is kept shows a chart or a grey target and belongs to no subject, so a look at it is not
   recorded as a look at somebody [decision 0043].
"""

from collections.abc import Callable

from pydantic import BaseModel

from domain.errors import NotFound
from domain.events.equipment import ColourCalibrated, IlluminationCalibrated, LightFieldMeasured
from domain.events.record import Record
from domain.ports import EventLog
from domain.values.check_basis import MeasuredPicture
from domain.values.content import ContentReference
from domain.values.identifiers import DeviceId
from projections.rows import Row

Addressed = Callable[[int, str], str]
"""The address of a picture, from the check's place in the log and the content's digest."""


class CheckPicture(BaseModel):
    """A kept picture: what it shows, its exposure in microseconds, and where it is asked for.

    ``shows`` is ``together``, ``zone:`` with a zone's name or ``chart:`` with a number from 1.
    """

    shows: str
    exposure_us: float
    address: str


class LastPictures(BaseModel):
    """What the last check of each kind kept: none where there is none, or only a result."""

    illumination: list[CheckPicture] | None
    light_field: list[CheckPicture] | None
    colour: list[CheckPicture] | None


def last_pictures(log: EventLog, row: Row, address: Addressed) -> LastPictures:
    """Return the pictures of a station's last checks.

    Args:
        log: Where the checks are recorded.
        row: The station, from ``projections.equipment.device``.
        address: Where a picture is asked for.
    """

    def of_last(checks: list[Row]) -> list[CheckPicture] | None:
        if not checks:
            return None
        seq = checks[0]["seq"]
        kept = _kept(_record(log, row["device"], seq))
        if kept is None:
            return None
        return [
            CheckPicture(
                shows=each.shows,
                exposure_us=each.exposure_us,
                address=address(seq, str(each.content.digest)),
            )
            for each in kept
        ]

    return LastPictures(
        illumination=of_last(row["illumination"]),
        light_field=of_last(row["light_fields"]),
        colour=of_last(row["colour"]),
    )


def picture_of_check(log: EventLog, device: str, seq: int, digest: str) -> ContentReference:
    """Return a picture that a check of a station names.

    Args:
        log: Where the check is recorded.
        device: The station.
        seq: The check's place in the log.
        digest: The picture's digest.

    Raises:
        NotFound: no check of this station stands there, or it names no such picture.
    """
    for each in _kept(_record(log, device, seq)) or ():
        if each.content.digest == digest:
            return each.content
    message = "There is no such picture of a check of this station."
    raise NotFound(message)


def _record(log: EventLog, device: str, seq: int) -> Record | None:
    """Return what is recorded at a place, if it stands on the station's own stream."""
    stream = f"{DeviceId.kind}-{device}"
    found = log.after(seq - 1, limit=1)
    return next((each for each in found if each.stream == stream), None)


def _kept(record: Record | None) -> tuple[MeasuredPicture, ...] | None:
    """Return the pictures that a check kept; none of a result that was kept alone."""
    match None if record is None else record.event:
        case (
            IlluminationCalibrated(basis=basis)
            | LightFieldMeasured(basis=basis)
            | ColourCalibrated(basis=basis)
        ):
            return None if basis is None else basis.pictures
        case _:
            return None
