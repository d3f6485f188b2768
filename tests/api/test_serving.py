"""The service as one process: it listens, works, streams, and stops without a trace."""

import socket
import threading
from pathlib import Path

import httpx
import pytest

from adapters.memory import ManualClock
from api.serving import serving
from api.settings import Settings, from_environment
from domain.errors import Unavailable
from domain.events.clinic import SoftwareDeployed
from tests.api.portal import PASSWORD, Portal, found_clinic


def settings_at(folder: Path, **more: str) -> Settings:
    return from_environment({"VULTUS_DATA": str(folder), "VULTUS_PORT": "0", **more})


def silent(_text: str) -> None:
    """Say nothing."""


def test_it_answers_where_it_says_and_leaves_nothing_running(tmp_path: Path) -> None:
    before = threading.active_count()
    with serving(settings_at(tmp_path), static=None, say=silent) as service:
        ready = httpx.get(f"{service.address}/health/ready")
        version = httpx.get(f"{service.address}/version").json()
        deployed = service.system.log.after(-1, limit=1)[0]
        port = int(service.address.rpartition(":")[2])

        assert ready.status_code == 200
        assert deployed.name == "SoftwareDeployed"
        assert isinstance(deployed.event, SoftwareDeployed)
        assert deployed.event.build == version["build"]
        assert "server" not in ready.headers
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{service.address}/health/live")
    assert threading.active_count() == before
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


@pytest.mark.verifies("REQ-IN-208")
def test_a_build_is_recorded_once_however_often_it_starts(tmp_path: Path) -> None:
    for _ in range(2):
        with serving(settings_at(tmp_path), static=None, say=silent) as service:
            names = [each.name for each in service.system.log.after(-1, limit=100)]
    assert names == ["SoftwareDeployed"]


def test_a_taken_port_is_said_to_be_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        settings = settings_at(tmp_path, VULTUS_PORT=str(port))
        taken = pytest.raises(Unavailable, match=rf"127\.0\.0\.1:{port} is taken.*VULTUS_PORT")
        with taken, serving(settings, static=None, say=silent):
            pass
    assert not list(tmp_path.iterdir())


def test_an_address_that_is_not_this_machines_is_said_to_be_that(tmp_path: Path) -> None:
    settings = settings_at(
        tmp_path, VULTUS_HOST="192.0.2.1", VULTUS_ORIGIN="https://portal.example"
    )
    refused = pytest.raises(Unavailable, match=r"cannot listen on 192\.0\.2\.1:0.*VULTUS_HOST")
    with refused, serving(settings, static=None, say=silent):
        pass


def test_a_browser_that_listens_does_not_hold_up_the_end(tmp_path: Path) -> None:
    events: list[str] = []
    listening, ended = threading.Event(), threading.Event()

    def listen(address: str, cookies: httpx.Cookies) -> None:
        url = f"{address}/api/v1/updates"
        with httpx.stream("GET", url, cookies=cookies, timeout=20) as stream:
            for line in stream.iter_lines():
                events.append(line)
                listening.set()
        ended.set()

    with serving(settings_at(tmp_path), static=None, say=silent) as service:
        portal = Portal(service.system, ManualClock(service.system.clock.now()))
        found_clinic(portal)
        signed_in = httpx.post(
            f"{service.address}/api/v1/sign-in",
            json={
                "account": "administrator",
                "password": PASSWORD,
                "code": portal.code("administrator"),
            },
            headers={"X-Vultus-Client": "ui", "Origin": service.address},
        )
        assert signed_in.status_code == 200, signed_in.text
        thread = threading.Thread(target=listen, args=(service.address, signed_in.cookies))
        thread.start()
        assert listening.wait(30)
    thread.join(30)

    # uvicorn alone would wait for five seconds and then cut the connection, which is no end.
    assert ended.is_set()
    assert events[0] == "event: changed"
