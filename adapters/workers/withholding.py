"""Records on which grounds facial volume is withheld, all of them at once.

Rules kept here:

1. Volume needs a calibrated stereo pair, a valid locked calibration and a validated claim
   [REQ-IN-046 to 049, 074, 122]; every ground that is missing is recorded with its evidence.
2. A claim counts while it is in force for the type of station that captured.
3. What only a pair of captures can show is decided later, by ``volume.py``.
"""

from adapters.captures import read_capture, read_gate, read_station
from adapters.imaging.change import METHOD
from adapters.pairs import claims
from adapters.workbench import Workbench
from domain.events.record import Record
from domain.handling import update
from domain.policies import WithholdVolume
from domain.rules.attempt import VOLUME, volume_withheld
from domain.rules.capture_session import CAPTURE_SESSION
from domain.rules.claim import claim_for

WORKER = "withholding"


def withhold_volume(bench: Workbench, step: WithholdVolume, calling: Record) -> tuple[Record, ...]:
    """Record every ground on which volume is withheld; () when that was done before.

    All grounds are recorded in one step, so one that is there says that the step was taken.
    """
    capture = read_capture(bench, step.session, step.attempt)
    if any(output == VOLUME for output, _ in capture.attempt.withheld):
        return ()
    gate = read_gate(bench, capture)
    model = read_station(bench, capture).model
    claim = claim_for(claims(bench), output=VOLUME, algorithm=METHOD, device_model=model)
    return update(
        bench.log,
        CAPTURE_SESSION,
        step.session.stream,
        lambda session: volume_withheld(
            session, step.attempt, calibration=gate, claim_validated=claim is not None
        ),
        bench.context(calling, WORKER, subject=capture.subject),
    )
