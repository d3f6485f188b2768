"""Values of the session before: only of captures that compare, and of the same release."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.answers import Reading
from api.previous_views import PairView, pair_views, previous_values
from projections import inference
from projections.rows import Row

READING = cast("Reading", SimpleNamespace(connection=None))


def a_run(name: str, release: str = "one") -> Row:
    finding = {"finding": f"{name}-ita", "code": "ita"}
    return {"attempt": f"{name}-attempt", "release": release, "findings": [finding]}


def before(**judged: Any) -> Row:  # noqa: ANN401 - whatever a row holds
    proposed = {"finding": "then-ita", "code": "ita", "value": 30.0}
    judgement = {"verdict": "accepted", "amended_value": None} | judged
    return {
        "session": "then",
        "findings": [{"finding": "then-ita", "proposed": proposed, **judgement}],
    }


def a_pair(*, comparable: bool = True) -> PairView:
    return PairView(
        view="frontal",
        earlier_session="then",
        earlier_attempt="then-attempt",
        attempt="now-attempt",
        comparable=comparable,
        differences=[],
    )


@pytest.fixture(autouse=True)
def earlier_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "of_session", lambda *_: [a_run("then")])


@pytest.mark.verifies("DRV-15")
def test_an_earlier_value_stands_only_beside_one_of_captures_that_compare() -> None:
    now = [a_run("now")]
    assert previous_values(READING, now, before(), [a_pair()]) == {"now-ita": 30.0}
    assert previous_values(READING, now, before(), [a_pair(comparable=False)]) == {}
    assert previous_values(READING, now, before(), []) == {}


def test_another_release_is_not_compared() -> None:
    assert previous_values(READING, [a_run("now", "two")], before(), [a_pair()]) == {}


def test_a_rejected_finding_has_no_value_and_an_amended_one_the_practitioners() -> None:
    now = [a_run("now")]
    assert previous_values(READING, now, before(verdict="rejected"), [a_pair()]) == {}
    amended = before(verdict="amended", amended_value=28.0)
    assert previous_values(READING, now, amended, [a_pair()]) == {"now-ita": 28.0}


def test_a_first_session_has_nothing_before() -> None:
    assert pair_views(READING, {"attempts": []}, None) == []
    assert previous_values(READING, [a_run("now")], None, []) == {}
