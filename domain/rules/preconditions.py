"""The gates that the server checks before a session is opened, and again before each capture.

Rules kept here:

1. Consent, operator, device identity, calibration, versions and protocol are checked together and
   every result is recorded, passed or not [REQ-IN-077 to 081; DRV-07].
2. What was found in other streams comes as values, with the versions that were read.
3. Where photographs are imported no station is asked, so no gate of a station is reported, let
   alone as passed; they stay uncalibrated for ever.
"""

from collections.abc import Iterable

from domain.events.capture_session import CaptureBlocked, PreconditionsChecked
from domain.values.capture import (
    IMPORT_GATES,
    SERVER_GATES,
    GateResult,
    ReadAt,
    Stage,
    failed,
)
from domain.values.consent import Coverage
from domain.values.gates import (
    Operator,
    consent_gate,
    operator_gate,
    protocol_gate,
    unreported,
)
from domain.values.protocol import ProtocolContent


def check_preconditions(
    *,
    consent: Coverage,
    operator: Operator,
    fitness: tuple[GateResult, ...] | None,
    protocol: ProtocolContent | None,
    based_on: Iterable[ReadAt],
) -> PreconditionsChecked | CaptureBlocked:
    """Check every gate known to the server and say what was found.

    Args:
        consent: Whether consent covers the purpose.
        operator: Who wants to open the session, or opened it.
        fitness: The station's gates, from ``fit_for_capture``; none when photographs are imported.
        protocol: The protocol version, if it is approved and not retired.
        based_on: The streams and versions that were read.
    """
    found = (
        consent_gate(consent),
        operator_gate(operator),
        *(fitness or ()),
        protocol_gate(protocol),
    )
    gates = (*found, *unreported(found, IMPORT_GATES if fitness is None else SERVER_GATES))
    if failed(gates):
        return CaptureBlocked(stage=Stage.OPENING, view=None, gates=gates, based_on=tuple(based_on))
    return PreconditionsChecked(gates=gates, based_on=tuple(based_on))
