"""How many large bodies are held at once, and what becomes of those that find no place or stall."""

import asyncio
from hashlib import sha256

import pytest

from api import app as shipped
from tests.api.portal import Person, Portal
from tests.api.station import Station
from tests.api.wire import PIECE, Answered, Meanwhile, cookies, send

PIECES = [PIECE] * 8
BODY = b"".join(PIECES)
PATH = f"/blobs/{sha256(BODY).hexdigest()}"
SMALL = PIECES[:4]
"""As much as JSON may be: it needs no place."""


def offering(
    portal: Portal,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    *,
    wait_s: float = 600.0,
    stalled_s: float = 600.0,
) -> Portal:
    """Serve the same record with so many places."""
    monkeypatch.setattr(shipped, "LARGE_BODIES_AT_ONCE", number)
    monkeypatch.setattr(shipped, "WAIT_S", wait_s)
    monkeypatch.setattr(shipped, "STALLED_S", stalled_s)
    return Portal(portal.system, portal.clock)


async def put(
    portal: Portal, station: Station, meanwhile: Meanwhile, pieces: list[bytes] = PIECES
) -> Answered:
    body = b"".join(pieces)
    path = f"/blobs/{sha256(body).hexdigest()}"
    headers = station.headers("PUT", path, body)
    return await send(
        portal.app, "PUT", f"/device{path}", headers=headers, pieces=pieces, meanwhile=meanwhile
    )


class Held:
    """A body that stops on its way once it has a place, until it is let go."""

    def __init__(self) -> None:
        """Let nothing go yet."""
        self.has_place = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, asked: int) -> None:
        """Hold the last piece back."""
        if asked == len(PIECES) - 1:
            self.has_place.set()
            await self.let_go.wait()


async def at_once(_asked: int) -> None:
    """Let everything arrive."""


def test_whoever_finds_no_place_in_time_is_told_to_come_again(
    portal: Portal, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = offering(portal, monkeypatch, 1, wait_s=0.0)

    async def together() -> list[Answered]:
        held = Held()
        first = asyncio.create_task(put(busy, station, held))
        await held.has_place.wait()
        second = await put(busy, station, at_once)
        small = await put(busy, station, at_once, SMALL)
        held.let_go.set()
        return [await first, second, small, await put(busy, station, at_once)]

    first, second, small, later = asyncio.run(together())
    assert (first.status, small.status, later.status) == (201, 201, 201)
    assert second.status == 503
    assert second.headers["retry-after"] == "5"
    assert second.headers["content-type"] == "application/problem+json"
    assert "send it again" in second.problem["detail"]
    # What was read before is as much as JSON may be, and one piece.
    assert second.asked == 5


def test_a_burst_waits_for_places_and_is_taken_in_whole(
    portal: Portal, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = offering(portal, monkeypatch, 2)
    inside, most = 0, 0

    def counted() -> Meanwhile:
        async def arrive(asked: int) -> None:
            nonlocal inside, most
            if asked == 5:  # with a place, for more than a mebibyte was read
                inside += 1
                most = max(most, inside)
            if asked == len(PIECES) - 1:
                await asyncio.sleep(0)
                inside -= 1

        return arrive

    async def burst() -> list[Answered]:
        return await asyncio.gather(*(put(portal, station, counted()) for _ in range(6)))

    assert [each.status for each in asyncio.run(burst())] == [201] * 6
    assert most <= 2


def test_a_body_of_which_nothing_more_arrives_gives_its_place_up(
    portal: Portal, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = offering(portal, monkeypatch, 1, stalled_s=0.0)

    async def stop(asked: int) -> None:
        if asked == 6:
            await asyncio.Event().wait()

    async def one_after_the_other() -> list[Answered]:
        return [await put(portal, station, each) for each in (stop, at_once)]

    stalled, next_one = asyncio.run(one_after_the_other())
    assert stalled.status == 408
    assert stalled.problem["detail"].startswith("Nothing more of the file arrived")
    assert next_one.status == 201


def test_a_place_is_given_back_whatever_becomes_of_the_request(
    portal: Portal, station: Station, operator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = offering(portal, monkeypatch, 1, wait_s=0.0)
    form = {"content-type": "multipart/form-data; boundary=b"}
    path = "/capture-sessions/00000000-0000-0000-0000-000000000007/photographs"

    async def one_after_the_other() -> list[int]:
        broken = send(portal.app, "POST", path, headers=form | cookies(operator), pieces=PIECES)
        other = put(portal, station, at_once, [*PIECES[:-1], b"other"])
        return [(await each).status for each in (broken, other, put(portal, station, at_once))]

    assert asyncio.run(one_after_the_other()) == [400, 201, 201]


@pytest.mark.parametrize(
    "path", ["/capture-sessions/{}/abandon", "/studies/{}/approve", "/model-releases/{}/suspend"]
)
def test_only_addresses_of_files_take_in_more_than_json_needs(portal: Portal, path: str) -> None:
    headers = {"content-length": str((1 << 20) + 1)}
    answered = asyncio.run(
        send(portal.app, "POST", path.format("x"), headers=headers, pieces=PIECES)
    )
    assert (answered.status, answered.asked) == (413, 0)
