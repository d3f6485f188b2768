"""Changes of volume, measured again from recorded depth, regions and calibrations.

Rules kept here:

1. A region's change counts as reproduced within ``SHARE`` of its own expanded uncertainty, with
   the same verdict; a verdict that changed is a difference, however small the number's.
2. The claim is the recorded one, also when it was withdrawn since.
"""

from collections.abc import Mapping
from typing import Final

from adapters.imaging import change as changes
from adapters.imaging.determinism import platform_digest
from adapters.inference.overlay import draw_overlay
from adapters.repeating.repeated import Repeated, outcome_of, said
from adapters.workbench import Workbench
from adapters.workers.volume import DISTANCE_SCALE, measured_again, settings_of
from domain.events.record import Record
from domain.events.volume_change import VolumeChangeMeasured
from domain.values.content import Digest
from domain.values.facial_region import FacialRegion
from domain.values.volume_change import RegionChange

VOLUME_CHANGE: Final = "volume-change"
SHARE: Final = 0.01


def repeat_change(bench: Workbench, record: Record, event: VolumeChangeMeasured) -> Repeated:
    """Measure a change of volume again."""
    again, remade, inputs = measured_again(bench, event)
    before, now = _by_region(event.regions), _by_region(remade)
    regions = sorted(before.keys() | now.keys())
    off = [each.value for each in regions if before.get(each) != now.get(each)]
    close = all(_close(before.get(each), now.get(each)) for each in regions)
    if again.alignment != event.alignment:
        off.append("registration")
    maps = [each.content.digest for each in event.artefacts if each.name == DISTANCE_SCALE.name]
    if maps != [Digest.of(draw_overlay(again.shown_mm, DISTANCE_SCALE).png)]:
        off.append(DISTANCE_SCALE.name)
    found = f"off: {', '.join(off)}" if off else f"{len(now)} regions and map identical"
    return Repeated(
        seq=record.seq,
        what=VOLUME_CHANGE,
        of=record.stream,
        outcome=outcome_of(identical=not off, close=close),
        evidence=said(_changed(event, settings_of(again), inputs), found),
    )


def _by_region(regions: tuple[RegionChange, ...]) -> Mapping[FacialRegion, RegionChange]:
    return {each.region: each for each in regions}


def _close(before: RegionChange | None, now: RegionChange | None) -> bool:
    if before is None or now is None:
        return False
    if (before.verdict, before.unit) != (now.verdict, now.unit):
        return False
    return abs(before.change - now.change) <= SHARE * before.uncertainty.expanded


def _changed(
    event: VolumeChangeMeasured, settings: tuple[str, ...], inputs: tuple[Digest, ...]
) -> list[str]:
    pairs = (
        ("inputs", inputs, event.inputs),
        ("settings", settings, event.settings),
        ("method", changes.METHOD, event.algorithm),
        ("platform", Digest(platform_digest()), event.platform),
    )
    return [name for name, now, before in pairs if now != before]
