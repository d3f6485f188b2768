"""The gates that only the server can check, as far as the station may rely on what it was told.

Rules kept here:

1. What was told counts for as long as the server said; after that its gates are closed, because
   consent may be withdrawn and the operator gone.
2. A calibration expires by the station's own clock too, which dated it.
3. What runs here must be approved, whatever the server believes to run here.
4. A gate the server did not tell of is not reported, so it is closed.
"""

from dataclasses import dataclass

from device.orders import LockedCalibration, Order
from domain.values.capture import SERVER_GATES, DeviceConfiguration, Gate, GateResult
from domain.values.gates import ModelLists, Running, block, versions_gate
from domain.values.time import DeviceTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the server told last, and what the station knows beside it.

    Attributes:
        order: The session.
        calibration: The calibration in force; none when none is locked.
        age_s: How long ago the server was asked.
        lasts_s: For how long its answer counts.
    """

    order: Order
    calibration: LockedCalibration | None
    age_s: float
    lasts_s: float


def told_gates(
    told: Told, *, now: DeviceTime, configuration: DeviceConfiguration
) -> tuple[GateResult, ...]:
    """Return the server's gates as they may be relied on at this moment [REQ-IN-077 to 081].

    Args:
        told: What the server told.
        now: By the station's clock.
        configuration: What runs and is mounted here.
    """
    if told.age_s > told.lasts_s:
        return tuple(
            block(
                gate,
                f"the server was last asked {told.age_s / 60:.0f} minutes ago; its answer counts "
                f"for {told.lasts_s / 60:.0f}",
                "Connect the station to the server.",
            )
            for gate in SERVER_GATES
        )
    gates = [each for each in told.order.gates if each.gate in SERVER_GATES]
    expiry = None if told.calibration is None else told.calibration.valid_until
    if expiry is None or now.us >= expiry.us:
        gates.append(
            block(
                Gate.CALIBRATION,
                "the server names no locked calibration"
                if expiry is None
                else f"it expired at {expiry} by the station's clock",
                "Calibrate the station with the target and have the calibration locked.",
            )
        )
    running = Running(
        firmware=configuration.firmware,
        software=configuration.software,
        software_digest=configuration.software_digest,
    )
    models = ModelLists(in_force=told.order.model_manifest)
    own = versions_gate(running, content=told.order.content, models=models)
    return (*gates, *(() if own.passed else (own,)))
