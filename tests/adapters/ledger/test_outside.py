"""Places outside: each takes its time, fails alone, and is an alarm when it contradicts."""

from datetime import timedelta

import pytest

from adapters.ledger.checkpoints import KeptCheckpoint, MemoryShelf
from adapters.ledger.outside import LOOK_AGAIN, Copies
from adapters.ledger.place_states import DatabasePlaceStates, PlaceState
from adapters.memory import ManualClock
from domain.errors import IntegrityFailure, ProofInvalid, RecordsError, Unavailable
from domain.ledger.checkpoint import NoteSignature
from tests.contracts.logs import START, Logs

LINE = NoteSignature(name="w", key_id=b"wxyz", signature=b"\x00")


def kept(size: int) -> KeptCheckpoint:
    note = f"log\n{size}\n\n— log AAAAAAA=\n".encode()
    return KeptCheckpoint(size=size, signed_at=START, note=note)


class Elsewhere:
    """A place far away that does what a test wants."""

    near = False

    def __init__(self, name: str = "elsewhere") -> None:
        """Begin empty and willing."""
        self.name = name
        self.shown: bytes | None = None
        self.size = 0
        self.asked = 0
        self.files: dict[str, bytes] = {}
        self.failure: RecordsError | None = None
        self.file_failure: RecordsError | None = None
        self.says: tuple[NoteSignature, ...] = ()

    def newest(self) -> bytes | None:
        """Show what a test wants."""
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return self.shown

    def has(self, size: int) -> bool:
        """Tell whether it took as much."""
        return self.size >= size

    def keep(self, kept: KeptCheckpoint) -> tuple[NoteSignature, ...]:
        """Take a checkpoint."""
        if self.failure is not None:
            raise self.failure
        self.size, self.shown = kept.size, kept.note
        return self.says

    def keep_file(self, name: str, note: bytes) -> None:
        """Take a file."""
        if self.file_failure is not None:
            raise self.file_failure
        self.files[name] = note


class Round:
    """Copies to two places, with what they need."""

    def __init__(self) -> None:
        """Begin with one checkpoint."""
        self.clock = ManualClock(START)
        self.shelf = MemoryShelf()
        self.shelf.keep(kept(5))
        self.one, self.two = Elsewhere("one"), Elsewhere("two")
        self.copies = Copies([self.one, self.two], clock=self.clock)
        self.wrong: IntegrityFailure | None = None

    def copy(self, *successions: bytes) -> None:
        """Take one turn."""

        def check(_note: bytes) -> None:
            if self.wrong is not None:
                raise self.wrong

        self.copies.copy(self.shelf, successions, check)

    def wait(self, duration: timedelta = LOOK_AGAIN) -> None:
        """Let time pass."""
        self.clock.advance(duration)


def test_each_place_gets_checkpoints_cosignatures_and_successions() -> None:
    turn = Round()
    turn.one.says = (LINE,)
    turn.copy(b"statement")
    assert turn.shelf.cosigned() is not None
    turn.copy(b"statement")
    assert set(turn.one.files) == set(turn.two.files) == {"log-key-2.txt", "5.7778797a.txt"}
    assert turn.two.files["5.7778797a.txt"] == turn.shelf.all()[0].note
    assert [each.size for each in turn.copies.states()] == [5, 5]
    assert (turn.one.asked, turn.two.asked) == (1, 1)


def test_a_place_that_fails_keeps_no_other_waiting_and_is_left_alone_ever_longer() -> None:
    turn = Round()
    turn.one.failure = Unavailable("away")
    for seconds in (1, 2, 4, 8):
        asked = turn.one.asked
        turn.copy()
        assert turn.two.size == 5
        turn.wait(timedelta(seconds=seconds - 1))
        turn.copy()
        assert turn.one.asked == asked + 1
        turn.wait(timedelta(seconds=1))
    assert turn.copies.states()[0] == PlaceState(place="one", problem="away")
    turn.one.failure = None
    turn.wait()
    turn.copy()
    assert turn.copies.states()[0].problem == ""
    assert turn.one.size == 5


def test_what_a_place_shows_is_checked_again_and_again() -> None:
    turn = Round()
    turn.copy()
    turn.wrong = ProofInvalid("another history")
    turn.copy()
    assert turn.copies.states()[0].alarm == ""  # not asked again yet
    turn.wait()
    turn.copy()
    assert turn.copies.states()[0].alarm == "one: another history"
    turn.wrong = None
    turn.wait()
    turn.shelf.keep(kept(9))
    turn.copy()
    assert turn.copies.states()[0].alarm == ""


def test_a_file_that_contradicts_is_an_alarm_and_one_that_waits_is_tried_again() -> None:
    turn = Round()
    turn.one.file_failure = Unavailable("full")
    turn.copy(b"statement")
    assert turn.copies.states()[0].problem == "full"
    turn.one.file_failure = IntegrityFailure("another statement")
    turn.wait()
    turn.shelf.keep(kept(9))
    turn.copy(b"statement")
    assert turn.copies.states()[0].alarm == "another statement"
    turn.one.file_failure = None
    turn.wait()
    turn.shelf.keep(kept(10))
    turn.copy(b"statement")
    assert "log-key-2.txt" in turn.one.files


def test_without_a_checkpoint_there_is_nothing_to_do() -> None:
    turn = Round()
    turn.shelf = MemoryShelf()
    turn.copy(b"statement")
    assert turn.one.files == {}
    assert turn.copies.states() == (PlaceState(place="one"), PlaceState(place="two"))
    turn.copies.contradicted("nowhere", "nothing")
    assert turn.copies.states() == (PlaceState(place="one"), PlaceState(place="two"))


def test_what_a_far_place_shows_is_asked_for_once_before_signing() -> None:
    turn = Round()
    turn.one.shown = b"shown"
    turn.two.failure = Unavailable("away")
    assert list(turn.copies.seen()) == [("one", b"shown")]
    assert list(turn.copies.seen()) == [("one", b"shown")]
    assert (turn.one.asked, turn.two.asked) == (1, 1)


@pytest.mark.parametrize("kept_at", [None, START])
def test_every_process_can_tell_how_a_place_stands(sqlite_logs: Logs, kept_at: None) -> None:
    state = PlaceState(place="one", size=5, kept_at=kept_at, problem="p", alarm="a")
    states = DatabasePlaceStates(sqlite_logs.engine())
    states.put(PlaceState(place="one"))
    states.put(state)
    assert DatabasePlaceStates(sqlite_logs.engine()).all() == {"one": state}
