"""Whether two sets of a study's figures are the same, and with what figures were worked out.

Rules kept here:

1. Every figure of one set has its equal in the other: statistic, stratum, unit and number of cases
   are the same, value and interval agree within a tolerance.
2. Of one version on one platform there is no tolerance. Elsewhere sums are added in another order
   and quantiles come from another build; what differs by more than ``TOLERANCE`` has another cause.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from domain.values.content import Digest
from domain.values.study import Statistic, StudyFigure

TOLERANCE: Final = 1e-9
"""Of a figure itself, or of its unit where it is smaller than that.

The mean of 20,000 values up to 1000, added in another order, is off by 1e-9 at the very most and by
1e-12 as a rule; quantiles of Student's t are known to 1e-10 of themselves. Nobody reads a billionth
of a degree or of a millimetre, and what is recorded are the service's own figures anyway.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEvaluation:
    """With what the service worked a study's figures out of its cases.

    Attributes:
        method: Name and version of the statistics, and of the quantiles below them.
        software: Version of the software.
        platform: Digest of the computing platform's description.
    """

    method: str
    software: str
    platform: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedResult:
    """What whoever ran a study states of it.

    Attributes:
        cases: Number of cases.
        figures: Every figure of every stratum.
        software: Version of the software that measured.
        platform: Digest of the computing platform's description.
    """

    cases: int
    figures: tuple[StudyFigure, ...]
    software: str
    platform: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureDifference:
    """Where two sets of figures differ first.

    Attributes:
        statistic: Which figure.
        stratum: Of which cases.
        part: What of it differs: ``value``, ``lower``, ``upper``, ``unit``, ``cases``, or
            ``figure`` where one of the two sets does not have it once.
        stated: What was stated, in words.
        found: What was found, in words.
    """

    statistic: Statistic
    stratum: str
    part: str
    stated: str
    found: str

    def __str__(self) -> str:
        """Return the difference in words."""
        part = "" if self.part in ("value", "figure") else f", {self.part}"
        return f"{self.statistic} of {self.stratum}{part}: stated {self.stated}, found {self.found}"


def first_difference(
    stated: Iterable[StudyFigure], found: Iterable[StudyFigure], *, tolerance: float = 0.0
) -> FigureDifference | None:
    """Return where figures differ first, in the order of those found; none where they do not.

    Args:
        stated: The figures to be checked, in any order.
        found: The figures that follow from the cases.
        tolerance: By how much numbers may differ, of themselves or of their unit; 0 for not at all.
    """
    left: dict[tuple[Statistic, str], StudyFigure] = {}
    for each in stated:
        place = (each.statistic, each.stratum)
        if place in left:
            return _whole(each, stated="twice", found="once")
        left[place] = each
    for each in found:
        other = left.pop((each.statistic, each.stratum), None)
        if other is None:
            return _whole(each, stated="none", found=repr(each.value))
        part = _differing(other, each, tolerance)
        if part is not None:
            return FigureDifference(
                statistic=each.statistic,
                stratum=each.stratum,
                part=part,
                stated=_said(getattr(other, part)),
                found=_said(getattr(each, part)),
            )
    return next(
        (_whole(each, stated=repr(each.value), found="none") for each in left.values()), None
    )


def _whole(figure: StudyFigure, *, stated: str, found: str) -> FigureDifference:
    return FigureDifference(
        statistic=figure.statistic,
        stratum=figure.stratum,
        part="figure",
        stated=stated,
        found=found,
    )


def _differing(stated: StudyFigure, found: StudyFigure, tolerance: float) -> str | None:
    exact = ((name, getattr(stated, name) == getattr(found, name)) for name in ("unit", "cases"))
    close = (
        (name, _close(getattr(stated, name), getattr(found, name), tolerance))
        for name in ("value", "lower", "upper")
    )
    return next((name for name, same in (*close, *exact) if not same), None)


def _close(stated: float | None, found: float | None, tolerance: float) -> bool:
    if stated is None or found is None:
        return stated is found
    return math.isclose(stated, found, rel_tol=tolerance, abs_tol=tolerance)


def _said(value: object) -> str:
    return "none" if value is None else str(value)
