"""Places outside: where copies of checkpoints go, and what stands in the way of a second history.

Rules kept here:

1. A place is a folder, a bucket or a witness. What it keeps it never changes; what it shows is
   checked like anything that comes from outside.
2. A place that is away is tried again, ever more slowly. It never keeps the clinic from going on.
3. A place that contradicts the log is an alarm, and stays one until it agrees again.
4. How each place stands is kept beside the log, so that every process can tell it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import structlog

from adapters.ledger.checkpoints import CheckpointShelf, KeptCheckpoint
from adapters.ledger.place_states import MemoryPlaceStates, PlaceState, PlaceStates
from domain.errors import IntegrityFailure, RecordsError
from domain.ledger.checkpoint import NoteSignature, SignedNote, encode_note, parse_note
from domain.ports import Clock
from domain.values.time import ServerTime

LOOK_AGAIN = timedelta(minutes=10)
"""After so long a place that is far is asked again what it has."""

_LONGEST_WAIT = timedelta(minutes=5)
_log = structlog.get_logger()


class Place(Protocol):
    """Keeps copies of checkpoints where whoever holds the database should not reach."""

    @property
    def name(self) -> str:
        """Where it is, in words; no secret."""
        ...

    @property
    def near(self) -> bool:
        """Whether it answers at once or not at all, like a folder."""
        ...

    def newest(self) -> bytes | None:
        """Return the note of the largest checkpoint it has, if there is one.

        Raises:
            Unavailable: it is away.
        """
        ...

    def has(self, size: int) -> bool:
        """Return whether it is there and known to have the checkpoint of a size."""
        ...

    def keep(self, kept: KeptCheckpoint) -> tuple[NoteSignature, ...]:
        """Keep a checkpoint and return what the place says under it; a witness says something.

        Raises:
            IntegrityFailure: it has another checkpoint of this size, or contradicts this one.
            Unavailable: it is away, full or read-only.
        """
        ...

    def keep_file(self, name: str, note: bytes) -> None:
        """Keep another signed note under a name, where the place keeps files.

        Raises:
            IntegrityFailure: it has another text under this name.
            Unavailable: it is away, full or read-only.
        """
        ...


class Copies:
    """The places of one log, and what is known of each."""

    def __init__(
        self,
        places: Sequence[Place] = (),
        *,
        clock: Clock,
        states: PlaceStates | None = None,
    ) -> None:
        """Keep copies in these places."""
        self._clock = clock
        self._states = states or MemoryPlaceStates()
        self._watched = [_Watched(place) for place in places]

    def states(self) -> tuple[PlaceState, ...]:
        """Return how each place stands, in the order of the settings."""
        known = self._states.all()
        names = [each.place.name for each in self._watched]
        return tuple(known.get(name, PlaceState(place=name)) for name in names)

    def seen(self) -> Iterator[tuple[str, bytes]]:
        """Yield place and note of the newest checkpoint outside, wherever that can be told.

        Far places are asked once, and again by ``copy``; in between, what they showed counts.
        """
        now = self._clock.now()
        for each in self._watched:
            if each.place.near or (each.asked is None and each.may_try(now)):
                self._ask(each, now)
            if each.shown is not None:
                yield each.place.name, each.shown

    def keep_near(self, kept: KeptCheckpoint) -> None:
        """Keep a checkpoint wherever that takes no time."""
        now = self._clock.now()
        for each in self._watched:
            if each.place.near and not each.place.has(kept.size):
                self._keep(each, kept, now)

    def copy(
        self,
        shelf: CheckpointShelf,
        successions: Sequence[bytes],
        check: Callable[[bytes], None],
    ) -> None:
        """Bring every place up to date, one after the other; each may take its time.

        Args:
            shelf: The checkpoints beside the log; takes what witnesses say.
            successions: Statements by which the log's keys followed one another.
            check: Refuses a note from outside that the log does not continue.
        """
        for each in self._watched:
            now = self._clock.now()
            newest = shelf.newest()
            if newest is None or not (each.place.near or each.may_try(now)):
                continue
            if (
                not each.place.near
                and each.look_again(now)
                and not (self._ask(each, now) and self._agrees(each, check))
            ):
                continue
            if not each.place.has(newest.size):
                lines = self._keep(each, newest, now)
                if lines:
                    shelf.cosign(newest.size, lines)
            self._keep_files(each, shelf, successions)

    def contradicted(self, name: str, why: str) -> None:
        """Remember that what a place shows contradicts the log."""
        for each in self._watched:
            if each.place.name == name:
                self._failed(each, f"{name}: {why}", alarm=True)

    def _agrees(self, each: "_Watched", check: Callable[[bytes], None]) -> bool:
        if each.shown is None:
            return True
        try:
            check(each.shown)
        except RecordsError as error:
            self.contradicted(each.place.name, str(error))
            return False
        return True

    def _ask(self, each: "_Watched", now: ServerTime) -> bool:
        try:
            each.shown = each.place.newest()
        except RecordsError as error:
            self._failed(each, str(error), alarm=isinstance(error, IntegrityFailure))
            return False
        each.asked = now
        return True

    def _keep(
        self, each: "_Watched", kept: KeptCheckpoint, now: ServerTime
    ) -> tuple[NoteSignature, ...]:
        try:
            lines = each.place.keep(kept)
        except RecordsError as error:
            self._failed(each, str(error), alarm=isinstance(error, IntegrityFailure))
            return ()
        each.shown, each.asked = kept.note, now
        each.failures, each.next_try = 0, None
        self._states.put(PlaceState(place=each.place.name, size=kept.size, kept_at=now))
        return lines

    def _keep_files(
        self, each: "_Watched", shelf: CheckpointShelf, successions: Sequence[bytes]
    ) -> None:
        files = dict(_files(shelf, successions))
        if each.failures and not each.place.near:
            return
        for name in [name for name in files if name not in each.files]:
            try:
                each.place.keep_file(name, files[name])
            except RecordsError as error:
                self._failed(each, str(error), alarm=isinstance(error, IntegrityFailure))
                return
            each.files.add(name)

    def _failed(self, each: "_Watched", why: str, *, alarm: bool) -> None:
        each.failures += 1
        each.next_try = ServerTime(self._clock.now().us + _wait(each.failures).seconds * 1_000_000)
        name = each.place.name
        before = self._states.all().get(name, PlaceState(place=name))
        after = replace(before, problem=why, alarm=why if alarm else before.alarm)
        if after != before:
            self._states.put(after)
        if alarm and before.alarm != why:
            _log.critical("checkpoint contradicted", place=name, detail=why)
        elif not alarm and before.problem != why:
            _log.warning("checkpoint copy waits", place=name, detail=why)


class _Watched:
    """A place and what this process knows of it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.shown: bytes | None = None
        self.asked: ServerTime | None = None
        self.failures = 0
        self.next_try: ServerTime | None = None
        self.files: set[str] = set()

    def may_try(self, now: ServerTime) -> bool:
        """Return whether the place was left alone long enough."""
        return self.next_try is None or now.us >= self.next_try.us

    def look_again(self, now: ServerTime) -> bool:
        """Return whether it is time to ask what the place has."""
        return self.asked is None or now.us - self.asked.us >= LOOK_AGAIN.seconds * 1_000_000


def succession_name(number: int) -> str:
    """Return the name of the statement by which the log got this key; the first one had none."""
    return f"log-key-{number}.txt"


def cosigned_name(size: int, line: NoteSignature) -> str:
    """Return the name of a checkpoint's copy with one witness's line."""
    return f"{size}.{line.key_id.hex()}.txt"


def _files(shelf: CheckpointShelf, successions: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield what is kept outside beside the checkpoints themselves."""
    for number, statement in enumerate(successions, start=2):
        yield succession_name(number), statement
    cosigned = shelf.cosigned()
    if cosigned is not None:
        for line, note in _cosigned(cosigned.note):
            yield cosigned_name(cosigned.size, line), note


def _cosigned(note: bytes) -> Iterator[tuple[NoteSignature, bytes]]:
    """Yield each line of a witness, and the note with the log's own lines and this one."""
    parsed = parse_note(note)
    log = parsed.text.partition("\n")[0]
    own = tuple(line for line in parsed.signatures if line.name == log)
    for line in parsed.signatures:
        if line.name != log:
            yield line, encode_note(SignedNote(text=parsed.text, signatures=(*own, line)))


def _wait(failures: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(failures - 1, 10)), _LONGEST_WAIT)
