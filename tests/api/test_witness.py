"""One clinic's server witnesses another's log, and an insider's second history is refused aloud."""

import argparse
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog.testing

from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.log_signing import stream_of
from adapters.ledger.outside import LOOK_AGAIN
from adapters.memory import ManualClock
from api.commands import verify
from api.commands import witness as command
from api.outside import OutsideWork, outside_places
from api.rotation import rotate
from api.wiring import open_system
from domain.errors import IntegrityFailure, MalformedInput, NotFound
from domain.events.clinic import IntegrityViolationDetected
from domain.ledger.checkpoint import VerifierKey, encode_verifier_key, parse_note
from domain.ledger.cosignature import AddCheckpoint, encode_request, parse_witness_key
from tests.api.portal import PREFIX, SERVICE, START, Clinic, Portal, settings_in
from tests.api.portal import opened as opened_portal
from tests.api.test_rotation import record

ADDRESS = "https://peer.example/witness"


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Portal]:
    """Another clinic's portal."""
    with open_system(settings_in(tmp_path / "peer"), clock=ManualClock(START)) as system:
        yield Portal(system, ManualClock(START))


@pytest.fixture
def reach(peer: Portal, monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Let requests to the peer's address arrive there, unless a test says it is away."""
    state = {"away": False}
    client = httpx.Client

    def forward(request: httpx.Request) -> httpx.Response:
        if state["away"]:
            message = "no route"
            raise httpx.ConnectError(message)
        path = str(request.url).removeprefix("https://peer.example")
        return peer.http.request(request.method, path, content=request.read())

    def connected(**named: Any) -> httpx.Client:  # noqa: ANN401 - as the real one
        return client(**named | {"transport": httpx.MockTransport(forward)})

    monkeypatch.setattr(httpx, "Client", connected)
    return state


@pytest.fixture
def portal(
    clinic: Clinic, tmp_path: Path, peer: Portal, reach: dict[str, bool]
) -> Iterator[Portal]:
    """The clinic's portal, which has its checkpoints witnessed by the peer."""
    key = peer.http.get("/witness/key").text.strip()
    copies = tmp_path / "copies"
    copies.mkdir()
    assert reach == {"away": False}
    with opened_portal(
        clinic, tmp_path, VULTUS_CHECKPOINT_COPIES=f"{copies} {ADDRESS}#{key}"
    ) as portal:
        peer.system.witness.logs.add(portal.system.checkpointer.key)
        yield portal


def metric(portal: Portal, name: str) -> dict[str, float]:
    lines = portal.http.get("/metrics").text.splitlines()
    found = (line.rpartition(" ") for line in lines if line.startswith(name))
    return {label: float(value) for label, _, value in found}


def test_checkpoints_come_back_cosigned_and_health_shows_it(portal: Portal, peer: Portal) -> None:
    portal.system.checkpointer.sign()
    OutsideWork(portal.system).turn()
    size = portal.system.log.size()

    shown = portal.sign_in("auditor").read("/ledger/outside")

    folder, witness = shown["places"]
    assert (folder["kind"], witness["kind"], witness["place"]) == ("folder", "witness", ADDRESS)
    assert (witness["size"], witness["late"], witness["alarm"]) == (size, False, "")
    assert shown["cosigned"]["size"] == size
    assert len(parse_note(shown["cosigned"]["text"].encode()).signatures) == 2
    assert parse_witness_key(shown["witness_key"]) == portal.system.witness.key
    assert shown["witnessed"] == []
    peers = peer.system.witness.witnessed()
    assert [(each.origin, each.size) for each in peers] == [
        (portal.system.checkpointer.key.name, size)
    ]
    assert metric(portal, "vultus_checkpoint_copy_size_records") == {
        'vultus_checkpoint_copy_size_records{place="folder-1"}': size,
        'vultus_checkpoint_copy_size_records{place="witness-2"}': size,
    }


def test_a_place_that_lacks_a_checkpoint_for_too_long_is_late(
    portal: Portal, reach: dict[str, bool]
) -> None:
    work = OutsideWork(portal.system)
    portal.system.checkpointer.sign()
    work.turn()
    reach["away"] = True
    portal.sign_in("operator")
    portal.system.checkpointer.sign()
    work.turn()
    portal.clock.advance(timedelta(minutes=59))
    assert [each.late for each in outside_places(portal.system)] == [False, False]
    portal.clock.advance(timedelta(minutes=2))
    folder, witness = outside_places(portal.system)
    assert (folder.late, folder.waiting_s) == (False, 0.0)
    assert witness.late
    assert 3600 < witness.waiting_s < 3700
    assert "cannot be reached" in witness.problem
    late = metric(portal, "vultus_checkpoint_copy_late")
    assert list(late.values()) == [0.0, 1.0]


@pytest.mark.verifies("REQ-IN-002", "DRV-03", "DRV-28")
def test_an_insiders_second_history_is_refused_and_the_refusal_is_seen_by_everybody(
    portal: Portal, peer: Portal
) -> None:
    work = OutsideWork(portal.system)
    portal.system.checkpointer.sign()
    work.turn()
    size = portal.system.log.size()
    # An insider with the database and the log's key cuts the log, goes on differently, and signs.
    _cut(portal, size - 3)
    record(portal.system, 6)
    insider = Checkpointer(
        clinic=portal.system.clinic,
        size=portal.system.log.size,
        tree=portal.system.log.tree,
        shelf=portal.system.shelf,
        signer=portal.system.log_keys,
        clock=portal.clock,
    )
    assert insider.sign() is not None

    with structlog.testing.capture_logs() as logs:
        work.turn()
        work.turn()

    # The witness refused, and kept what the log signed twice.
    (seen,) = peer.system.witness.witnessed()
    assert (seen.size, seen.conflicts) == (size, 1)
    assert metric(peer, "vultus_witness_conflicts") == {"vultus_witness_conflicts": 1.0}
    # The clinic's own record says so, once, and so do health, metrics and log lines.
    told = [each["event"] for each in logs if each["log_level"] == "critical"]
    assert "checkpoint contradicted" in told
    assert "a witnessed log contradicts itself" in told
    (event,) = portal.events("IntegrityViolationDetected")
    assert isinstance(event, IntegrityViolationDetected)
    assert any(ADDRESS in each for each in event.problems)
    witness = portal.sign_in("auditor").read("/ledger/outside")["places"][1]
    assert "does not continue" in witness["alarm"]
    assert metric(portal, "vultus_checkpoint_contradicted")[
        'vultus_checkpoint_contradicted{place="witness-2"}'
    ]
    found = portal.sign_in("auditor").read("/ledger/health")["last_verification"]
    assert (found["intact"], found["whole"]) == (False, False)
    # After a restart it is not recorded again, and nothing more is signed.
    portal.clock.advance(LOOK_AGAIN)
    OutsideWork(portal.system).turn()
    assert len(portal.events("IntegrityViolationDetected")) == 1
    with pytest.raises(IntegrityFailure):
        portal.system.checkpointer.sign()


def _cut(portal: Portal, size: int) -> None:
    """Remove the end of the log behind everybody's back, and the copies in the folder."""
    database = portal.system.settings.data / "vultus.sqlite"
    with sqlite3.connect(database) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("DELETE FROM records WHERE rowid > ?", (size,))
        connection.execute("DELETE FROM tree_nodes WHERE seq >= ?", (size,))
        connection.execute("DELETE FROM checkpoints")
        connection.execute("DELETE FROM cosignatures")
    connection.close()
    folder = portal.system.settings.checkpoint_copies[0]
    assert isinstance(folder, Path)
    for path in folder.iterdir():
        path.unlink()


def test_verification_asks_for_the_witnesses_it_is_given(
    portal: Portal,
    peer: Portal,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @contextmanager
    def opened(*, copies: bool) -> Iterator[Any]:
        assert copies
        yield portal.system

    monkeypatch.setattr(verify, "open_record", opened)
    parser = argparse.ArgumentParser()
    verify.arguments(parser)
    witness = encode_verifier_key(peer.system.witness.key)
    asked = ["--witness", witness, "--log-key", encode_verifier_key(portal.system.checkpointer.key)]
    assert verify.run(parser.parse_args(asked)) == 1
    assert "NO CHECKPOINT IS COSIGNED" in capsys.readouterr().err
    OutsideWork(portal.system).turn()
    size = portal.system.shelf.all()[-1].size
    rotate(portal.system, SERVICE, overlap=1)
    assert verify.run(parser.parse_args(asked)) == 0
    said = capsys.readouterr().err
    assert f"cosigned by {peer.system.witness.key.name} at 2026-" in said
    assert f"at {portal.system.log.size()} records" in said
    assert size < portal.system.log.size()
    OutsideWork(portal.system).turn()
    folder = portal.system.settings.checkpoint_copies[0]
    assert isinstance(folder, Path)
    assert (folder / "log-key-2.txt").exists()
    assert verify.run(parser.parse_args([*asked, "--against", str(folder)])) == 0
    stranger = encode_verifier_key(VerifierKey(name="vultus/other", public_key=bytes(32)))
    with pytest.raises(IntegrityFailure):
        verify.run(parser.parse_args(["--log-key", stranger]))


def test_the_protocol_is_spoken_on_the_wire(portal: Portal, peer: Portal) -> None:
    kept = portal.system.checkpointer.sign()
    assert kept is not None
    body = encode_request(AddCheckpoint(old_size=0, proof=(), checkpoint=kept.note))

    answered = peer.http.post("/witness/add-checkpoint", content=body)
    assert answered.status_code == 200
    assert answered.text.startswith("— vultus/")
    again = peer.http.post("/witness/add-checkpoint", content=body)
    assert (again.status_code, again.text) == (409, f"{kept.size}\n")
    assert again.headers["content-type"].startswith("text/x.tlog.size")
    assert peer.http.post("/witness/add-checkpoint", content=b"x").status_code == 400
    assert portal.http.post("/witness/add-checkpoint", content=body).status_code == 404
    assert peer.http.get(f"/witness/{'0' * 64}/checkpoint").status_code == 404
    assert peer.http.get("/witness/nothing/checkpoint").status_code in {404, 422}


def test_the_keys_of_the_log_are_told_with_their_statements(portal: Portal) -> None:
    auditor = portal.sign_in("auditor")
    rotated = rotate(portal.system, SERVICE, overlap=9)

    shown = auditor.read("/ledger/log-keys")

    assert [each["until"] for each in shown["keys"]] == [rotated.until_size, None]
    assert shown["keys"][1] == {
        "key": rotated.later,
        "first": rotated.from_size,
        "until": None,
        "since": str(portal.system.log.stream(stream_of(portal.system.clinic))[0].committed_at),
    }
    assert shown["keys"][0]["since"] is None
    assert shown["successions"] == [rotated.statement]
    assert portal.http.get(f"{PREFIX}/ledger/log-keys").status_code == 401
    assert auditor.get("/ledger/log-key").text == f"{rotated.later}\n"


Command = Callable[..., int]


@pytest.fixture
def witness_command(peer: Portal, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run ``vultus witness`` on the peer's record."""

    @contextmanager
    def opened() -> Iterator[Any]:
        yield peer.system

    monkeypatch.setattr(command, "open_record", opened)
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    return lambda *words: command.run(parser.parse_args(list(words)))


def test_logs_are_added_listed_followed_and_removed_by_command(
    portal: Portal,
    peer: Portal,
    witness_command: Command,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = encode_verifier_key(portal.system.checkpointer.key)
    witness_command("key")
    assert parse_witness_key(capsys.readouterr().out.strip()) == peer.system.witness.key
    witness_command("add", key)
    witness_command("list")
    assert capsys.readouterr().out == f"{key}  nothing yet\n"
    portal.system.checkpointer.sign()
    OutsideWork(portal.system).turn()
    witness_command("list")
    assert f"{portal.system.log.size()} records cosigned at 2026-" in capsys.readouterr().out
    rotated = rotate(portal.system, SERVICE, overlap=1)
    statement = tmp_path / "statement.txt"
    statement.write_text(rotated.statement)
    witness_command("add", str(statement))
    assert rotated.later in capsys.readouterr().err
    record(portal.system, 5)
    portal.system.checkpointer.sign()
    portal.clock.advance(LOOK_AGAIN)
    OutsideWork(portal.system).turn()
    assert peer.system.witness.witnessed()[0].size == portal.system.log.size()
    witness_command("remove", key)
    witness_command("list")
    assert capsys.readouterr().out == ""
    with pytest.raises(NotFound):
        witness_command("remove", key)
    with pytest.raises(MalformedInput, match="neither a verifier key nor a file"):
        witness_command("add", "nothing.txt")
