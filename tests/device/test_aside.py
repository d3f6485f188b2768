"""What was refused for good: kept for a while, gone with an erased client, bounded for ever."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from device.aside import KEPT_FOR, tidy
from device.outbox import DELIVERED_FOR
from device.secure_key import FileSecureKey
from domain.errors import NotFound, Unavailable
from tests.builders import SESSION
from tests.device.server import Server, busy, lose_request
from tests.device.test_delivery import BLOCKED, Bench

MOMENT = timedelta(microseconds=1)
REASON = {"rule": "session.open", "evidence": "ended", "next_step": "Open a new one."}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A station with one refused attempt of two frames, set aside, and one that waits."""
    made = Bench(tmp_path, FileSecureKey.load_or_create(tmp_path / "keys"))
    made.server.refuse = lambda event: None if event == BLOCKED else REASON
    made.attempt("refused")
    made.delivery.drain()
    yield made
    made.outbox.close()


def frames(bench: Bench, sequence: int) -> list[bytes]:
    found = []
    for place in range(2):
        try:
            found.append(bench.outbox.content(sequence, place))
        except NotFound:
            continue
    return found


def tidied(bench: Bench) -> int:
    return tidy(bench.outbox, bench.client, bench.clock)


@pytest.mark.verifies("DRV-07", "DRV-10")
def test_a_refused_statement_and_its_frames_are_kept_for_thirty_days_and_then_only_the_reason(
    bench: Bench,
) -> None:
    bench.clock.advance(KEPT_FOR - MOMENT)
    assert tidied(bench) == 0
    assert frames(bench, 1) == [b"refused left", b"refused right"]
    bench.clock.advance(MOMENT)
    assert tidied(bench) == 1
    assert tidied(bench) == 0

    (aside,) = bench.outbox.aside()
    assert (aside.sequence, aside.refusal.rule, aside.statement) == (1, "session.open", None)
    assert frames(bench, 1) == []
    assert bench.outbox.state().refused == 1


@pytest.mark.verifies("DRV-10", "REQ-IN-213")
def test_what_is_about_an_erased_client_goes_as_soon_as_the_server_says_so(bench: Bench) -> None:
    sealed = bench.outbox._connection.execute("SELECT sealed FROM content").fetchall()
    file = bench.outbox._path
    assert all(one[:64] in file.read_bytes() for (one,) in sealed)
    assert tidied(bench) == 0
    bench.server.erased.add(SESSION)
    assert tidied(bench) == 1
    assert frames(bench, 1) == []
    assert bench.outbox.aside()[0].statement is None
    # Not even the sealed bytes are left in the file.
    assert not any(one[:64] in file.read_bytes() for (one,) in sealed)


def test_what_still_awaits_delivery_is_not_touched(bench: Bench) -> None:
    bench.attempt("waiting")
    bench.server.erased.add(SESSION)
    bench.clock.advance(2 * KEPT_FOR)
    assert tidied(bench) == 1
    assert frames(bench, 2) == [b"waiting left", b"waiting right"]
    assert [each.sequence for each in bench.outbox.waiting(9)] == [2]


@pytest.mark.parametrize("trouble", [lose_request, busy])
def test_while_the_server_is_away_only_age_counts(bench: Bench, trouble: object) -> None:
    bench.server.trouble.append(trouble)  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        tidied(bench)
    assert frames(bench, 1)
    bench.server.trouble.append(trouble)  # type: ignore[arg-type]
    assert bench.delivery.tidy() == 0
    assert bench.delivery.problem is not None
    bench.clock.advance(KEPT_FOR)
    assert bench.delivery.tidy() == 1


def test_a_queue_made_before_the_time_was_kept_counts_from_when_the_statement_was_made(
    bench: Bench,
) -> None:
    connection = bench.outbox._connection
    connection.execute("ALTER TABLE statement DROP COLUMN aside_us")
    bench.outbox.close()
    again = Bench(bench.outbox._path.parent, bench.key)
    again.clock.advance(KEPT_FOR)
    assert tidied(again) == 1
    again.outbox.close()


@pytest.mark.verifies("DRV-06")
def test_content_delivered_long_before_its_statement_is_delivered_again(bench: Bench) -> None:
    bench.server.refuse = lambda _: None
    bench.attempt("cut off")
    bench.server.trouble.extend([Server.answer, Server.answer, lose_request])
    assert bench.delivery.step().problem is not None
    assert bench.outbox.unsettled(2) == ()
    bench.server.content.clear()  # named by no record for too long
    bench.clock.advance(DELIVERED_FOR + MOMENT)
    bench.server.clock.advance(DELIVERED_FOR + MOMENT)  # type: ignore[attr-defined]
    assert bench.outbox.unsettled(2) == (0, 1)
    assert bench.delivery.drain().accepted == 1
    assert len(bench.server.content) == 2
