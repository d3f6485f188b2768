"""Who and when: clinic, people, times, sessions and signatures as a report prints them.

Rules kept here:

1. A time is shown as the clinic's clock showed it, with its offset, and never guessed from a zone.
2. A signature shows printed name, time, meaning and the digest it is bound to [21 CFR 11.50].
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from adapters.reports.refusal import require, require_text
from domain.values.content import Digest
from domain.values.time import Instant

_NAME_MAX: Final = 120
_OFFSET_LIMIT_MIN: Final = 14 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point in time as the clinic's clock on the wall showed it.

    Attributes:
        instant: The point in time.
        utc_offset_min: Minutes ahead of UTC at that time and place.
        zone: Name of the time zone, such as ``Australia/Sydney``.
    """

    instant: Instant
    utc_offset_min: int
    zone: str

    def __post_init__(self) -> None:
        """Refuse offsets that no place has."""
        require(abs(self.utc_offset_min) <= _OFFSET_LIMIT_MIN, "an offset is within 14 hours")
        require_text(self.zone)

    @property
    def local(self) -> Instant:
        """The wall clock's reading, as if it were UTC."""
        return self.instant.plus(timedelta(minutes=self.utc_offset_min))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """The clinic; ``demo`` marks every page of its reports as a demonstration."""

    name: str
    demo: bool

    def __post_init__(self) -> None:
        """Refuse a clinic without a name, or with one no page has room for."""
        require_text(self.name)
        require(len(self.name) <= _NAME_MAX, f"a clinic's name has up to {_NAME_MAX} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A practitioner by the name and role that are printed."""

    display_name: str
    role: str

    def __post_init__(self) -> None:
        """Refuse a person without name or role."""
        require_text(self.display_name, self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSession:
    """One capture session the report rests on.

    Attributes:
        label: How the report calls it, such as ``Session 1``.
        captured_at: When.
        operator: Who captured.
        protocol: Name and version of the acquisition protocol.
        accepted_attempts: Attempts accepted.
        refused_attempts: Attempts refused and kept.
    """

    label: str
    captured_at: Moment
    operator: Person
    protocol: str
    accepted_attempts: int
    refused_attempts: int

    def __post_init__(self) -> None:
        """Refuse a session without a protocol or an accepted attempt."""
        require_text(self.label, self.protocol)
        require(
            self.accepted_attempts > 0 and self.refused_attempts >= 0,
            "a report rests on at least one accepted attempt",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """An electronic signature as it is printed [21 CFR 11.50].

    Attributes:
        signer: Who signed.
        meaning: Meaning of the signature.
        signed_at: When.
        signed_digest: Digest of exactly what was shown and signed.
    """

    signer: Person
    meaning: str
    signed_at: Moment
    signed_digest: Digest

    def __post_init__(self) -> None:
        """Refuse a signature without a meaning."""
        require_text(self.meaning)
