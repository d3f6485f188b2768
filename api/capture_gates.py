"""The gates known to the server, as they stand now: before a session, and before each capture.

Rule kept here: the same gates are asked at the opening and each time a station looks, so that a
capture is refused before the shutter and not after it [REQ-IN-077 to 081].
"""

from api.sources import Sources
from api.wiring import System
from domain.events.capture_session import CaptureBlocked, PreconditionsChecked
from domain.rules.equipment import fit_for_capture
from domain.rules.preconditions import check_preconditions
from domain.values.capture import GateResult
from domain.values.consent import Purpose
from domain.values.content import Digest
from domain.values.gates import ModelLists
from domain.values.identifiers import DeviceId, PractitionerId, ProtocolId, SubjectId
from projections.rows import Row


def check_now(
    sources: Sources,
    *,
    subject: SubjectId,
    purpose: Purpose,
    operator: PractitionerId,
    device: DeviceId | None,
    protocol: ProtocolId,
    models: ModelLists,
) -> PreconditionsChecked | CaptureBlocked:
    """Check every gate that the server knows, as things stand now.

    Args:
        sources: Where everything is read from; it remembers what was read.
        subject: Whose face.
        purpose: What consent must cover.
        operator: Who operates.
        device: The station; none when photographs are imported.
        protocol: The protocol version followed.
        models: The lists of approved model releases.

    Raises:
        NotFound: there is no such station.
    """
    now = sources.system.clock.now()
    content = sources.protocol(protocol)
    fitness = None
    if device is not None:
        station = sources.station(device)
        fitness = (
            ()
            if content is None
            else fit_for_capture(station, at=now, content=content, models=models)
        )
    return check_preconditions(
        consent=sources.consent(subject, purpose),
        operator=sources.operator(operator),
        fitness=fitness,
        protocol=content,
        based_on=sources.based_on,
    )


def gates_of(system: System, session: Row) -> tuple[GateResult, ...]:
    """Return the gates of an open session of a station as they stand now."""
    sources = Sources.of(system)
    return check_now(
        sources,
        subject=SubjectId(session["subject"]),
        purpose=Purpose(session["purpose"]),
        operator=PractitionerId(session["operator"]),
        device=DeviceId(session["device"]),
        protocol=ProtocolId(session["protocol"]),
        models=sources.model_lists(Digest(session["model_manifest"])),
    ).gates
