"""Values of the session before: only of captures that compare, and of the same release.

What is told of a change is held against the report's own words.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.reported.comparison import compared_quantity
from adapters.reports import wording
from api.answers import Reading
from api.previous_views import PairView, PreviousValue, pair_views, previous_values
from domain.events.codec import to_plain
from domain.values.finding import Finding
from domain.values.identifiers import FindingId
from projections import inference
from projections.rows import Row

READING = cast("Reading", SimpleNamespace(connection=None))


def a_finding(name: str, value: float | None, uncertainty: float | None) -> Finding:
    return Finding(
        finding=FindingId.derived(name, "ita"),
        category="skin-tone",
        code="ita",
        label="Individual typology angle",
        value=value,
        unit=None if value is None else "°",
        uncertainty=uncertainty,
        coverage_factor=None if uncertainty is None else 2.0,
        text="tan",
        confidence=0.9,
        quality_flags=(),
        limitations=(),
        needs_confirmation=False,
    )


NOW = str(FindingId.derived("now", "ita"))


def plain(finding: Finding) -> Row:
    return cast("Row", to_plain(finding))


def a_run(name: str, release: str = "one", value: float = 30.0, uncertainty: float = 2.0) -> Row:
    finding = plain(a_finding(name, value, uncertainty))
    return {"attempt": f"{name}-attempt", "release": release, "findings": [finding]}


def before(
    value: float | None = 30.0,
    uncertainty: float | None = 2.0,
    **judged: Any,  # noqa: ANN401 - whatever a row holds
) -> Row:
    proposed = plain(a_finding("then", value, uncertainty))
    judgement = {"verdict": "accepted", "amended_value": None} | judged
    laid = {"finding": proposed["finding"], "proposed": proposed, **judgement}
    return {"session": "then", "findings": [laid]}


def previous(now: list[Row], then: Row, *, comparable: bool = True) -> PreviousValue | None:
    found = previous_values(READING, now, then, [a_pair(comparable=comparable)])
    assert set(found) <= {NOW}
    return found.get(NOW)


def a_pair(*, comparable: bool = True) -> PairView:
    return PairView(
        view="frontal",
        earlier_session="then",
        earlier_attempt="then-attempt",
        attempt="now-attempt",
        comparable=comparable,
        differences=[],
    )


@pytest.fixture(autouse=True, scope="module")
def earlier_runs() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(inference, "of_session", lambda *_: [a_run("then")])
        yield


@pytest.mark.verifies("DRV-15")
def test_an_earlier_value_stands_only_beside_one_of_captures_that_compare() -> None:
    now = [a_run("now")]
    found = previous(now, before())
    assert found is not None
    assert found.value == 30.0
    assert previous(now, before(), comparable=False) is None
    assert previous_values(READING, now, before(), []) == {}


def test_another_release_is_not_compared() -> None:
    assert previous([a_run("now", "two")], before()) is None


def test_a_rejected_finding_has_no_value_and_an_amended_one_the_practitioners() -> None:
    now = [a_run("now")]
    assert previous(now, before(verdict="rejected")) is None
    assert previous(now, before(value=None, uncertainty=None)) is None
    amended = previous(now, before(verdict="amended", amended_value=28.0))
    assert amended == PreviousValue(value=28.0, amended=True, compared=None)


@pytest.mark.verifies("DRV-15", "DRV-17")
def test_a_count_that_fell_within_what_both_uncertainties_allow_is_no_change() -> None:
    found = previous([a_run("now", value=4.0, uncertainty=4.8)], before(14.0, 9.0))
    assert found is not None
    assert found.compared is not None
    assert found.compared.change == -10.0
    assert found.compared.detectable_change == pytest.approx(10.2)
    assert not found.compared.detected


@pytest.mark.verifies("DRV-17")
@pytest.mark.parametrize(("then", "now"), [(None, 2.0), (0.0, 0.0)])
def test_no_change_is_told_without_uncertainties_that_say_how_small_it_could_be(
    then: float | None, now: float
) -> None:
    found = previous([a_run("now", value=50.0, uncertainty=now)], before(30.0, then))
    assert found == PreviousValue(value=30.0, amended=False, compared=None)


NUMBERS = st.floats(-1e3, 1e3)
WIDTHS = st.floats(0.001, 1e3)


@pytest.mark.verifies("DRV-15")
@given(then=NUMBERS, now=NUMBERS, first=WIDTHS, second=WIDTHS)
def test_the_screen_calls_a_change_what_the_report_calls_one(
    then: float, now: float, first: float, second: float
) -> None:
    found = previous([a_run("now", value=now, uncertainty=second)], before(then, first))
    quantity = compared_quantity(
        "Frontal", a_finding("then", then, first), a_finding("now", now, second)
    )
    assert found is not None
    assert found.compared is not None
    assert quantity is not None
    written = wording.change(quantity)
    assert found.compared.detected == (written != "No change that this system can detect")


def test_a_first_session_has_nothing_before() -> None:
    assert pair_views(READING, {"attempts": []}, None) == []
    assert previous_values(READING, [a_run("now")], None, []) == {}
