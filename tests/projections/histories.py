"""Histories drawn step by step; a step that a rule refuses leaves the record as it was."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from hypothesis import strategies as st

from domain.errors import NotFound, RuleViolation
from domain.events import equipment as stations
from domain.rules import equipment, subject
from domain.values.consent import Purpose
from domain.values.identifiers import AttemptId, FindingId, ReleaseId
from tests.builders import PRACTITIONER, RELEASE
from tests.projections.clinic import PEOPLE, Clinic
from tests.projections.visits import Visit, a_visit

Steps = list[tuple[str, int]]
"""What to do, and a number that chooses on what."""


class History:
    """A clinic that does whatever is drawn."""

    def __init__(self, clinic: Clinic) -> None:
        """Go on from here."""
        self.clinic = clinic
        self.visits: list[Visit] = []
        self.erased: list[int] = []

    def take(self, steps: Steps) -> None:
        """Take steps; what cannot be done now is not done."""
        for name, number in steps:
            with suppress(RuleViolation, NotFound, IndexError):
                STEPS[name](self, number)

    def visit(self, number: int) -> Visit:
        """Return one of the last visits."""
        last = self.visits[-3:]
        return last[number % len(last)] if last else self._no_visit()

    def attempt(self, number: int) -> tuple[Visit, AttemptId]:
        """Return an attempt of one of the last visits."""
        visit = self.visit(number)
        attempts = list(visit.state.attempts)
        return visit, attempts[number // 3 % max(1, len(attempts))]

    def finding(self, number: int) -> tuple[Visit, FindingId]:
        """Return a finding of one of the last visits."""
        visit = self.visit(number)
        findings = visit.findings
        return visit, findings[number // 3 % max(1, len(findings))].finding

    def _no_visit(self) -> Visit:
        raise IndexError

    def come(self, number: int) -> None:
        """Let a new subject come, or one who was here."""
        before = self.visits[number % len(self.visits)].who if self.visits and number % 2 else None
        visit = a_visit(self.clinic, before)
        self.visits.append(visit)
        self.clinic.consent(visit.who)
        visit.open(imports=number % 5 == 0)

    def hand_in(self, number: int) -> None:
        """Hand in an attempt; now and then of the same picture as another subject's."""
        picture = "the same picture" if number % 4 == 0 else None
        visit = self.visit(number)
        if visit.state.device is None:
            visit.bring(picture=picture)
        else:
            visit.hand_in(picture=picture)

    def complete(self, number: int) -> None:
        """Call for a run and let it end."""
        visit, attempt = self.attempt(number)
        visit.request(attempt)
        if number % 4 == 0:
            visit.fail(attempt)
        elif number % 4 != 1:
            visit.complete(attempt, ("ita", "redness")[: 1 + number % 2])

    def review(self, number: int) -> None:
        """Review a finding in one of three ways."""
        visit, finding = self.finding(number)
        (visit.accept, visit.amend, visit.reject)[number % 3](finding)

    def finish(self, number: int) -> None:
        """Do what is left up to the report."""
        self.visit(number).report()

    def answer(self, number: int) -> None:
        """Record an answer to a purpose."""
        answer = ("grant", "decline", "withdraw")[number % 3]
        self.clinic.consent(self.visit(number).who, list(Purpose)[number % len(Purpose)], answer)

    def hold(self, number: int) -> None:
        """Place or release a legal hold."""
        place = partial(subject.place_hold, ground="court order")
        release = partial(subject.release_hold, ground="court order", reason="it ended")
        self.clinic.about(self.visit(number).who, place if number % 2 else release)

    def erase(self, number: int) -> None:
        """Erase a subject, or have that refused."""
        self.clinic.erase(self.visit(number).who)

    def calibrate(self, number: int) -> None:
        """Calibrate; lock, check or invalidate the calibration."""
        made = self.clinic.calibrate(passed=number % 5 != 0).calibration
        if number % 5 in (1, 2, 3):
            self.clinic.lock(made)
        if number % 5 in (2, 3):
            self.clinic.check_in_field(made, passed=number % 5 == 2)
        if number % 5 == 4:
            self.clinic.invalidate(made)

    def service(self, number: int) -> None:
        """Let something happen to the station."""
        if number % 5 == 0:
            self.clinic.light()
        elif number % 5 == 1:
            gap = stations.DeviceSequenceGapDetected(expected=number, received=number + 2)
            self.clinic.equip(lambda _: gap)
        elif number % 5 == 2:
            drift = stations.DeviceClockDriftDetected(offset_ms=9000.0, device_sequence=number)
            self.clinic.equip(lambda _: drift)
        else:
            rule = equipment.quarantine_device if number % 5 == 3 else equipment.release_device
            self.clinic.equip(partial(rule, reason="the rest came loose"))

    def renew(self, number: int) -> None:
        """Deploy a build, or release or suspend a model."""
        if number % 3 == 0:
            self.clinic.deploy(f"0.{number}.0")
        elif number % 3 == 1:
            self.clinic.release_model(ReleaseId.derived("test", self.clinic.next_name("release")))
        else:
            self.clinic.suspend_model(RELEASE)

    def look(self, number: int) -> None:
        """Sign in, look, export."""
        if number % 3 == 0:
            self.clinic.sign_in(list(PEOPLE)[number % len(PEOPLE)] if number % 2 else PRACTITIONER)
        elif number % 3 == 1:
            self.clinic.look_at(f"subject:{self.visit(number).who}")
        else:
            self.clinic.export(self.visit(number).who)


def _of_attempt(step: Callable[[Visit, AttemptId], None]) -> Callable[[History, int], None]:
    return lambda history, number: step(*history.attempt(number))


def _of_visit(step: Callable[[Visit], None]) -> Callable[[History, int], None]:
    return lambda history, number: step(history.visit(number))


STEPS: dict[str, Callable[[History, int], None]] = {
    "come": History.come,
    "hand in": History.hand_in,
    "measure": _of_attempt(Visit.measure),
    "measure unsharp": _of_attempt(partial(Visit.measure, focus=20.0)),
    "give up": _of_attempt(Visit.give_up),
    "reconstruct": _of_attempt(Visit.reconstruct),
    "withhold": _of_attempt(Visit.withhold),
    "complete": History.complete,
    "block": _of_visit(Visit.block),
    "refuse": _of_visit(Visit.refuse_to_open),
    "close": _of_visit(Visit.close),
    "abandon": _of_visit(Visit.abandon),
    "lay out": _of_visit(Visit.lay_out),
    "review": History.review,
    "conclude": _of_visit(Visit.conclude),
    "sign": _of_visit(Visit.sign),
    "finish": History.finish,
    "issue": _of_visit(Visit.issue),
    "add": _of_visit(Visit.add),
    "flag": _of_visit(Visit.flag),
    "answer": History.answer,
    "hold": History.hold,
    "erase": History.erase,
    "calibrate": History.calibrate,
    "service": History.service,
    "renew": History.renew,
    "look": History.look,
}
"""Every step by name, in the order in which a visit takes them."""

LASTING = tuple(name for name in STEPS if name != "erase")

steps: st.SearchStrategy[Steps] = st.lists(
    st.tuples(st.sampled_from(tuple(STEPS)), st.integers(0, 59)), max_size=25
)
"""Steps of every kind in any order."""

EVERY_STEP: Steps = [
    (name, number)
    for name, numbers in {
        "come": (0, 2, 3),
        "refuse": (0,),
        "hand in": (0, 1, 2, 5, 7),
        "block": (1,),
        "measure": (0, 1, 2),
        "measure unsharp": (5,),
        "give up": (7,),
        "reconstruct": (2,),
        "withhold": (0, 2),
        "calibrate": (3, 4, 5),
        "service": (0, 1, 2, 3, 4),
        "close": (0, 1, 2),
        "complete": (2, 3, 4, 6, 7, 8),
        "lay out": (0, 1, 2),
        "review": (0, 1, 2, 3, 4, 5),
        "finish": (0, 1, 2),
        "add": (1,),
        "issue": (1,),
        "flag": (1, 2),
        "answer": (0, 1, 3),
        "look": (0, 1, 2),
        "renew": (0, 1, 2),
        "hold": (1, 2),
    }.items()
    for number in numbers
] + [("come", 1), ("hand in", 2), ("abandon", 2)]
"""A fixed history in which everything happens."""
