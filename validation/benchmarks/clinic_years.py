"""Years of an invented clinic, deed by deed: clients enrol, come back, are captured and reviewed.

Rules kept here:

1. It never ends by itself; whoever reads decides how long the clinic exists.
2. A client's identifiers and names follow from a number and the time of enrolment: eight bytes a
   client are all that years take of memory.
3. Names are made of syllables and belong to nobody.
"""

from array import array
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from domain.events.consent import ConsentDeclined, ConsentGranted
from domain.events.subject import SubjectEnrolled, SubjectIdentityLinked
from domain.values.actor import Actor
from domain.values.consent import Purpose, Wording
from domain.values.content import Digest
from domain.values.identifiers import ClinicId, ConsentId, SubjectId, fresh
from validation.benchmarks.clinic_house import DOCTORS, TECHNICIANS, House
from validation.benchmarks.clinic_scribe import Deed, Scribe
from validation.benchmarks.clinic_study import hold_study
from validation.benchmarks.clinic_visit import Ending, Visit

VISITS_A_DAY = 25
WORKING_DAYS = 5
NEW_CLIENTS = 0.3
BY_THE_OWNER = 0.25
ENDINGS = (
    (Ending.ABANDONED, 0.02),
    (Ending.REVIEW, 0.015),
    (Ending.SIGN, 0.01),
    (Ending.FLAGGED, 0.003),
)
"""The share of visits that end so; all others end with a report."""

WORDING = Wording(version="2026-11", language="en-AU", text=Digest.of(b"benchmark wording"))
_BEGINNINGS = ("Al", "Be", "Cor", "Da", "El", "Fi", "Gre", "Ha", "Im", "Jo", "Ka", "Lu", "Mi")
_ENDINGS = ("bert", "dora", "fina", "gard", "lina", "mund", "nora", "rik", "sana", "thea", "wyn")
_PLACES = ("Ash", "Birch", "Clear", "Dun", "East", "Fern", "Glen", "High", "Iron", "Kings", "Lang")
_FEATURES = ("bourne", "combe", "dale", "field", "gate", "hurst", "ley", "moor", "ridge", "worth")


class ClinicYears:
    """A clinic from its first day on."""

    def __init__(self, clinic: ClinicId, *, seed: int = 1) -> None:
        """Begin it; the same clinic and seed always give the same years."""
        self._scribe = Scribe(clinic, seed=seed)
        self._house = House(self._scribe)
        self._enrolled_ms = array("q")
        self.visits = 0

    @property
    def house(self) -> House:
        """The clinic's stations, protocol and model."""
        return self._house

    @property
    def clients(self) -> int:
        """How many subjects enrolled."""
        return len(self._enrolled_ms)

    def subject(self, number: int) -> SubjectId:
        """Return who enrolled as this number, counted from 0."""
        request = fresh(self._enrolled_ms[number], number.to_bytes(10, "big"))
        return SubjectId.derived("benchmark", request)

    @property
    def remembered(self) -> int:
        """Number of streams it remembers, because they go on."""
        return self._scribe.remembered

    def deeds(self) -> Iterator[Deed]:
        """Yield everything recorded, day after day, without end."""
        yield from self._house.found()
        yield from hold_study(self._house, self._scribe)
        day = 0
        while True:
            yield from self._day(day)
            day += 1

    def _day(self, day: int) -> Iterator[Deed]:
        scribe = self._scribe
        begins = scribe.now
        yield from self._house.morning(day)
        for _ in range(VISITS_A_DAY):
            scribe.pass_time(60, 240)
            yield from self._visit()
        yield from self._house.evening()
        nights = 3 if day % WORKING_DAYS == WORKING_DAYS - 1 else 1
        scribe.now = max(begins.plus(timedelta(days=nights)), scribe.now)

    def _visit(self) -> Iterator[Deed]:
        chance = self._scribe.chance
        self.visits += 1
        operator = chance.choice(TECHNICIANS)
        if self.clients == 0 or chance.random() < NEW_CLIENTS:
            number = self.clients
            self._enrolled_ms.append(self._scribe.now.us // 1000)
            yield from self._enrol(number, operator=Actor.practitioner(operator))
        else:
            number = chance.randrange(self.clients)
        # The first practitioner owns the place and sees more clients than the others.
        doctor = DOCTORS[0] if chance.random() < BY_THE_OWNER else chance.choice(DOCTORS)
        visit = Visit(
            scribe=self._scribe,
            house=self._house,
            subject=self.subject(number),
            doctor=doctor,
            operator=operator,
            station=chance.choice(self._house.stations),
            ending=self._ending(),
        )
        yield from visit.deeds()

    def _ending(self) -> Ending:
        drawn = self._scribe.chance.random()
        for ending, share in ENDINGS:
            if drawn < share:
                return ending
            drawn -= share
        return Ending.REPORTED

    def _enrol(self, number: int, *, operator: Actor) -> Iterator[Deed]:
        scribe, who = self._scribe, self.subject(number)
        given, family = name_of(number)
        year, month, day = 1940 + number % 65, 1 + number % 12, 1 + number % 28
        events = (
            SubjectEnrolled(subject=who, pseudonym=pseudonym(number)),
            SubjectIdentityLinked(
                given_name=given,
                family_name=family,
                date_of_birth=f"{year}-{month:02d}-{day:02d}",
                clinic_number=f"C-{100_000 + number}",
            ),
        )
        deed = scribe.write(operator, who.stream, events, subject=who)
        yield replace(deed, new_subject=who)
        scribe.close(who.stream)
        consents = ConsentId.derived(who).stream
        for purpose in (Purpose.CLINICAL_CAPTURE, Purpose.AI_ANALYSIS, Purpose.MARKETING):
            scribe.pass_time(5, 20)
            answer: ConsentGranted | ConsentDeclined = ConsentDeclined(
                subject=who, purpose=purpose, wording=WORDING
            )
            if purpose is not Purpose.MARKETING:
                answer = ConsentGranted(
                    subject=who,
                    purpose=purpose,
                    wording=WORDING,
                    given_by="subject",
                    valid_until=None,
                )
            yield scribe.write(operator, consents, [answer], subject=who)
        scribe.close(consents)


def pseudonym(number: int) -> str:
    """Return a subject's pseudonym; neighbours in number are far apart in it."""
    digits = (number * 38_197_217 + 4_711) % 10**8
    return f"P-{digits // 10**4:04d}-{digits % 10**4:04d}"


def name_of(number: int) -> tuple[str, str]:
    """Return given and family name of a subject."""
    given = _BEGINNINGS[number % 13] + _ENDINGS[number // 13 % 11]
    family = _PLACES[number // 7 % 11] + _FEATURES[number // 77 % 10]
    return given, family
