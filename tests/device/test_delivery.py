"""Delivery against a server that loses, repeats, refuses and disagrees about the time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.memory import ManualClock, SeededRandomness
from device.client import Client
from device.delivery import Delivery
from device.facts import Facts
from device.outbox import Outbox
from device.secure_key import FileSecureKey
from domain.errors import NotSignedIn, Unavailable
from domain.events.capture_session import AttemptSubmitted, CaptureBlocked
from domain.values.capture import Stage
from domain.values.content import ContentReference, Digest
from tests.builders import DEVICE, FRONTAL, SESSION, gates, later
from tests.device.server import (
    TROUBLES,
    Server,
    busy,
    lose_answer,
    lose_request,
    problem,
    strange,
)
from tests.event_builders import an_attempt_submitted

BLOCKED = CaptureBlocked(stage=Stage.STATION, view=FRONTAL, gates=gates(), based_on=())


class Bench:
    """A queue, its delivery and the server."""

    def __init__(self, folder: Path, key: FileSecureKey, *, off: timedelta = timedelta()) -> None:
        """Put them together; the station's clock is off by so much."""
        self.key = key
        self.clock = ManualClock(later().plus(off))
        self.server = Server(ManualClock(later()), DEVICE, key.public_key().hex())
        self.outbox = Outbox(folder / "outbox.sqlite", key, clock=self.clock)
        randomness = SeededRandomness("delivery")
        self.facts = Facts(
            self.outbox, device=DEVICE, key=key, clock=self.clock, randomness=randomness
        )
        self.client = Client(
            self.server.http(), device=DEVICE, key=key, clock=self.clock, randomness=randomness
        )
        self.delivery = Delivery(self.outbox, self.client, clock=self.clock)

    def attempt(self, name: str) -> AttemptSubmitted:
        """Put an attempt with two frames into the queue."""
        frames = (f"{name} left".encode(), f"{name} right".encode())
        event = an_attempt_submitted(name)
        event = replace(
            event,
            frames=tuple(
                replace(
                    frame,
                    content=ContentReference(
                        digest=Digest.of(content),
                        size_bytes=len(content),
                        media_type="image/png",
                    ),
                )
                for frame, content in zip(event.frames, frames, strict=True)
            ),
        )
        self.facts.state(event, stream=SESSION.stream, content=frames)
        return event


@pytest.fixture(scope="session")
def station_key(tmp_path_factory: pytest.TempPathFactory) -> FileSecureKey:
    """A station's key, made once."""
    return FileSecureKey.load_or_create(tmp_path_factory.mktemp("keys") / "keys")


@pytest.fixture
def bench(tmp_path: Path, station_key: FileSecureKey) -> Iterator[Bench]:
    """A station's queue and its server."""
    made = Bench(tmp_path, station_key)
    yield made
    made.outbox.close()


@pytest.mark.verifies("DRV-05", "DRV-06")
def test_content_goes_first_and_every_statement_arrives_once_in_order(bench: Bench) -> None:
    first, second = bench.attempt("one"), bench.attempt("two")
    bench.facts.state(BLOCKED, stream=SESSION.stream)
    done = bench.delivery.drain()
    assert (done.accepted, done.refused, done.problem) == (3, 0, None)
    assert bench.server.recorded == {1: first, 2: second, 3: BLOCKED}
    assert len(bench.server.content) == 4
    assert bench.outbox.state().waiting == 0


@pytest.mark.verifies("DRV-06")
@pytest.mark.parametrize("request_number", range(4))
def test_a_lost_answer_at_any_request_leads_to_one_record(
    bench: Bench, request_number: int
) -> None:
    bench.attempt("one")
    waiting = [Server.answer] * request_number
    bench.server.trouble.extend([*waiting, lose_answer])
    first = bench.delivery.step()
    assert (first.problem is None) == (request_number == 3)
    bench.server.trouble.clear()
    bench.delivery.drain()
    assert list(bench.server.recorded) == [1]
    assert bench.outbox.state().waiting == 0


@pytest.mark.verifies("DRV-05", "DRV-06")
@given(troubles=st.lists(st.sampled_from((*TROUBLES, Server.answer)), max_size=12))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_on_the_line_everything_arrives_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, station_key: FileSecureKey, troubles: list[object]
) -> None:
    bench = Bench(tmp_path_factory.mktemp("line"), station_key)
    events = [bench.attempt(name) for name in ("one", "two")]
    bench.server.trouble.extend(troubles)  # type: ignore[arg-type]
    for _ in range(len(troubles) + 2):
        bench.delivery.step()
    assert list(bench.server.recorded.items()) == list(enumerate(events, start=1))
    assert bench.outbox.state().waiting == 0
    bench.outbox.close()


@pytest.mark.parametrize("trouble", [lose_request, busy, strange])
def test_a_failed_delivery_leaves_everything_in_the_queue(bench: Bench, trouble: object) -> None:
    bench.attempt("one")
    bench.server.trouble.append(trouble)  # type: ignore[arg-type]
    done = bench.delivery.step()
    assert done.problem is not None
    assert bench.outbox.state().waiting == 1
    assert not bench.server.recorded


def test_content_delivered_once_is_not_sent_again_after_an_interruption(bench: Bench) -> None:
    bench.attempt("one")
    bench.server.trouble.extend([Server.answer, lose_request])
    bench.delivery.step()
    assert bench.outbox.unsettled(1) == (1,)
    asked = bench.server.signed
    bench.delivery.drain()
    assert bench.server.signed == asked + 2


@pytest.mark.verifies("DRV-07")
def test_what_the_server_refuses_is_kept_aside_with_the_reason_and_does_not_block(
    bench: Bench,
) -> None:
    reason = {"rule": "session.open", "evidence": "ended", "next_step": "Open a new one."}
    bench.server.refuse = lambda event: reason if isinstance(event, AttemptSubmitted) else None
    bench.attempt("one")
    bench.facts.state(BLOCKED, stream=SESSION.stream)
    bench.delivery.drain()
    (aside,) = bench.outbox.aside()
    assert (aside.sequence, aside.refusal.rule) == (1, "session.open")
    assert bench.server.recorded == {2: BLOCKED}
    assert bench.outbox.content(1, 0) == b"one left"


@pytest.mark.parametrize("status", [409, 410])
def test_refused_content_lets_its_statement_through_so_that_the_refusal_is_on_record(
    bench: Bench, status: int
) -> None:
    bench.attempt("one")
    bench.server.trouble.append(lambda *_: problem(status, rule="erasure.content", detail="gone"))
    bench.delivery.drain()
    assert bench.server.refused[1]["rule"] == "device.missing-content"
    assert [each.sequence for each in bench.outbox.aside()] == [1]


def test_a_batch_refused_as_a_whole_is_delivered_one_by_one(bench: Bench) -> None:
    for _ in range(2):
        bench.facts.state(BLOCKED, stream=SESSION.stream)
    malformed = lambda *_: problem(422, detail="the batch has another shape")  # noqa: E731
    bench.server.trouble.append(malformed)
    bench.delivery.drain()
    assert list(bench.server.recorded) == [1, 2]
    bench.facts.state(BLOCKED, stream=SESSION.stream)
    bench.server.trouble.append(malformed)
    assert bench.delivery.step().refused == 1
    assert [each.refusal.rule for each in bench.outbox.aside()] == ["http.422"]


@pytest.mark.verifies("DRV-04")
@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_a_day_off_delivers_and_keeps_its_own_times(
    tmp_path: Path, station_key: FileSecureKey, days: int
) -> None:
    bench = Bench(tmp_path, station_key, off=timedelta(days=days))
    bench.attempt("one")
    (waiting,) = bench.outbox.waiting(1)
    assert waiting.device_time.us == later().plus(timedelta(days=days)).us
    assert bench.delivery.drain().accepted == 1
    offset = bench.client.offset
    assert offset is not None
    assert offset.offset_ms == days * 86_400_000
    assert offset.uncertainty_ms == 0
    bench.outbox.close()


@pytest.mark.verifies("DRV-04")
def test_the_offset_carries_half_the_round_trip_as_uncertainty(bench: Bench) -> None:
    def slow(server: Server, request: httpx.Request) -> httpx.Response:
        bench.clock.advance(timedelta(milliseconds=40))
        answer = server.answer(request)
        bench.clock.advance(timedelta(milliseconds=60))
        return answer

    bench.server.trouble.append(slow)
    bench.client.orders()
    offset = bench.client.offset
    assert offset is not None
    assert (offset.offset_ms, offset.uncertainty_ms) == (50.0, 50.0)


def test_a_better_estimate_replaces_a_worse_one_and_a_jump_is_followed(bench: Bench) -> None:
    bench.client.orders()
    bench.clock.advance(timedelta(hours=3))
    bench.client.post([])
    offset = bench.client.offset
    assert offset is not None
    assert offset.offset_ms == 3 * 3_600_000


def test_a_key_the_server_does_not_know_is_said_and_nothing_is_lost(bench: Bench) -> None:
    stranger = FileSecureKey.load_or_create(bench.outbox._path.parent / "other")
    bench.server.public_key = stranger.public_key().hex()
    bench.attempt("one")
    with pytest.raises(NotSignedIn):
        bench.client.orders()
    assert "signature" in (bench.delivery.step().problem or "")
    assert bench.outbox.state().waiting == 1


def test_orders_of_an_unexpected_shape_are_refused_whole(bench: Bench) -> None:
    bench.server.orders.append({"session": "not an identifier"})
    with pytest.raises(Unavailable):
        bench.client.orders()


def test_an_acknowledgement_of_other_content_does_not_count(bench: Bench) -> None:
    bench.attempt("one")
    wrong = httpx.Response(201, json={"digest": str(Digest.of(b"other")), "size_bytes": 5})
    bench.server.trouble.append(lambda *_: wrong)
    done = bench.delivery.step()
    assert done.problem is not None
    assert bench.outbox.unsettled(1) == (0, 1)
