"""Intraclass correlation: how much of what varies is between subjects rather than measurements.

Rules kept here:

1. ICC(2,1) treats repeats, raters or devices as a random sample (absolute agreement); ICC(3,1) as
   fixed (consistency). Both are of a single measurement.
2. The table is complete: every subject is measured by every rater, once.
3. Where subjects do not differ at all there is no correlation to speak of, and that is said.

Source: Shrout and Fleiss 1979, doi 10.1037/0033-2909.86.2.420.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtri

from adapters.studies.agreement import COVERAGE, Interval
from domain.errors import MalformedInput


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanSquares:
    """The two-way analysis of variance behind the coefficients.

    Attributes:
        subjects: Number of subjects, n.
        raters: Number of raters, k.
        between: Mean square between subjects, BMS.
        rater: Mean square between raters, JMS.
        residual: Residual mean square, EMS.
        within: Mean square within subjects, WMS.
    """

    subjects: int
    raters: int
    between: float
    rater: float
    residual: float
    within: float


def mean_squares(table: ArrayLike) -> MeanSquares:
    """Return the analysis of variance of a (subjects, raters) table.

    Raises:
        MalformedInput: the table is not complete and finite, or smaller than 2 × 2.
    """
    values: NDArray[np.float64] = np.asarray(table, np.float64)
    if values.ndim != 2 or min(values.shape) < 2 or not np.isfinite(values).all():  # noqa: PLR2004
        raise MalformedInput(
            "study.table: a complete table of finite numbers is needed, 2 × 2 at least"
        )
    n, k = values.shape
    grand = values.mean()
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    between = k * float(((rows - grand) ** 2).sum())
    rater = n * float(((columns - grand) ** 2).sum())
    residual = float(((values - rows[:, None] - columns[None, :] + grand) ** 2).sum())
    return MeanSquares(
        subjects=n,
        raters=k,
        between=between / (n - 1),
        rater=rater / (k - 1),
        residual=residual / ((n - 1) * (k - 1)),
        within=(rater + residual) / (n * (k - 1)),
    )


def icc_2_1(table: ArrayLike) -> Interval:
    """Return ICC(2,1), absolute agreement of single measurements, with its 95 % interval.

    Raises:
        MalformedInput: the table is not usable, or nothing in it varies.

    Source: Shrout and Fleiss 1979, p. 423 and 426 (Satterthwaite's degrees of freedom).
    """
    found = mean_squares(table)
    n, k = found.subjects, found.raters
    b, j, e = found.between, found.rater, found.residual
    icc = (b - e) / _varying(b + (k - 1) * e + k * (j - e) / n)
    if e == 0:
        return Interval(value=icc, lower=icc, upper=icc)
    ratio = j / e
    rest = n * (1 + (k - 1) * icc) - k * icc
    freedom = (k - 1) * (n - 1) * (k * icc * ratio + rest) ** 2
    freedom /= (n - 1) * (k * icc * ratio) ** 2 + rest**2
    upper_f = _quantile(n - 1, freedom)
    lower_f = _quantile(freedom, n - 1)
    others = k * j + (k * n - k - n) * e
    return Interval(
        value=icc,
        lower=n * (b - upper_f * e) / (upper_f * others + n * b),
        upper=n * (lower_f * b - e) / (others + n * lower_f * b),
    )


def icc_3_1(table: ArrayLike) -> Interval:
    """Return ICC(3,1), consistency of single measurements, with its 95 % interval.

    Raises:
        MalformedInput: the table is not usable, or nothing in it varies.

    Source: Shrout and Fleiss 1979, p. 423 and 427.
    """
    found = mean_squares(table)
    n, k = found.subjects, found.raters
    b, e = found.between, found.residual
    icc = (b - e) / _varying(b + (k - 1) * e)
    if e == 0:
        return Interval(value=icc, lower=icc, upper=icc)
    freedom = (n - 1) * (k - 1)
    low, high = b / e / _quantile(n - 1, freedom), b / e * _quantile(freedom, n - 1)
    return Interval(value=icc, lower=(low - 1) / (low + k - 1), upper=(high - 1) / (high + k - 1))


def _quantile(numerator: float, denominator: float) -> float:
    return float(fdtri(numerator, denominator, 0.5 + COVERAGE / 2))


def _varying(variance: float) -> float:
    if variance <= 0:
        raise MalformedInput("study.table: nothing in the table varies, so nothing correlates")
    return variance
