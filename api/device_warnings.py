"""What to know of a station although it closes no gate: light, colours, clock, what ends soon.

Rules kept here:

1. Neither colour calibration nor light field closes a gate: each capture is judged by its own chart
   and its own light (decision 0025). That one failed or is overdue is said all the same.
2. Each warning names the evidence and the next step.
3. What the station's clock dated is held against the station's clock.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from domain.values.time import ServerTime
from projections.rows import Row

SOON: Final = timedelta(days=3)
CLOCK_LIMIT_MS: Final = 5_000.0

_CHART = (
    "Calibrate the colours with the chart; until then each capture goes by its own chart alone."
)
_GREY = "Clean the lamps, then measure the grey target again, or have the station serviced."
_LIGHT = "Run the light calibration; captures are refused until one passes."


def device_warnings(row: Row, now: ServerTime) -> list[str]:
    """Return what to know of a station, each in one or two sentences.

    Args:
        row: The station, with its ``last`` checks and its ``calibration`` in force.
        now: The time, by our clock.
    """
    return [*_ending(row, now), *_light(row), *_colour(row, now), *_clock(row)]


def by_its_own(row: Row, now: ServerTime) -> ServerTime:
    """Return the time by a station's clock, as far off as it was last found to be."""
    return now.plus(timedelta(milliseconds=row["clock_offset_ms"] or 0.0))


def _ending(row: Row, now: ServerTime) -> Iterator[str]:
    calibration = row["calibration"]
    if calibration is None:
        return
    until = ServerTime.parse(calibration["valid_until"])
    if now < until <= now.plus(SOON):
        yield "The calibration expires within three days."


def _light(row: Row) -> Iterator[str]:
    light, field = row["last"]["illumination"], row["last"]["light_field"]
    if light is not None and not light["passed"]:
        yield f"The last light calibration failed: {_why(light)}. {_LIGHT}"
    if field is not None and not field["passed"]:
        yield f"The last light field failed: {_why(field)}. {_GREY}"


def _colour(row: Row, now: ServerTime) -> Iterator[str]:
    colour = row["last"]["colour"]
    if colour is None:
        return
    mounted = [each["serial"] for each in (row["configuration"] or {}).get("cameras", [])]
    if not colour["passed"]:
        yield f"The last colour calibration failed: {_why(colour)}. {_CHART}"
    elif ServerTime.parse(colour["valid_until"]) <= by_its_own(row, now):
        yield f"The colour calibration expired on {_day(colour['valid_until'])}. {_CHART}"
    if colour["camera"] not in mounted:
        of = f"camera {colour['camera']}, not mounted now"
        yield f"The colours were calibrated for {of}. {_CHART}"


def _clock(row: Row) -> Iterator[str]:
    offset = row["clock_offset_ms"]
    if offset is not None and abs(offset) > CLOCK_LIMIT_MS:
        yield f"The clock is {offset / 1000:+.1f} s from ours."


def _why(record: Row) -> str:
    return "; ".join(record["reasons"])


def _day(text: str) -> str:
    moment = ServerTime.parse(text).moment
    return f"{moment.day} {moment:%B %Y}"
