"""What a newer build recorded makes an older one wait there, visibly; nothing is damaged."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from adapters.steps import READER
from api.verification import verify_system
from api.work import drain
from domain.errors import FollowingStopped, UnknownEvent
from domain.events.acquisition_protocol import ProtocolRetired
from domain.events.names import EVENTS, NAME_OF
from tests.api.portal import Clinic, Portal

NEWER = ("ProtocolRetired", 99)


@contextmanager
def newer_build(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the build know, and write, a version of an event that no build has written yet."""
    with monkeypatch.context() as patched:
        patched.setitem(EVENTS, NEWER, ProtocolRetired)
        patched.setitem(NAME_OF, ProtocolRetired, NEWER)
        yield


@pytest.mark.verifies("DRV-08", "DRV-03")
def test_a_record_of_a_newer_build_stalls_readers_at_its_place_until_the_upgrade(
    portal: Portal, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = portal.system
    quality = portal.sign_in("quality")
    drain(system)
    with newer_build(monkeypatch):
        path = f"/acquisition-protocols/{clinic.protocol}/retire"
        seq = quality.done(path, {"reason": "A better one"})["seq"]
    portal.sign_in("auditor")
    assert system.log.size() > seq + 1

    with pytest.raises(UnknownEvent, match="ProtocolRetired version 99"):
        system.runner.catch_up()
    assert {
        (each.seq, each.stalled_seq, each.stalled_why) for each in system.runner.positions()
    } == {(seq - 1, seq, "UnknownEvent")}
    with pytest.raises(FollowingStopped) as stopped:
        drain(system)
    assert (stopped.value.reader, stopped.value.seq) == (READER, seq)
    assert isinstance(stopped.value.__cause__, UnknownEvent)
    report = verify_system(system, processes=1).report
    assert report.intact, report.problems
    assert report.size == system.log.size()

    with newer_build(monkeypatch):
        system.runner.catch_up()
        assert all(each.stalled_seq is None for each in system.runner.positions())
        assert system.runner.position() == system.log.size() - 1
        drain(system)
    assert verify_system(system, processes=1).report.intact
