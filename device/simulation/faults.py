"""What can go wrong at a station, and which gate or which upkeep must catch it.

Rules kept here:

1. A fault changes the world, never the measurement: light, pose, lens, sensor, rig or file.
2. Severity 1 is a fault that its gate must catch; 0 is none; between, the change is proportional.
3. Faults combine; each leaves what the others do alone.
4. Most faults spoil a capture, and a gate of the capture owns them. What a single capture hardly
   shows is found by the station's upkeep, against a baseline.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from device.simulation.appearance import Appearance
from device.simulation.lights import RingLight, Zone
from device.simulation.rig import RigDrift
from domain.errors import MalformedInput


class Fault(StrEnum):
    """One thing that is wrong."""

    DEFOCUS = "defocus"
    OVEREXPOSED = "overexposed"
    UNDEREXPOSED = "underexposed"
    MOTION_BLUR = "motion blur"
    LIGHT_ZONE_OUT = "light zone out"
    UNEVEN_LIGHT = "uneven light"
    WRONG_WHITE_BALANCE = "wrong white balance"
    CHART_MISSING = "colour chart missing"
    CHART_OCCLUDED = "colour chart occluded"
    CHART_DIRTY = "colour chart dirty"
    OFF_CENTRE = "face off centre"
    TOO_CLOSE = "too close"
    TOO_FAR = "too far"
    HEAD_TURNED = "head turned"
    HEAD_TILTED_BACK = "head tilted back"
    UNSYNCHRONISED = "second camera late"
    RIG_DRIFT = "rig drift"
    CAMERAS_SWAPPED = "cameras swapped"
    TRUNCATED = "image truncated"
    BLACK_FRAME = "black frame"
    UNEQUAL_EXPOSURE = "cameras exposed differently"
    HAIR_OVER_FACE = "hair over the face"
    GLASSES_WORN = "glasses worn"
    HAND_BEFORE_FACE = "hand before the face"
    SMILING = "smiling"
    BROWS_RAISED = "brows raised"
    MOUTH_OPEN = "mouth open"
    MAKEUP_WORN = "make-up worn"
    SKIN_SHINES = "skin shines"
    TEXTURE_HIDDEN = "skin texture hidden"
    TWO_FACES = "two faces"
    NO_FACE = "no face"
    PHOTOGRAPH = "photograph of a face"
    HEAD_ROLLED_LEFT = "head rolled to the left"
    HEAD_ROLLED_RIGHT = "head rolled to the right"
    HEAD_TILTED_FORWARD = "head tilted forward"
    DIFFUSER_LOOSE = "diffuser loose"
    ZONE_WARM = "light zone too warm"


GATE: Final[Mapping[Fault, str]] = MappingProxyType(
    {
        Fault.DEFOCUS: "sharpness: too little fine detail on the face",
        Fault.OVEREXPOSED: "exposure: clipped skin or chart white",
        Fault.UNDEREXPOSED: "exposure: skin and chart white far below target",
        Fault.MOTION_BLUR: "sharpness: fine detail is missing in one direction",
        Fault.LIGHT_ZONE_OUT: "illumination: one zone gives no light",
        Fault.UNEVEN_LIGHT: "illumination: uniformity across the face out of limits",
        Fault.WRONG_WHITE_BALANCE: "colour: grey patches are not neutral",
        Fault.CHART_MISSING: "colour: no chart at its place",
        Fault.CHART_OCCLUDED: "colour: not all 24 patches seen",
        Fault.CHART_DIRTY: "colour: patches disagree after correction",
        Fault.OFF_CENTRE: "framing: face outside the guide",
        Fault.TOO_CLOSE: "framing: distance below the protocol's range",
        Fault.TOO_FAR: "framing: distance above the protocol's range",
        Fault.HEAD_TURNED: "framing: yaw differs from the capture view",
        Fault.HEAD_TILTED_BACK: "framing: pitch differs from the capture view",
        Fault.UNSYNCHRONISED: "stereo: points leave their epipolar lines on the face only",
        Fault.RIG_DRIFT: "stereo: points leave their epipolar lines everywhere",
        Fault.CAMERAS_SWAPPED: "stereo: disparities have the wrong sign",
        Fault.TRUNCATED: "integrity: rows without content",
        Fault.BLACK_FRAME: "integrity: no light in the image",
        Fault.UNEQUAL_EXPOSURE: "exposure: the face is lighter in one picture than in the other",
        Fault.HAIR_OVER_FACE: "occlusion: strands of hair before the skin",
        Fault.GLASSES_WORN: "occlusion: glasses before the eyes",
        Fault.HAND_BEFORE_FACE: "occlusion: something stands before cheek and mouth",
        Fault.SMILING: "expression: the corners of the mouth are raised",
        Fault.BROWS_RAISED: "expression: the brows are raised",
        Fault.MOUTH_OPEN: "expression: the mouth is open",
        Fault.MAKEUP_WORN: "make-up: the lips are painted, the skin is evened out",
        Fault.SKIN_SHINES: "reflection: the light mirrors in the skin",
        Fault.TEXTURE_HIDDEN: "texture: too little detail on the skin to be matched",
        Fault.TWO_FACES: "face: more than one in view",
        Fault.NO_FACE: "face: none in view",
        Fault.PHOTOGRAPH: "face: it has no depth",
        Fault.HEAD_ROLLED_LEFT: "framing: the line of the eyes slopes down to the subject's left",
        Fault.HEAD_ROLLED_RIGHT: "framing: the line of the eyes slopes down to the subject's right",
        Fault.HEAD_TILTED_FORWARD: "framing: pitch differs from the capture view, chin down",
        Fault.DIFFUSER_LOOSE: "light field: a zone's pattern has changed, its level has not",
        Fault.ZONE_WARM: "light field: the colour temperature of all zones has drifted",
    }
)
"""Which gate must catch a fault, and by what."""

UPKEEP: Final = frozenset({Fault.DIFFUSER_LOOSE, Fault.ZONE_WARM})
"""Faults that the upkeep of the station must catch; every other one a gate of the capture must."""


class ChartState(StrEnum):
    """What became of the colour chart."""

    CLEAN = "clean"
    MISSING = "missing"
    OCCLUDED = "occluded"
    DIRTY = "dirty"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultState:
    """A fault switched on.

    Attributes:
        fault: What is wrong.
        severity: 0..2, where 1 must be caught.
    """

    fault: Fault
    severity: float = 1.0

    def __post_init__(self) -> None:
        """Refuse severities without meaning."""
        if not 0.0 <= self.severity <= 2.0:  # noqa: PLR2004
            raise MalformedInput("severity must lie in 0..2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Everything faults can change, with the values of a faultless station.

    Attributes:
        defocus_px: Radius of the blur disc, pixels of the 1520 x 2028 image.
        motion_px: Length of the streak, the same pixels.
        exposure_factor: Light collected against what the settings ask for.
        zone_output: Output of a zone against a healthy one.
        zone_gathered: Share of a zone's light that its diffuser lets out at one end.
        zone_shift_k: How much warmer (below 0) or cooler the white of a zone is.
        balance_shift_k: Error of the colour temperature the camera takes for white.
        offset_mm: Shift of the face to the right and down as the cameras look.
        distance_shift_mm: Shift of the face away from the cameras.
        yaw_deg: Turn of the head to the subject's left.
        pitch_deg: Tilt of the head backwards.
        roll_deg: Roll of the head to the subject's left shoulder.
        late_shift_mm: How far the head moved before the right camera exposed.
        drift: Movement of the right camera since calibration.
        kept_rows: Share of the image's rows that arrived.
        right_exposure_factor: Light the right camera collects against the left.
        worn: What appearances are changed to, by name of the attribute; the larger amount counts.
        expression: The same for the expression.
        company: Whether a second person is in view.
        nobody: Whether the chair is empty.
        photograph: Whether a print stands where the face should be.
    """

    defocus_px: float = 0.0
    motion_px: float = 0.0
    exposure_factor: float = 1.0
    zone_output: Mapping[Zone, float] = field(default_factory=lambda: MappingProxyType({}))
    zone_gathered: Mapping[Zone, float] = field(default_factory=lambda: MappingProxyType({}))
    zone_shift_k: Mapping[Zone, float] = field(default_factory=lambda: MappingProxyType({}))
    balance_shift_k: float = 0.0
    chart: ChartState = ChartState.CLEAN
    offset_mm: tuple[float, float] = (0.0, 0.0)
    distance_shift_mm: float = 0.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    late_shift_mm: float = 0.0
    drift: RigDrift = field(default_factory=RigDrift)
    cameras_swapped: bool = False
    kept_rows: float = 1.0
    black: bool = False
    right_exposure_factor: float = 1.0
    worn: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    expression: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    company: bool = False
    nobody: bool = False
    photograph: bool = False

    def light(self, asked: RingLight) -> RingLight:
        """Return how the ring really burns."""
        zones = {
            zone: replace(
                state,
                health=state.health * self.zone_output.get(zone, 1.0),
                temperature_k=max(2000.0, state.temperature_k + self.zone_shift_k.get(zone, 0.0)),
                gathered=max(state.gathered, self.zone_gathered.get(zone, 0.0)),
            )
            for zone, state in asked.zones.items()
        }
        return RingLight(zones=MappingProxyType(zones))

    def looks(self, appearance: Appearance) -> Appearance:
        """Return how a person looks who would look like ``appearance`` without faults."""
        if not (self.worn or self.expression):
            return appearance
        given = appearance.expression
        made = {name: max(getattr(given, name), s) for name, s in self.expression.items()}
        worn = {
            name: max(getattr(appearance, name), s)
            for name, s in self.worn.items()
            if name not in _THINGS
        }
        return replace(
            appearance,
            expression=replace(given, **made),
            glasses=appearance.glasses or self.worn.get("glasses", 0.0) > 0.0,
            hand=appearance.hand or self.worn.get("hand", 0.0) > 0.0,
            **worn,
        )


def _apply(c: Conditions, fault: Fault, s: float) -> Conditions:
    match fault:
        case Fault.DEFOCUS:
            return replace(c, defocus_px=c.defocus_px + 6.0 * s)
        case Fault.MOTION_BLUR:
            return replace(c, motion_px=c.motion_px + 22.0 * s)
        case Fault.OVEREXPOSED:
            return replace(c, exposure_factor=c.exposure_factor * (1.0 + 1.4 * s))
        case Fault.UNDEREXPOSED:
            return replace(c, exposure_factor=c.exposure_factor / (1.0 + 3.5 * s))
        case Fault.WRONG_WHITE_BALANCE:
            return replace(c, balance_shift_k=c.balance_shift_k - 1300.0 * s)
        case Fault.CHART_MISSING:
            return replace(c, chart=ChartState.MISSING)
        case Fault.CHART_OCCLUDED:
            return replace(c, chart=ChartState.OCCLUDED)
        case Fault.CHART_DIRTY:
            return replace(c, chart=ChartState.DIRTY)
        case _:
            return _apply_ring(c, fault, s)


def _apply_ring(c: Conditions, fault: Fault, s: float) -> Conditions:
    match fault:
        case Fault.LIGHT_ZONE_OUT:
            output = {**c.zone_output, Zone.LEFT: max(0.0, 1.0 - s)}
            return replace(c, zone_output=MappingProxyType(output))
        case Fault.UNEVEN_LIGHT:
            low = max(0.0, 1.0 - 0.45 * s)
            output = {**c.zone_output, Zone.RIGHT: low, Zone.TOP: (1.0 + low) / 2}
            return replace(c, zone_output=MappingProxyType(output))
        case Fault.DIFFUSER_LOOSE:
            gathered = {**c.zone_gathered, Zone.LEFT: min(1.0, 0.85 * s)}
            return replace(c, zone_gathered=MappingProxyType(gathered))
        case Fault.ZONE_WARM:
            shifted = {**c.zone_shift_k, Zone.TOP: c.zone_shift_k.get(Zone.TOP, 0.0) - 1600.0 * s}
            return replace(c, zone_shift_k=MappingProxyType(shifted))
        case _:
            return _apply_geometry(c, fault, s)


def _apply_geometry(c: Conditions, fault: Fault, s: float) -> Conditions:
    match fault:
        case Fault.OFF_CENTRE:
            return replace(c, offset_mm=(c.offset_mm[0] - 38.0 * s, c.offset_mm[1] + 20.0 * s))
        case Fault.TOO_CLOSE:
            return replace(c, distance_shift_mm=c.distance_shift_mm - 75.0 * s)
        case Fault.TOO_FAR:
            return replace(c, distance_shift_mm=c.distance_shift_mm + 95.0 * s)
        case Fault.UNSYNCHRONISED:
            return replace(c, late_shift_mm=c.late_shift_mm + 1.6 * s)
        case Fault.RIG_DRIFT:
            return replace(
                c, drift=RigDrift(yaw_deg=0.08 * s, pitch_deg=0.10 * s, roll_deg=0.05 * s)
            )
        case Fault.CAMERAS_SWAPPED:
            return replace(c, cameras_swapped=True)
        case Fault.TRUNCATED:
            return replace(c, kept_rows=max(0.0, 1.0 - 0.38 * s))
        case _:
            return _apply_person(c, fault, s)


_THINGS: Final = ("glasses", "hand")
"""What is there or not."""

_WORN: Final = {
    Fault.HAIR_OVER_FACE: {"hair": 1.0},
    Fault.GLASSES_WORN: {"glasses": 1.0},
    Fault.HAND_BEFORE_FACE: {"hand": 1.0},
    Fault.MAKEUP_WORN: {"foundation": 0.9, "lipstick": 0.9},
    Fault.SKIN_SHINES: {"sebum": 1.0},
    Fault.TEXTURE_HIDDEN: {"cream": 1.0},
}
_HELD: Final = {
    Fault.HEAD_TURNED: ("yaw_deg", 17.0),
    Fault.HEAD_TILTED_BACK: ("pitch_deg", 14.0),
    Fault.HEAD_ROLLED_LEFT: ("roll_deg", 9.0),
    Fault.HEAD_ROLLED_RIGHT: ("roll_deg", -9.0),
    Fault.HEAD_TILTED_FORWARD: ("pitch_deg", -14.0),
}
_EXPRESSED: Final = {
    Fault.SMILING: ("smile", 0.8),
    Fault.BROWS_RAISED: ("brow_raise", 0.8),
    Fault.MOUTH_OPEN: ("mouth_open", 0.6),
}


def _apply_person(c: Conditions, fault: Fault, s: float) -> Conditions:
    if fault in _WORN:
        more = {name: min(1.0, full * s) for name, full in _WORN[fault].items()}
        return replace(c, worn=MappingProxyType({**c.worn, **more}))
    if fault in _HELD:
        angle, full = _HELD[fault]
        return replace(c, **{angle: getattr(c, angle) + full * s})
    if fault in _EXPRESSED:
        name, full = _EXPRESSED[fault]
        made = {**c.expression, name: min(1.0, full * s)}
        return replace(c, expression=MappingProxyType(made))
    match fault:
        case Fault.BLACK_FRAME:
            return replace(c, black=True)
        case Fault.UNEQUAL_EXPOSURE:
            return replace(c, right_exposure_factor=c.right_exposure_factor / (1.0 + 0.5 * s))
        case Fault.TWO_FACES:
            return replace(c, company=True)
        case Fault.NO_FACE:
            return replace(c, nobody=True)
        case Fault.PHOTOGRAPH:
            return replace(c, photograph=True)
        case _:
            raise AssertionError(fault)


def conditions(faults: Sequence[FaultState]) -> Conditions:
    """Put several faults together."""
    result = Conditions()
    for state in faults:
        if state.severity > 0.0:
            result = _apply(result, state.fault, state.severity)
    return result
