"""The comparison with the subject's last session that was signed before, if the two compare.

Rules kept here:

1. Every before and after carries its verdict: all that was looked at, in words and numbers, and in
   what the two differ [DRV-15]. What is not known of a capture counts as a difference; so does
   another model.
2. Only what a model measured is compared, in the same view; what a practitioner rejected or
   replaced is not.
3. The smallest change that can be told from none is the root of the sum of squares of the two
   expanded uncertainties. Source: JCGM 100:2008 (GUM), 5.1.2, for a difference of two results.
4. A change of volume brings the verdict that was recorded with it.
"""

import math
from collections.abc import Iterator
from datetime import timedelta

from adapters.captures import Capture, read_capture
from adapters.pairs import colour_verdicts
from adapters.reported.conditions import view_words
from adapters.reported.sources import Sources, read_sources
from adapters.reports.results import (
    ComparedCondition,
    ComparedPair,
    ComparedQuantity,
    Comparison,
)
from adapters.workbench import Workbench
from domain.events.volume_change import VolumeChangeMeasured
from domain.rules.assessment import ASSESSMENT
from domain.values.assessment import Decision
from domain.values.comparability import Difference
from domain.values.finding import Finding
from domain.values.identifiers import AssessmentId

_DAY = timedelta(days=1) // timedelta(microseconds=1)


def report_comparison(bench: Workbench, earlier: Sources | None, now: Sources) -> Comparison | None:
    """Return the comparison with the last signed session before; none when there is none."""
    if earlier is None:
        return None
    differences = tuple(
        f"{pair.view}, {each.what}: {each.earlier} then, {each.now} now ({each.limit})"
        for pair in compared_pairs(bench, earlier, now)
        for each in pair.conditions
        if not each.alike
    )
    quantities = () if differences else tuple(_quantities(earlier, now))
    if not differences and not quantities:
        differences = ("no quantity was measured in both sessions",)
    return Comparison(
        earlier=now.moment(earlier.taken_at),
        days_between=(now.taken_at.us - earlier.taken_at.us) // _DAY,
        conditions_differ=differences,
        quantities=quantities,
    )


def report_pairs(
    bench: Workbench, earlier: Sources | None, now: Sources
) -> tuple[ComparedPair, ...]:
    """Return the verdict on every pair of captures that the report compares."""
    pairs = () if earlier is None else tuple(compared_pairs(bench, earlier, now))
    return (*pairs, *(_of_change(bench, now, each) for each in now.changes))


def earlier_session(bench: Workbench, now: Sources) -> Sources | None:
    """Return the newest session before this one whose assessment had been signed."""
    found = []
    for stream in bench.streams.of_subject(AssessmentId.kind, now.subject):
        identifier = AssessmentId.of_stream(stream)
        assessment = bench.as_of(ASSESSMENT, stream, now.seq)
        if identifier != now.identifier and assessment.signature is not None:
            found.append(read_sources(bench, identifier, now.seq))
    before = [each for each in found if each.taken_at.us < now.taken_at.us]
    return max(before, key=lambda each: each.taken_at.us, default=None)


def compared_pairs(bench: Workbench, earlier: Sources, now: Sources) -> Iterator[ComparedPair]:
    """Yield how the captures of each view that both sessions have compare."""
    models = tuple(
        ", ".join(sorted({run.model for run in each.runs})) or "none" for each in (earlier, now)
    )
    same = Difference(
        what="models",
        earlier=models[0],
        later=models[1],
        limit="must be the same",
        within=models[0] == models[1],
    )
    for then, capture, verdict in colour_verdicts(
        bench, earlier.captures, now.captures, seq=now.seq
    ):
        yield _pair(now, capture, then, what="Colour", found=(*verdict.differences, same))


def _of_change(bench: Workbench, now: Sources, change: VolumeChangeMeasured) -> ComparedPair:
    capture = next(each for each in now.captures if each.attempt.attempt == change.attempt)
    then = read_capture(bench, change.earlier_session, change.earlier_attempt)
    return _pair(now, capture, then, what="Volume", found=change.comparability.differences)


def _pair(
    now: Sources, capture: Capture, then: Capture, *, what: str, found: tuple[Difference, ...]
) -> ComparedPair:
    return ComparedPair(
        what=what,
        view=view_words(capture.attempt.view),
        earlier=now.moment(then.taken_at),
        now=now.moment(capture.taken_at),
        conditions=tuple(
            ComparedCondition(
                what=each.what,
                earlier=each.earlier,
                now=each.later,
                limit=each.limit,
                alike=each.within,
            )
            for each in found
        ),
    )


def _quantities(earlier: Sources, now: Sources) -> Iterator[ComparedQuantity]:
    before = dict(_measured(earlier))
    for place, finding in _measured(now):
        then = before.get(place)
        quantity = None if then is None else compared_quantity(place[0], then, finding)
        if quantity is not None:
            yield quantity


def compared_quantity(view: str, then: Finding, now: Finding) -> ComparedQuantity | None:
    """Return two findings beside each other; none without numbers that say how sure they are.

    Args:
        view: The view of both, in words.
        then: The earlier finding, as it was measured.
        now: The later one.
    """
    if then.unit != now.unit:
        return None
    numbers = (then.value, now.value, then.uncertainty, now.uncertainty)
    earlier, value, first, second = numbers
    if earlier is None or value is None or first is None or second is None or now.unit is None:
        return None
    detectable = math.hypot(first, second)
    if detectable == 0.0:  # nothing found twice, without a word on what would have been missed
        return None
    return ComparedQuantity(
        label=f"{now.label}, {view.lower()}",
        unit=now.unit,
        earlier=earlier,
        now=value,
        detectable_change=detectable,
    )


def _measured(sources: Sources) -> Iterator[tuple[tuple[str, str], Finding]]:
    """Yield the findings that stand as measured, by view and code; a change is compared already."""
    changes = {finding for each in sources.changes for finding in each.findings}
    for finding in sources.assessment.findings:
        if finding in changes:
            continue
        review = sources.assessment.reviews.get(finding.finding)
        if review is not None and review.decision is Decision.ACCEPTED:
            view = view_words(sources.run_of(finding).capture.attempt.view)
            yield (view, finding.code), finding
