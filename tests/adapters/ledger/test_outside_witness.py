"""A log and its witness over HTTP: what continues is cosigned, what does not is an alarm."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from adapters.eventlog.log import RecordLog
from adapters.keys.signing import Ed25519Signer, is_ed25519_signature
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import CheckpointShelf, DatabaseShelf
from adapters.ledger.log_signing import origin
from adapters.ledger.outside import Copies
from adapters.ledger.outside_folder import OutsideFolder
from adapters.ledger.outside_witness import OutsideWitness, parse_address
from adapters.ledger.place_states import DatabasePlaceStates, PlaceState
from adapters.ledger.witness import Witness
from adapters.ledger.witnessed_logs import WitnessedLogs
from domain.errors import (
    ChainBroken,
    MalformedInput,
    NotFound,
    NotPermitted,
    ProofInvalid,
    RecordsError,
    Unavailable,
)
from domain.ledger.checkpoint import encode_verifier_key, parse_note
from domain.ledger.cosignature import cosignatures
from tests.adapters.eventlog.test_tampering import allow_changes
from tests.contracts.logs import CLINIC, Logs, a_run

ADDRESS = "https://peer.example/witness"
SIGNER, WITNESS = Ed25519Signer.generate(), Ed25519Signer.generate()
Answering = Callable[[httpx.Request], httpx.Response]


class Pair:
    """A clinic that checkpoints into a folder and at a witness, both in one database."""

    def __init__(self, logs: Logs, folder: Path) -> None:
        """Begin with a witness that knows the clinic's log."""
        self.logs = logs
        self.log: RecordLog = logs.open()
        self.shelf: CheckpointShelf = DatabaseShelf(logs.engine())
        self.stream = logs.new_stream()
        self.folder = folder / "outside"
        self.folder.mkdir()
        self.away = False
        self.listed = WitnessedLogs(folder / "witness")
        self.peer = Witness(
            logs.engine(),
            name="vultus/peer/witness",
            signer=WITNESS,
            logs=self.listed,
            clock=logs.clock,
        )
        self.checkpointer = self.started()
        self.listed.add(self.checkpointer.key)

    def started(self, answer: Answering | None = None) -> Checkpointer:
        """Return the clinic's checkpointer as a process makes it at its start."""
        self.place = OutsideWitness(
            ADDRESS,
            self.peer.key,
            origin=origin(CLINIC),
            prove=self.log.tree.consistency,
            transport=httpx.MockTransport(answer or self.answer),
        )
        self.copies = Copies(
            [OutsideFolder(self.folder), self.place],
            clock=self.logs.clock,
            states=DatabasePlaceStates(self.logs.engine()),
        )
        return Checkpointer(
            clinic=CLINIC,
            size=self.log.size,
            tree=self.log.tree,
            shelf=self.shelf,
            signer=SIGNER,
            clock=self.logs.clock,
            copies=self.copies,
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer as the peer's server does."""
        if self.away:
            message = "no route"
            raise httpx.ConnectError(message)
        assert str(request.url).startswith(ADDRESS)
        if request.method == "GET":
            try:
                return httpx.Response(200, content=self.peer.latest(request.url.path.split("/")[2]))
            except NotFound:
                return httpx.Response(404)
        answered = self.peer.add_checkpoint(request.read())
        return httpx.Response(answered.status, content=answered.body)

    def record(self, count: int) -> None:
        """Append some records and sign for them."""
        version = len(self.log.stream_entries(self.stream))
        self.log.append(a_run(self.stream, count, version=version))

    def state(self) -> PlaceState:
        """Return how the witness stands."""
        return self.copies.states()[1]

    def wait(self, seconds: int = 600) -> None:
        """Let time pass."""
        self.logs.clock.advance(timedelta(seconds=seconds))


@pytest.fixture
def pair(sqlite_logs: Logs, tmp_path: Path) -> Pair:
    """Return a clinic of five records and its witness."""
    pair = Pair(sqlite_logs, tmp_path)
    pair.record(5)
    return pair


def test_a_checkpoint_comes_back_cosigned_and_is_kept_so_everywhere(pair: Pair) -> None:
    kept = pair.checkpointer.sign()
    assert kept is not None
    assert pair.shelf.cosigned() is None  # signing waits for nobody
    pair.checkpointer.copy()
    cosigned = pair.shelf.newest()
    assert cosigned is not None
    (said,) = cosignatures(parse_note(cosigned.note), [pair.peer.key], is_ed25519_signature)
    assert said.timestamp == pair.logs.clock.now().us // 1_000_000
    assert pair.state() == PlaceState(place=ADDRESS, size=5, kept_at=pair.logs.clock.now())
    pair.checkpointer.copy()
    names = sorted(path.name for path in pair.folder.iterdir())
    assert names == sorted(["5.txt", f"5.{pair.peer.key.key_id.hex()}.txt"])
    assert (pair.folder / names[0]).read_bytes() == cosigned.note
    for count in (1, 3):
        pair.record(count)
        pair.checkpointer.sign()
        pair.checkpointer.copy()
    assert pair.state().size == 9
    # Another process learns from the witness where it stands.
    pair.record(1)
    again = pair.started()
    again.sign()
    again.copy()
    assert pair.state().size == 10


def test_a_witness_that_is_away_stops_nobody_and_is_caught_up_with(pair: Pair) -> None:
    pair.away = True
    assert pair.checkpointer.sign() is not None
    pair.checkpointer.copy()
    assert "cannot be reached" in pair.state().problem
    assert (pair.state().size, pair.state().alarm) == (0, "")
    assert (pair.folder / "5.txt").exists()
    pair.away = False
    pair.checkpointer.copy()  # left alone for a while
    assert pair.state().size == 0
    pair.wait()
    pair.checkpointer.copy()
    assert (pair.state().size, pair.state().problem) == (5, "")


@pytest.mark.verifies("REQ-IN-002", "DRV-03")
def test_an_insider_with_database_and_log_key_is_refused_by_the_witness(pair: Pair) -> None:
    pair.checkpointer.sign()
    pair.checkpointer.copy()
    # Everything here is written anew and signed again with the log's own key.
    allow_changes(pair.logs)
    pair.logs.sql("DELETE FROM records", "DELETE FROM tree_nodes", "DELETE FROM checkpoints")
    pair.logs.sql("DELETE FROM cosignatures")
    for path in pair.folder.iterdir():
        path.unlink()
    pair.log = pair.logs.open()
    pair.record(8)
    # Our own software does not sign for that: the witness remembers.
    with pytest.raises(ProofInvalid):
        pair.started().sign()
    assert "not those that were signed for" in pair.state().alarm
    # A program of the insider's own does, and asks.
    insider = Checkpointer(
        clinic=CLINIC,
        size=pair.log.size,
        tree=pair.log.tree,
        shelf=pair.shelf,
        signer=SIGNER,
        clock=pair.logs.clock,
    )
    kept = insider.sign()
    assert kept is not None
    with pytest.raises(ProofInvalid, match="does not continue"):
        pair.place.keep(kept)
    assert pair.peer.witnessed()[0].conflicts == 1
    assert pair.peer.witnessed()[0].size == 5


def test_a_witness_that_saw_more_than_there_is_is_an_alarm(pair: Pair) -> None:
    pair.record(4)
    pair.checkpointer.sign()
    pair.checkpointer.copy()
    allow_changes(pair.logs)
    pair.logs.sql(
        "DELETE FROM records WHERE rowid > 6",
        "DELETE FROM tree_nodes WHERE seq > 5",
        "DELETE FROM checkpoints",
    )
    for path in pair.folder.iterdir():
        path.unlink()
    pair.log = pair.logs.open()
    with pytest.raises(ChainBroken, match="9 were signed for"):
        pair.started().sign()
    insider = Checkpointer(
        clinic=CLINIC,
        size=pair.log.size,
        tree=pair.log.tree,
        shelf=pair.shelf,
        signer=SIGNER,
        clock=pair.logs.clock,
    )
    kept = insider.sign()
    assert kept is not None
    pair.place._known = 0
    with pytest.raises(ChainBroken, match="it saw 9 records"):
        pair.place.keep(kept)


def test_a_process_that_comes_late_to_a_witness_raises_no_alarm(pair: Pair) -> None:
    late = pair.checkpointer.sign()
    assert late is not None
    place = pair.place
    pair.record(3)
    quick = pair.started()
    quick.sign()
    quick.copy()
    assert place.keep(late) == ()
    assert place.has(8)


def test_what_a_witness_refuses_is_an_alarm_until_it_agrees(pair: Pair) -> None:
    pair.checkpointer.sign()
    refused = {"GET": 404, "POST": 422}
    clinic = pair.started(lambda request: httpx.Response(refused[request.method]))
    clinic.copy()
    assert "does not continue" in pair.state().alarm
    before = pair.state()
    clinic.copy()
    assert pair.state() == before
    clinic = pair.started()
    clinic.copy()
    assert (pair.state().alarm, pair.state().size) == ("", 5)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (httpx.Response(404), NotPermitted, "does not witness this log"),
        (httpx.Response(403), NotPermitted, "does not know the key"),
        (httpx.Response(400), Unavailable, "answered 400"),
        (httpx.Response(302, headers={"location": "https://other.example"}), Unavailable, "302"),
        (httpx.Response(200, content=b"thanks\n"), MalformedInput, "malformed"),
        (httpx.Response(200, content="— w AAAAAAA=\n".encode()), MalformedInput, "without a"),
        (httpx.Response(409, content=b"many\n"), MalformedInput, "decimal"),
        (httpx.Response(409, content=b"0\n"), Unavailable, "busy"),
        (httpx.Response(200, content=b"x" * ((1 << 20) + 1)), MalformedInput, "more than"),
    ],
)
def test_an_answer_that_is_none_is_a_problem_of_the_place(
    pair: Pair, answer: httpx.Response, kind: type[RecordsError], words: str
) -> None:
    kept = pair.checkpointer.sign()
    assert kept is not None
    clinic = pair.started(lambda _request: answer)
    with pytest.raises(kind, match=words):
        pair.place.keep(kept)
    if answer.status_code not in {404, 403}:
        with pytest.raises(RecordsError):
            pair.place.newest()
    clinic.copy()
    assert pair.state().problem
    assert not pair.state().alarm


def test_a_wrong_signature_of_the_witness_counts_for_nothing(pair: Pair) -> None:
    kept = pair.checkpointer.sign()
    assert kept is not None

    def forged(request: httpx.Request) -> httpx.Response:
        answered = pair.answer(request)
        line, _, signature = answered.content.decode().strip().rpartition(" ")
        changed = signature[:-8] + ("A" if signature[-8] != "A" else "B") + signature[-7:]
        return httpx.Response(answered.status_code, content=f"{line} {changed}\n".encode())

    pair.started(forged)
    with pytest.raises(MalformedInput, match="wrong signature"):
        pair.place.keep(kept)


def test_a_witness_keeps_no_files(pair: Pair) -> None:
    pair.place.keep_file("log-key-2.txt", b"statement")
    assert pair.place.newest() is None


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://peer.example/witness", "lacks the witness's key"),
        ("http://peer.example/witness#{key}", "under https://"),
        ("https://user@peer.example/witness#{key}", "is named"),
        ("https://peer.example:x/witness#{key}", "is named"),
        ("https://#{key}", "is named"),
        ("ftp://peer.example#{key}", "is named"),
        ("https://peer.example/witness#{log}", "witness's Ed25519 key"),
    ],
)
def test_an_address_that_cannot_work_is_refused(pair: Pair, address: str, words: str) -> None:
    key, log = map(encode_verifier_key, (pair.peer.key, pair.checkpointer.key))
    with pytest.raises(MalformedInput, match=words):
        parse_address(address.replace("{key}", key).replace("{log}", log))


def test_an_address_names_place_and_key(pair: Pair) -> None:
    key = encode_verifier_key(pair.peer.key)
    assert parse_address(f"{ADDRESS}/#{key}") == (ADDRESS, pair.peer.key)
    assert parse_address(f"http://127.0.0.1:8460/witness#{key}")[0].startswith("http://127")
