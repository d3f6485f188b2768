"""What a decision about a capture rests on, read from the record with the versions read.

Rules kept here:

1. Decisions rest on folded streams, not on projections, and name the versions they read.
"""

from dataclasses import dataclass
from datetime import timedelta

from api.facts import access_in
from api.wiring import System
from domain.handling import load, load_existing
from domain.rules.access import signed_in
from domain.rules.acquisition_protocol import ACQUISITION_PROTOCOL, approved_content
from domain.rules.consent import CONSENT, covers
from domain.rules.equipment import EQUIPMENT
from domain.values.capture import ReadAt
from domain.values.consent import Coverage, Purpose
from domain.values.identifiers import (
    AccessId,
    ConsentId,
    DeviceId,
    PractitionerId,
    ProtocolId,
    SubjectId,
)
from domain.values.protocol import ProtocolContent
from domain.values.station import Station

SIGN_IN_LASTS = timedelta(hours=12)


@dataclass(slots=True)
class Sources:
    """Reads streams and remembers which versions were read."""

    system: System
    _read: list[ReadAt]

    @classmethod
    def of(cls, system: System) -> "Sources":
        """Start with nothing read."""
        return cls(system, [])

    @property
    def based_on(self) -> tuple[ReadAt, ...]:
        """The streams and versions read so far."""
        return tuple(self._read)

    def consent(self, subject: SubjectId, purpose: Purpose) -> Coverage:
        """Return whether the subject's consent covers a purpose now."""
        stream = ConsentId.derived(subject).stream
        state, version = load(self.system.log, CONSENT, stream)
        self._read.append(ReadAt(stream=stream, version=version))
        return covers(state, purpose, self.system.clock.now())

    def station(self, device: DeviceId) -> Station:
        """Return the station.

        Raises:
            NotFound: there is no such station.
        """
        state, version = load_existing(self.system.log, EQUIPMENT, device.stream)
        self._read.append(ReadAt(stream=device.stream, version=version))
        return state

    def protocol(self, protocol: ProtocolId) -> ProtocolContent | None:
        """Return an approved protocol's content; none when it may not be used."""
        state, version = load(self.system.log, ACQUISITION_PROTOCOL, protocol.stream)
        self._read.append(ReadAt(stream=protocol.stream, version=version))
        return approved_content(state)

    def signed_in(self, practitioner: PractitionerId) -> bool:
        """Return whether the practitioner is signed in now."""
        stream = AccessId.derived(practitioner).stream
        state, version = access_in(self.system, stream)
        self._read.append(ReadAt(stream=stream, version=version))
        return signed_in(state, self.system.clock.now(), SIGN_IN_LASTS)
