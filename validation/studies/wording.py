"""How a study's permanent words are read: statistics, strata, units."""

from typing import Final

from domain.values.study import EVERYBODY, Statistic

_SHORT: Final = {"sd": "SD", "rms": "RMS", "icc-2-1": "ICC(2,1)", "icc-3-1": "ICC(3,1)"}


def statistic_words(statistic: Statistic) -> str:
    """Return the name of a figure."""
    return _SHORT.get(statistic, statistic.replace("-95", ", 95 %").replace("-", " "))


def stratum_words(stratum: str) -> str:
    """Return the name of a stratum."""
    factor, _, level = stratum.partition("=")
    return "everybody" if stratum == EVERYBODY else f"{factor.replace('-', ' ')}: {level}"


def unit_words(unit: str) -> str:
    """Return a unit as it is shown; shares have none."""
    return "" if unit == "1" else unit
