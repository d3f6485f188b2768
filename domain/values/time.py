"""Instants in UTC; what a device's clock says and what ours says are two types.

Rules kept here:

1. An instant is a whole number of microseconds since 1970-01-01T00:00:00Z.
2. The text form is RFC 3339 with six decimals and ``Z``; no other form is read.
3. Device time and server time cannot be mixed by accident.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Self

from domain.errors import MalformedInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND_US = 1_000_000
_split = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\.([0-9]{6})Z"
).fullmatch
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
        parts = _split(text)
        try:
            second = None if parts is None else _second_of(parts[1])
        except ValueError:
            second = None
        if parts is None or second is None:
            message = "a time is written like 2026-03-03T09:14:00.000000Z"
            raise MalformedInput(message)
        return cls(second * _SECOND_US + int(parts[2]))

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
        second, us = divmod(self.us, _SECOND_US)
        return f"{_text_of(second)}.{us:06d}Z"


@dataclass(frozen=True, slots=True, order=True)
class DeviceTime(Instant):
    """What a device's clock said."""


@dataclass(frozen=True, slots=True, order=True)
class ServerTime(Instant):
    """What our clock said."""


def by_our_clock(device: DeviceTime, offset_ms: float | None) -> ServerTime:
    """Return a device's time by our clock, as far as the device knows its own offset [DRV-04].

    Args:
        device: What the device's clock said.
        offset_ms: How far that clock is ahead of ours, in milliseconds; none where not known.

    Raises:
        MalformedInput: no calendar can show the result.
    """
    return ServerTime(device.us).plus(timedelta(milliseconds=-(offset_ms or 0.0)))


def offset_ms(device: DeviceTime, server: ServerTime) -> float:
    """Return how far the device's clock is ahead of ours, in milliseconds."""
    return (device.us - server.us) / 1000


# Most times that are read or written together lie within the same few seconds.
@lru_cache(maxsize=1024)
def _text_of(second: int) -> str:
    """Return date and time of day of a second since 1970."""
    return (_EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=1024)
def _second_of(text: str) -> int:
    """Return the second since 1970 that has this date and time of day.

    Raises:
        ValueError: no calendar or clock shows it.
    """
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
