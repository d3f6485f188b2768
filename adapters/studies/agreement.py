"""How far a measurement is from its reference, and from itself when repeated.

Rules kept here:

1. A difference is measured minus reference; bias keeps its sign and its unit.
2. Every figure comes with the interval its number of cases allows; too few cases are refused, never
   given a wide guess.
3. Repeats are of the same thing under the same conditions; what varies between cases stays out of
   their error.

Sources: Bland and Altman 1986, doi 10.1016/S0140-6736(86)90837-8 (limits of agreement, their
standard errors, repeatability); Dahlberg 1940 and Ulijaszek and Kerr 1999, doi
10.1017/S0007114599001348 (technical error of measurement); Weir 2005, doi 10.1519/15184.1 (standard
error of measurement, minimal detectable change).
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, ndtri, stdtrit

from domain.errors import MalformedInput

FEWEST_PAIRS: Final = 3
COVERAGE: Final = 0.95
LIMITS_FACTOR: Final = float(ndtri(0.975))
"""1.96: 95 % of normal differences lie within so many standard deviations."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure with the 95 % interval its number of cases allows; same unit throughout."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement of a measurement with a reference, in the unit of both.

    Attributes:
        pairs: Number of pairs.
        bias: Mean difference.
        sd: Standard deviation of the differences, n - 1.
        rms: Root of the mean squared difference, bias included.
        lower: Lower limit of agreement.
        upper: Upper limit of agreement.
    """

    pairs: int
    bias: Interval
    sd: float
    rms: float
    lower: Interval
    upper: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeatability:
    """How well a measurement repeats, in its own unit.

    Attributes:
        cases: Number of things measured repeatedly.
        repeats: Number of measurements in all.
        tem: Technical error of measurement: within-case standard deviation (Dahlberg for two).
        relative_tem: The same over the grand mean, per cent; None where that mean is 0.
        sem: Standard error of measurement with the interval of its chi-squared distribution.
        mdc95: Minimal detectable change, 95 %: 1.96 √2 SEM.
        coefficient: Bland and Altman's repeatability, 1.96 √2 within-case deviation.
    """

    cases: int
    repeats: int
    tem: float
    relative_tem: float | None
    sem: Interval
    mdc95: Interval
    coefficient: float


def agreement(
    measured: ArrayLike, reference: ArrayLike, *, factor: float = LIMITS_FACTOR
) -> Agreement:
    """Return bias and limits of agreement with their intervals.

    Args:
        measured: (n,) measurements.
        reference: (n,) what they should have been.
        factor: Standard deviations from the bias to a limit; the paper rounds it to 2.

    Raises:
        MalformedInput: shapes differ, values are not finite, or there are too few pairs.
    """
    given, wanted = _values(measured), _values(reference)
    if given.shape != wanted.shape:
        raise MalformedInput("study.pairs: every measurement needs its reference")
    differences = given - wanted
    count = len(differences)
    if count < FEWEST_PAIRS:
        raise MalformedInput(f"study.pairs: {count} pairs are fewer than {FEWEST_PAIRS}")
    bias = float(differences.mean())
    sd = float(differences.std(ddof=1))
    t = float(stdtrit(count - 1, 0.5 + COVERAGE / 2))
    of_bias, of_limit = t * sd / sqrt(count), t * sd * sqrt(3 / count)
    return Agreement(
        pairs=count,
        bias=_about(bias, of_bias),
        sd=sd,
        rms=float(np.sqrt(np.mean(differences**2))),
        lower=_about(bias - factor * sd, of_limit),
        upper=_about(bias + factor * sd, of_limit),
    )


def repeatability(repeats: list[ArrayLike]) -> Repeatability:
    """Return how well a measurement repeats.

    Args:
        repeats: For each case its (k,) repeated measurements, k at least 2 and not always the same.

    Raises:
        MalformedInput: no case, or a case without a repeat, or values that are not finite.
    """
    cases = [_values(each) for each in repeats]
    if not cases or any(len(each) < 2 for each in cases):  # noqa: PLR2004 - a repeat is a second one
        raise MalformedInput("study.repeats: every case needs at least two measurements")
    squares = float(sum(((each - each.mean()) ** 2).sum() for each in cases))
    freedom = sum(len(each) - 1 for each in cases)
    within = sqrt(squares / freedom)
    mean = float(np.concatenate(cases).mean())
    sem = standard_deviation(within, freedom)
    return Repeatability(
        cases=len(cases),
        repeats=sum(map(len, cases)),
        tem=within,
        relative_tem=None if mean == 0 else 100 * within / abs(mean),
        sem=sem,
        mdc95=detectable_change(sem),
        coefficient=LIMITS_FACTOR * sqrt(2) * within,
    )


def detectable_change(sem: Interval) -> Interval:
    """Return the minimal detectable change, 95 %, of a standard error of measurement."""
    change = LIMITS_FACTOR * sqrt(2)
    return Interval(value=change * sem.value, lower=change * sem.lower, upper=change * sem.upper)


def standard_deviation(value: float, freedom: int) -> Interval:
    """Return a standard deviation of so many degrees of freedom with its chi-squared interval."""
    tail = (1 - COVERAGE) / 2
    return Interval(
        value=value,
        lower=value * sqrt(freedom / float(chdtri(freedom, tail))),
        upper=value * sqrt(freedom / float(chdtri(freedom, 1 - tail))),
    )


def _about(value: float, half: float) -> Interval:
    return Interval(value=value, lower=value - half, upper=value + half)


def _values(given: ArrayLike) -> Floats:
    values = np.asarray(given, np.float64)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise MalformedInput("study.values: finite numbers in one row are needed")
    return values
