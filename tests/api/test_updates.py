"""Live updates: what changed and how far, never what it says; and when they end."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from starlette.requests import Request

from api.routes import updates
from api.routes.updates import follow
from api.signin import COOKIE
from tests.api.portal import IDENTITY, Person, Portal


class Listener:
    """Somebody who listens until they leave."""

    def __init__(self, portal: Portal, person: Person) -> None:
        """Connect with a person's cookie."""
        self.portal = portal
        self.left = False
        cookie = f"{COOKIE}={person.http.cookies[COOKIE]}".encode()
        scope = {"type": "http", "app": portal.app, "headers": [(b"cookie", cookie)]}
        self.events = follow(
            Request(scope, self._receive), portal.system, every_s=0.001, heartbeat_s=0.003
        )

    async def _receive(self) -> dict[str, Any]:
        if self.left:
            return {"type": "http.disconnect"}
        await asyncio.sleep(3600)
        return {}

    async def next(self, kind: str) -> dict[str, Any]:
        """Return the next event of a kind."""
        async for text in self.events:
            lines = text.splitlines()
            if f"event: {kind}" in lines:
                data = next(line for line in lines if line.startswith("data: "))
                return dict(json.loads(data.removeprefix("data: ")))
        raise AssertionError(kind)

    async def ends(self) -> bool:
        """Return whether no event comes after those already on their way."""
        return len([each async for each in self.events]) <= 1


@pytest.fixture
def operator(portal: Portal) -> Person:
    """The operator, signed in, everything shown."""
    person = portal.sign_in("operator")
    person.read("/me")
    return person


def within(coroutine: Any) -> Any:  # noqa: ANN401 - whatever it returns
    return asyncio.run(asyncio.wait_for(coroutine, 10))


@pytest.mark.verifies("DRV-34")
def test_a_change_arrives_with_position_and_streams_and_nothing_else(
    portal: Portal, operator: Person
) -> None:
    async def listen() -> tuple[dict[str, Any], dict[str, Any]]:
        listener = Listener(portal, operator)
        first = await listener.next("changed")
        await asyncio.to_thread(operator.done, "/subjects", IDENTITY)
        await asyncio.to_thread(portal.system.runner.catch_up)
        return first, await listener.next("changed")

    first, changed = within(listen())

    assert first["streams"] == []
    assert changed["position"] == portal.system.log.size() - 1 > first["position"]
    assert [each.rpartition("-")[0][:8] for each in changed["streams"]] == ["subject-"]
    assert set(changed) == {"position", "streams"}


def test_after_a_rush_every_changed_stream_is_named(
    portal: Portal, operator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "MOST_RECORDS", 3)

    async def listen() -> list[dict[str, Any]]:
        listener = Listener(portal, operator)
        heard = [await listener.next("changed")]
        for number in range(5):
            identity = IDENTITY | {"clinic_number": f"R-{number}"}
            await asyncio.to_thread(operator.done, "/subjects", identity)
        await asyncio.to_thread(portal.system.runner.catch_up)
        while heard[-1]["position"] < portal.system.log.size() - 1:
            heard.append(await listener.next("changed"))
        return heard

    heard = within(listen())

    positions = [each["position"] for each in heard]
    assert positions == sorted(set(positions))
    assert len(heard) > 3
    named = {stream for each in heard for stream in each["streams"]}
    assert len({each for each in named if each.startswith("subject-")}) == 5


def test_that_somebody_looked_is_no_news(portal: Portal, operator: Person) -> None:
    async def listen() -> dict[str, Any]:
        listener = Listener(portal, operator)
        await listener.next("changed")
        await asyncio.to_thread(operator.post, "/subjects/search", {"query": "Feather"})
        await asyncio.to_thread(portal.system.runner.catch_up)
        return await listener.next("changed")

    assert within(listen())["streams"] == []
    assert portal.events("RecordViewed")


@pytest.mark.verifies("DRV-34")
def test_while_nothing_changes_it_says_that_it_is_there_and_how_far_behind(
    portal: Portal, operator: Person
) -> None:
    async def listen() -> dict[str, Any]:
        listener = Listener(portal, operator)
        await listener.next("changed")
        await asyncio.to_thread(operator.done, "/subjects", IDENTITY)
        return await listener.next("lag")

    assert within(listen())["lag"] == 2


@pytest.mark.parametrize("how", ["left", "signed out", "idle", "stopping"])
def test_it_ends_when_nobody_listens_or_may(portal: Portal, operator: Person, how: str) -> None:
    async def listen() -> bool:
        listener = Listener(portal, operator)
        await listener.next("changed")
        if how == "left":
            listener.left = True
        elif how == "signed out":
            await asyncio.to_thread(operator.post, "/sign-out")
        elif how == "idle":
            portal.clock.advance(timedelta(minutes=15))
        else:
            portal.app.state.stopping.set()
        return await listener.ends()

    assert within(listen())
