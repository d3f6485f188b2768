"""A clinic with one person who may do enough, and that person at a browser with several servers."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import httpx

from adapters.memory import ManualClock
from adapters.one_time_password import STEP_S, code_at
from adapters.system import SystemClock
from api.settings import Settings
from api.wiring import open_system
from domain.handling import update
from domain.rules import practitioner as practitioners
from domain.rules.practitioner import PRACTITIONER
from domain.values.actor import Role
from domain.values.identifiers import PractitionerId
from tests.api.portal import IDENTITY, ORIGIN, PASSWORD, PREFIX, SERVICE, Portal, found_clinic
from tests.fleet.processes import PATIENCE_S, Process, wait_until

ACCOUNT = "administrator"


def make_clinic(settings: Settings) -> bytes:
    """Make a clinic with one person who enrols clients; return the one-time-password secret."""
    with open_system(settings) as system:
        portal = Portal(system, ManualClock(SystemClock().now()))
        found_clinic(portal)
        grant = partial(practitioners.grant_role, role=Role.OPERATOR, granted_by=SERVICE)
        stream = PractitionerId.derived(ACCOUNT).stream
        update(system.log, PRACTITIONER, stream, grant, system.context(SERVICE))
        return portal.totp[ACCOUNT]


def address_of(server: Process) -> str:
    """Return where a server answers, once it does."""
    server.says("serves at port ")
    port = server.said().rpartition("serves at port ")[2].split()[0]
    return f"http://127.0.0.1:{port}"


class Client:
    """One person at one browser, who finds any of the servers under the clinic's address."""

    def __init__(self, secret: bytes) -> None:
        """Sign in nowhere yet."""
        self._secret = secret
        self._http = httpx.Client(timeout=PATIENCE_S)

    def close(self) -> None:
        """Close the browser."""
        self._http.close()

    def sign_in(self, address: str) -> None:
        """Sign in at one server."""
        code = code_at(self._secret, int(time.time()) // STEP_S)
        body = {"account": ACCOUNT, "password": PASSWORD, "code": code}
        answered = self.post(address, "/sign-in", body)
        assert answered.status_code == 200, answered.text

    def post(
        self, address: str, path: str, body: dict[str, Any], key: str | None = None
    ) -> httpx.Response:
        """Do something at one server."""
        headers = {
            "X-Vultus-Client": "ui",
            "Origin": ORIGIN,
            "Idempotency-Key": key or str(uuid4()),
        }
        return self._http.post(address + PREFIX + path, json=body, headers=headers)

    def enrol(self, address: str, number: str, key: str | None = None) -> httpx.Response:
        """Enrol a client of the clinic at one server."""
        return self.post(address, "/subjects", IDENTITY | {"clinic_number": number}, key)

    def get(self, address: str, path: str, at_least: int | None = None) -> httpx.Response:
        """Read at one server, as fresh as asked for."""
        headers = {} if at_least is None else {"X-Vultus-At-Least": str(at_least)}
        return self._http.get(address + PREFIX + path, headers=headers)

    def read(self, address: str, path: str, at_least: int) -> httpx.Response:
        """Read what was written; ask again while an answer says that it is not as fresh."""
        fresh: list[httpx.Response] = []

        def read() -> bool:
            answered = self.get(address, path, at_least)
            if int(answered.headers["X-Vultus-Position"]) >= at_least:
                fresh.append(answered)
            return bool(fresh)

        wait_until(read)
        assert fresh[0].status_code == 200, fresh[0].text
        return fresh[0]

    def measure(self, address: str, name: str) -> float:
        """Return what a server measures."""
        text = self._http.get(f"{address}/metrics").text
        found = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(name)]
        return float(found[0])

    @contextmanager
    def updates(self, address: str) -> Iterator[Iterator[int]]:
        """Listen at one server; yield the positions it tells."""
        with self._http.stream("GET", f"{address}{PREFIX}/updates") as stream:
            assert stream.status_code == 200
            yield (
                int(json.loads(line.removeprefix("data: "))["position"])
                for line in stream.iter_lines()
                if line.startswith("data: ") and '"position"' in line
            )
