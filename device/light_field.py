"""The light on the grey target, zone by zone, against the baseline of this station.

Rules kept here:

1. The grey target fills the middle of the picture; only that part is kept and measured.
2. Every zone burns alone at the exposure found for all.
3. Without a baseline this field becomes it, if it passes.
"""

from collections.abc import Mapping

from adapters.imaging.determinism import platform_digest
from adapters.imaging.light_field import METHOD, UNEVENNESS, light_field_record, middle_of
from adapters.imaging.measured_pictures import TOGETHER, ZONE
from device.measured_pictures import cut, read, referred
from device.ports import Hardware
from domain.errors import MalformedInput, RuleViolation
from domain.events.equipment import LightFieldMeasured
from domain.values.capture import CameraSettings
from domain.values.check_basis import LightFieldBasis
from domain.values.content import Digest
from domain.values.light_field import LightFieldLimits, LightFieldRecord
from domain.values.time import DeviceTime


def measure_light_field(
    hardware: Hardware,
    settings: CameraSettings,
    held: CameraSettings,
    *,
    baseline: LightFieldRecord | None,
    limits: LightFieldLimits,
    at: DeviceTime,
) -> tuple[LightFieldMeasured, tuple[bytes, ...]]:
    """Measure the light on the grey target; return it with the kept pictures.

    Args:
        hardware: The station's.
        settings: What the cameras were built to be set to.
        held: How they are set, as the illumination calibration left them.
        baseline: What it is compared with; none when there is none yet.
        limits: What the result is held against.
        at: Now, by the station's clock.

    Raises:
        RuleViolation: the station has no traceable grey target.
        MalformedInput: the target is not in view, or a zone is dark.
        Unavailable: camera or light driver do not answer.
    """
    target = hardware.target.grey
    if target is None or not (target.serial and target.certificate):
        raise RuleViolation(
            "light.traceable-target",
            "the station has no grey target with serial number and certificate",
            "Use a target that has both.",
        )
    lights = hardware.lights
    every = dict.fromkeys(lights.zones, 1.0)
    try:
        if not hardware.target.present_grey():
            raise MalformedInput(
                "light.grey: the grey target is not presented. Put it into its holder."
            )
        taken = {TOGETHER: _middle(hardware, every)}
        taken |= {f"{ZONE}{zone}": _middle(hardware, {zone: 1.0}) for zone in lights.zones}
    finally:
        hardware.target.away()
        lights.burn(every)
    basis = LightFieldBasis(
        method=METHOD,
        platform=Digest(platform_digest()),
        pictures=referred(taken, held),
        nominal_cct_k=lights.cct_k,
        unevenness=UNEVENNESS,
        built=settings,
        held=held,
    )
    record = light_field_record(
        read(taken, basis.pictures),
        basis,
        target=target,
        baseline=baseline,
        limits=limits,
        performed_at=at,
    )
    return LightFieldMeasured(field=record, basis=basis), tuple(taken.values())


def _middle(hardware: Hardware, duty: Mapping[str, float]) -> bytes:
    hardware.lights.burn(duty)
    picture = hardware.cameras.preview()
    return cut(picture, middle_of(width=picture.shape[1], height=picture.shape[0]))
