"""How far a measurement is from its reference where each head was measured at many places.

Rules kept here:

1. A head is one case. Places of one head share its pose, its light and what is wrong with the
   capture: forty of them are no forty cases, and no interval is narrower than heads allow.
2. Every head weighs the same, however many of its places were measured.
3. Where it is not known how far places of a head are independent, intervals are as wide as if each
   head had given one value: of the limits of agreement, and of what repeats.

Sources: Bland and Altman 2007, doi 10.1080/10543400701329422 (several measurements of one subject:
variance between and within subjects add up); Donner and Klar 2000, Design and Analysis of Cluster
Randomization Trials (the cluster is the unit). For one place per head it is ``agreement.py``.
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from scipy.special import stdtrit

from adapters.studies.agreement import (
    COVERAGE,
    FEWEST_PAIRS,
    LIMITS_FACTOR,
    Agreement,
    Interval,
    standard_deviation,
)
from adapters.studies.observations import Sampled
from domain.errors import MalformedInput


def sampled_agreement(heads: Sequence[Sampled]) -> Agreement:
    """Return bias and limits of agreement of single places; ``pairs`` counts heads.

    Raises:
        MalformedInput: there are too few heads.
    """
    count = len(heads)
    if count < FEWEST_PAIRS:
        raise MalformedInput(f"study.pairs: {count} heads are fewer than {FEWEST_PAIRS}")
    differences = [
        np.array([place.repeats[0] - place.reference for place in head.places]) for head in heads
    ]
    means = np.array([each.mean() for each in differences])
    bias = float(means.mean())
    between = float(means.var(ddof=1))
    within = float(np.mean([each.var() for each in differences]))
    sd = sqrt(between + within)
    t = float(stdtrit(count - 1, 0.5 + COVERAGE / 2))
    of_bias, of_limit = t * sqrt(between / count), t * sd * sqrt(3 / count)
    reach = LIMITS_FACTOR * sd
    return Agreement(
        pairs=count,
        bias=Interval(value=bias, lower=bias - of_bias, upper=bias + of_bias),
        sd=sd,
        rms=sqrt(float(np.mean([np.mean(each**2) for each in differences]))),
        lower=Interval(
            value=bias - reach, lower=bias - reach - of_limit, upper=bias - reach + of_limit
        ),
        upper=Interval(
            value=bias + reach, lower=bias + reach - of_limit, upper=bias + reach + of_limit
        ),
    )


def sampled_error(heads: Sequence[Sampled]) -> Interval:
    """Return the standard error of measurement of a single place, from repeated captures.

    Raises:
        MalformedInput: there is no head, or one that was captured once.
    """
    if not heads or any(len(head.places[0].repeats) < 2 for head in heads):  # noqa: PLR2004 - a spread
        raise MalformedInput("study.repeats: every head needs at least two captures")
    variances = [
        float(np.array([place.repeats for place in head.places]).var(axis=1, ddof=1).mean())
        for head in heads
    ]
    freedom = sum(len(head.places[0].repeats) - 1 for head in heads)
    return standard_deviation(sqrt(float(np.mean(variances))), freedom)
