"""Live tables and tables filled anew from the log are the same, byte for byte, at every record."""

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from projections import beside, rebuilding
from projections.catalogue import ALL
from projections.runner import ProjectionRunner
from tests.projections.clinic import Clinic, a_clinic
from tests.projections.dumps import dump, in_memory
from tests.projections.histories import LASTING, History, Steps
from tests.projections.recorded import recorded

NAMES = tuple(each.name for each in ALL)
lasting_steps: st.SearchStrategy[Steps] = st.lists(
    st.tuples(st.sampled_from(LASTING), st.integers(0, 59)), max_size=8
)


@pytest.mark.verifies("REQ-IN-009")
@pytest.mark.verifies("REQ-IN-006")
@pytest.mark.verifies("REQ-IN-007")
def test_every_beginning_of_the_record_gives_the_same_tables_live_and_rebuilt(
    eventful: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing, whole = recorded(eventful.log, end=0), recorded(eventful.log)
    live, anew = in_memory(), in_memory()
    applying = ProjectionRunner(live, growing, ALL)
    filling = ProjectionRunner(anew, whole, ALL)
    for last in range(whole.end):
        growing.end = last + 1
        applying.catch_up()
        # Tables take long to make: every few records, beside; else where they are.
        aside = last % 16 == 0 or last == whole.end - 1
        monkeypatch.setattr(beside, "can_stand_beside", lambda *_, aside=aside: aside)
        filling.rebuild(*NAMES, until=last)
        assert dump(live) == dump(anew), f"after record {last}"
    live.dispose()
    anew.dispose()


@pytest.mark.verifies("REQ-IN-009")
def test_both_databases_hold_the_same_tables_live_and_rebuilt(
    eventful: Clinic, engine: sa.Engine
) -> None:
    reference = in_memory()
    ProjectionRunner(reference, eventful.log, ALL).catch_up()
    expected = dump(reference)
    runner = ProjectionRunner(engine, eventful.log, ALL)
    runner.catch_up()
    assert dump(engine) == expected
    for each in ALL:
        runner.rebuild(each.name)
    assert dump(engine) == expected
    reference.dispose()


@pytest.mark.verifies("REQ-IN-009")
@settings(max_examples=12)
@given(steps=lasting_steps, sizes=st.lists(st.integers(1, 40), min_size=1), data=st.data())
def test_whatever_happened_in_whatever_batches_the_tables_are_those_of_a_rebuild(
    steps: Steps, sizes: list[int], data: st.DataObject
) -> None:
    clinic = a_clinic()
    History(clinic).take([("come", 2), ("hand in", 1), ("measure", 0), *steps])
    growing, whole = recorded(clinic.log, end=0), recorded(clinic.log)
    live, anew = in_memory(), in_memory()
    applying = ProjectionRunner(live, growing, ALL)
    filling = ProjectionRunner(anew, whole, ALL)
    checked = data.draw(st.integers(0, 5), label="the batch to check at")
    fill = data.draw(st.integers(1, 60), label="records filled at once")
    number = 0
    while growing.end < whole.end:
        growing.end = min(whole.end, growing.end + sizes[number % len(sizes)])
        applying.catch_up()
        if number == checked or growing.end == whole.end:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(rebuilding, "FILL", fill)
                patch.setattr(beside, "can_stand_beside", lambda *_, last=number != checked: last)
                filling.rebuild(*NAMES, until=growing.end - 1)
            assert dump(live) == dump(anew), f"after record {growing.end - 1}"
        number += 1
    live.dispose()
    anew.dispose()


def test_a_rebuild_goes_on_live_from_where_it_was_told_to_end(eventful: Clinic) -> None:
    engine, expected = in_memory(), in_memory()
    ProjectionRunner(expected, eventful.log, ALL).catch_up()
    runner = ProjectionRunner(engine, eventful.log, ALL)
    for number, each in enumerate(ALL):
        runner.rebuild(each.name, until=number * 5)
        assert {at.name: at.seq for at in runner.positions()}[each.name] == number * 5
    runner.catch_up()
    assert dump(engine) == dump(expected)


def test_a_rebuild_ends_with_the_record(eventful: Clinic) -> None:
    engine = in_memory()
    runner = ProjectionRunner(engine, eventful.log, ALL)
    runner.rebuild("subject", until=10**9)
    assert {at.name: at.seq for at in runner.positions()}["subject"] == eventful.log.size() - 1
