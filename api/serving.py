"""Runs the service: record, projections, workers, checkpoints and the web, in one process.

Rules kept here:

1. Nothing listens before every projection can be read.
2. Stopping lets requests finish, then workers, then the record; nothing is cut off half way.
"""

import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import uvicorn

from adapters.backup.mark import Mark, Use, require_usable
from api import version
from api.app import create_app
from api.settings import Settings, origin_at
from api.wiring import System, open_system
from api.work import destroy_again, working
from domain.errors import Unavailable
from domain.handling import update
from domain.ports import Clock
from domain.rules import clinic as clinics
from domain.rules.clinic import CLINIC
from domain.values.actor import Actor

Say = Callable[[str], None]
START_S = 20.0
_LOOK_AGAIN_S = 0.2
SHORT = 5000
"""Records of which projections are rebuilt at once, before anybody is served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service that answers.

    Attributes:
        system: What stands behind it.
        address: Where browsers and stations find it.
    """

    system: System
    address: str


@contextmanager
def opened(
    settings: Settings,
    *,
    say: Say,
    clock: Clock | None = None,
    copies: bool = False,
    rebuild: bool = True,
) -> Iterator[System]:
    """Open the record and bring everything derived from it up to date.

    Args:
        settings: Where it is.
        say: Told what takes long.
        clock: Our clock.
        copies: Whether a restored copy of the past will do, because nothing will be recorded.
        rebuild: Whether to wait for what is to be rebuilt, however long the record is.

    Raises:
        RuleViolation: the folder was restored as something that is not the record.
    """
    mark = require_usable(settings.data, copies=copies)
    with open_system(settings, clock=clock) as system:
        if rebuild or system.log.size() <= SHORT:
            rebuilt = _prepared(system, say)
            if rebuilt:
                say(f"{len(rebuilt)} projections rebuilt")
        elif due := system.runner.put_off():
            say(f"{', '.join(due)} will be rebuilt while everything else is served")
        system.runner.catch_up()
        destroy_again(system)
        if mark is None or mark.use is Use.RECORD:
            _record_restoration(system, mark)
            _record_build(system)
        system.runner.catch_up()
        yield system


def _prepared(system: System, say: Say) -> tuple[str, ...]:
    """Do every rebuild that is due; where servers start at once, one does it and others wait.

    Raises:
        Unavailable: it was not done in time.
    """
    deadline = time.monotonic() + START_S
    while True:
        try:
            return system.runner.prepare(
                lambda name, done, total: say(f"rebuilding {name}: {done} of {total} records")
            )
        except Unavailable:
            # Another server ended this very rebuild; what is left to do is looked up again.
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_AGAIN_S)


@contextmanager
def serving(
    settings: Settings, *, static: Path | None, say: Say, clock: Clock | None = None
) -> Iterator[Service]:
    """Serve until left.

    Raises:
        Unavailable: the address is taken.
    """
    with _listening(settings) as listener:
        port = listener.getsockname()[1]
        origin = settings.origin
        if origin == origin_at(settings.host, 0):
            origin = origin_at(settings.host, port)
        here = replace(settings, port=port, origin=origin)
        with opened(here, say=say, clock=clock, rebuild=False) as system, working(system):
            app = create_app(system, static=static)
            server = uvicorn.Server(
                uvicorn.Config(
                    app,
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    timeout_graceful_shutdown=5,
                )
            )
            thread = threading.Thread(
                target=partial(server.run, sockets=[listener]), name="web", daemon=True
            )
            thread.start()
            try:
                _wait_for(server, thread)
                yield Service(system=system, address=origin)
            finally:
                app.state.stopping.set()  # streams to browsers end, so nobody waits for them
                server.should_exit = True
                thread.join()


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    place = f"{settings.host}:{settings.port}"
    try:
        family, *_, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )[0]
        listener = socket.socket(family)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        message = f"cannot listen on {place}: {error.strerror}; check VULTUS_HOST and VULTUS_PORT"
        if error.errno == errno.EADDRINUSE:
            message = f"{place} is taken; stop what listens there, or set VULTUS_PORT"
        raise Unavailable(message) from error
    with listener:
        yield listener


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    waited = threading.Event()
    for _ in range(round(START_S * 100)):
        if server.started:
            return
        if not thread.is_alive():
            break
        waited.wait(0.01)
    message = "the web server did not start"
    raise Unavailable(message)


def _record_restoration(system: System, mark: Mark | None) -> None:
    """Record that the record goes on from a backup, before anything else is [DRV-35]."""
    if mark is not None:
        restored = partial(
            clinics.restore_record,
            manifest=mark.manifest,
            size=mark.size,
            root=mark.root,
            lost=mark.lost,
        )
        context = system.context(Actor.service("service"))
        update(system.log, CLINIC, system.clinic.stream, restored, context)


def _record_build(system: System) -> None:
    """Record which build serves the clinic from now on [REQ-IN-208]."""
    update(
        system.log,
        CLINIC,
        system.clinic.stream,
        partial(
            clinics.deploy_software,
            version=version.VERSION,
            build=version.build(),
            components=version.components(),
        ),
        system.context(Actor.service("service")),
    )
