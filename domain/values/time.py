"""Instants in UTC; what a device's clock says and what ours says are two types.

Rules kept here:

1. An instant is a whole number of microseconds since 1970-01-01T00:00:00Z.
2. The text form is RFC 3339 with six decimals and ``Z``; no other form is read.
3. Device time and server time cannot be mixed by accident.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from domain.errors import MalformedInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LENGTH = len("2026-01-01T00:00:00.000000Z")
_MICROSECOND = timedelta(microseconds=1)
LATEST_US = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999Z


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A point in time.

    Attributes:
        us: Microseconds since 1970-01-01T00:00:00Z, 0 to the end of the year 9999.
    """

    us: int

    def __post_init__(self) -> None:
        """Refuse what no calendar can show."""
        if not 0 <= self.us <= LATEST_US:
            message = "an instant lies between the years 1970 and 9999"
            raise MalformedInput(message)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the RFC 3339 text form ``2026-03-03T09:14:00.000000Z``.

        Raises:
            MalformedInput: the text has another form.
        """
        try:
            moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        except ValueError:
            moment = None
        if moment is None or len(text) != _LENGTH:
            message = "a time is written like 2026-03-03T09:14:00.000000Z"
            raise MalformedInput(message)
        return cls((moment - _EPOCH) // _MICROSECOND)

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """Return the instant of an aware ``datetime``.

        Raises:
            MalformedInput: the datetime has no time zone.
        """
        if moment.tzinfo is None:
            message = "a time without a time zone is not a point in time"
            raise MalformedInput(message)
        return cls((moment - _EPOCH) // _MICROSECOND)

    @property
    def moment(self) -> datetime:
        """The same point as an aware ``datetime`` in UTC."""
        return _EPOCH + timedelta(microseconds=self.us)

    def plus(self, duration: timedelta) -> Self:
        """Return the instant that lies ``duration`` later."""
        return type(self)(self.us + duration // _MICROSECOND)

    def __str__(self) -> str:
        return self.moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True, order=True)
class DeviceTime(Instant):
    """What a device's clock said."""


@dataclass(frozen=True, slots=True, order=True)
class ServerTime(Instant):
    """What our clock said."""


def offset_ms(device: DeviceTime, server: ServerTime) -> float:
    """Return how far the device's clock is ahead of ours, in milliseconds."""
    return (device.us - server.us) / 1000
