"""What is kept back is read as if it were recorded, and then recorded in one step or not at all."""

import pytest

from adapters.eventlog.staging import NOWHERE, StagedLog
from domain.errors import MalformedInput, StaleVersion
from tests.contracts.logs import QUALITY, Logs, a_draft, a_run, an_event, check_whole


def staged_on(logs: Logs) -> StagedLog:
    return StagedLog(logs.open(), clock=logs.clock)


@pytest.mark.verifies("DRV-02", "DRV-06")
def test_what_is_kept_back_is_read_and_then_recorded_in_one_step(kept_logs: Logs) -> None:
    log, stream, other = kept_logs.open(), kept_logs.new_stream(), kept_logs.new_stream()
    log.append(a_run(stream, 2))
    staged = staged_on(kept_logs)
    kept = staged.append([a_draft(stream, 2, request="one"), a_draft(other, 0, request="one")])
    more = staged.append([a_draft(stream, 3)])
    assert {each.seq for each in (*kept, *more)} == {NOWHERE}
    assert [each.version for each in staged.stream(stream, after_version=1)] == [2, 3, 4]
    assert staged.recorded(str(QUALITY), "one") == kept
    assert log.size() == 2

    placed = staged.commit()

    assert [placed[each.stream, each.version].seq for each in (*kept, *more)] == [2, 3, 4]
    assert len({each.committed_at for each in placed.values()}) == 1
    assert log.recorded(str(QUALITY), "one") == tuple(log.after(1, limit=2))
    assert check_whole(log) == 5


def test_nothing_kept_back_is_nothing_recorded(kept_logs: Logs) -> None:
    staged = staged_on(kept_logs)
    assert staged.commit() == {}
    with pytest.raises(MalformedInput):
        staged.append([])
    staged.close()
    kept_logs.open().append([a_draft(kept_logs.new_stream())])


def test_a_decision_on_an_old_version_is_stale_also_among_what_is_kept_back(
    kept_logs: Logs,
) -> None:
    staged, stream = staged_on(kept_logs), kept_logs.new_stream()
    staged.append([a_draft(stream)])
    with pytest.raises(StaleVersion):
        staged.append([a_draft(stream)])
    assert len(staged.stream(stream)) == 1


def test_of_a_long_stream_only_its_end_is_read_and_the_rest_when_it_is_asked_for(
    kept_logs: Logs,
) -> None:
    log, stream = kept_logs.open(), kept_logs.new_stream()
    log.append(a_run(stream, 5))
    staged = staged_on(kept_logs)
    assert [each.version for each in staged.stream(stream, after_version=4)] == [5]
    staged.append([a_draft(stream, 5)])
    log.append([a_draft(kept_logs.new_stream())])
    assert [each.version for each in staged.stream(stream, after_version=2)] == [3, 4, 5, 6]
    assert [each.version for each in staged.stream(stream)] == [1, 2, 3, 4, 5, 6]
    with pytest.raises(StaleVersion):
        staged.append([a_draft(stream, 9)])
    staged.append([a_draft(stream, 6)])

    placed = staged.commit()

    assert [placed[stream, version].seq for version in (6, 7)] == [6, 7]
    assert check_whole(log) == 8


def test_a_stream_that_moved_on_between_two_readings_is_stale(kept_logs: Logs) -> None:
    log, stream = kept_logs.open(), kept_logs.new_stream()
    log.append(a_run(stream, 3))
    staged = staged_on(kept_logs)
    assert [each.version for each in staged.stream(stream, after_version=2)] == [3]
    log.append([a_draft(stream, 3)])
    assert [each.version for each in staged.stream(stream)] == [1, 2, 3]
    staged.append([a_draft(stream, 3)])
    with pytest.raises(StaleVersion):
        staged.commit()
    assert log.size() == 4


@pytest.mark.parametrize("moves", ["what is written to", "what was only read"])
def test_where_a_stream_has_moved_on_nothing_is_recorded(kept_logs: Logs, moves: str) -> None:
    log, stream, read = kept_logs.open(), kept_logs.new_stream(), kept_logs.new_stream()
    staged = staged_on(kept_logs)
    assert staged.stream(read) == ()
    staged.append([a_draft(stream)])
    log.append([a_draft(read if moves == "what was only read" else stream)])
    with pytest.raises(StaleVersion):
        staged.commit()
    assert log.size() == 1


def test_a_request_that_was_recorded_by_another_way_stands(kept_logs: Logs) -> None:
    log, stream, other = kept_logs.open(), kept_logs.new_stream(), kept_logs.new_stream()
    staged = staged_on(kept_logs)
    staged.append([a_draft(stream, request="one")])
    staged.append([a_draft(kept_logs.new_stream(), request="two")])
    log.append([a_draft(other, 0, an_event("another way"), request="one")])
    with pytest.raises(StaleVersion):
        staged.commit()
    assert log.size() == 1
