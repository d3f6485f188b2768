"""What a decision about a capture rests on, read from the record with the versions read.

Rules kept here:

1. Decisions rest on folded streams, not on projections, and name the versions they read.
2. Who operated is asked of the moment of the capture, whenever it arrives.
"""

from dataclasses import dataclass
from datetime import timedelta

from api.permissions import Permission, permissions_of
from api.wiring import System
from domain.events.record import Record
from domain.handling import fold, load, load_existing
from domain.rules.access import ACCESS, signed_in
from domain.rules.acquisition_protocol import ACQUISITION_PROTOCOL, approved_content
from domain.rules.consent import CONSENT, covers
from domain.rules.equipment import EQUIPMENT
from domain.rules.model_release import MODEL_RELEASE, approved_list_digest
from domain.rules.practitioner import PRACTITIONER
from domain.values.capture import ReadAt
from domain.values.consent import Coverage, Purpose
from domain.values.content import Digest
from domain.values.gates import ModelLists, Operator
from domain.values.identifiers import (
    AccessId,
    ConsentId,
    DeviceId,
    PractitionerId,
    ProtocolId,
    ReleaseId,
    StreamName,
    SubjectId,
)
from domain.values.protocol import ProtocolContent
from domain.values.station import Station
from domain.values.time import ServerTime
from projections.model_release import releases

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

    def operator(self, practitioner: PractitionerId, at: ServerTime | None = None) -> Operator:
        """Return what is known of somebody who operates, now or as it was at an earlier moment.

        A capture may arrive long after its operator signed out; what counts is the capture.
        """
        moment = at or self.system.clock.now()
        roles, version = load(self.system.log, PRACTITIONER, practitioner.stream)
        self._read.append(ReadAt(stream=practitioner.stream, version=version))
        if at is not None:
            roles, _ = fold(PRACTITIONER, practitioner.stream, self._until(practitioner.stream, at))
        stream = AccessId.derived(practitioner).stream
        access, version = load(self.system.log, ACCESS, stream)
        self._read.append(ReadAt(stream=stream, version=version))
        inside = signed_in(access, moment, SIGN_IN_LASTS)
        if not inside and at is not None:
            # Who signed out since was perhaps signed in then: only now is all of it read.
            then, _ = fold(ACCESS, stream, self._until(stream, at))
            inside = signed_in(then, at, SIGN_IN_LASTS)
        may = Permission.SESSIONS_OPERATE in permissions_of(roles.roles)
        return Operator(signed_in=inside, may_operate=may)

    def model_lists(self, opened_with: Digest | None = None) -> ModelLists:
        """Return the list of approved model releases in force, beside a session's.

        Which releases there are is known from a projection, what became of each from its stream.
        """
        with self.system.reads.connect() as connection:
            identifiers = [ReleaseId(row["release"]) for row in releases(connection)]
        states = []
        for each in identifiers:
            state, version = load(self.system.log, MODEL_RELEASE, each.stream)
            self._read.append(ReadAt(stream=each.stream, version=version))
            states.append(state)
        return ModelLists(in_force=approved_list_digest(states), opened_with=opened_with)

    def _until(self, stream: StreamName, at: ServerTime) -> list[Record]:
        return [each for each in self.system.log.stream(stream) if each.committed_at <= at]
