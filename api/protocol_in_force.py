"""The acquisition protocol whose limits a station's upkeep is held against.

Rules kept here:

1. It is the newest version that is approved and not retired, read from the record: what a station
   is told, what a calibration is locked under and what its card says are the same limits. One that
   asks for stereo pairs goes before one that does not: only pairs need a calibrated rig.
2. Where no protocol is approved there are none, which is said, and nobody puts others in their
   place.
"""

from dataclasses import dataclass

from api.sources import Sources
from api.wiring import System
from domain.values.identifiers import ProtocolId
from domain.values.protocol import CalibrationLimits, ProtocolContent
from projections.acquisition_protocol import protocols


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolInForce:
    """The protocol version that upkeep follows.

    Attributes:
        protocol: Which.
        content: What it lays down.
    """

    protocol: ProtocolId
    content: ProtocolContent


def protocol_in_force(system: System) -> ProtocolInForce | None:
    """Return the newest protocol version that may be used now, or none."""
    with system.reads.connect() as connection:
        written = [ProtocolId(row["protocol"]) for row in protocols(connection)]
    sources, usable = Sources.of(system), list[ProtocolInForce]()
    for each in written:
        content = sources.protocol(each)
        if content is None:
            continue
        found = ProtocolInForce(protocol=each, content=content)
        if any(view.stereo for view in content.views):
            return found
        usable.append(found)
    return usable[0] if usable else None


def limits_in_force(system: System) -> CalibrationLimits | None:
    """Return what a calibration and its field checks must reach now, or none."""
    found = protocol_in_force(system)
    return None if found is None else found.content.calibration
