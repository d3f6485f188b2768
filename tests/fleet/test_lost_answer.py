"""A command whose database is cut off after its commit is done once, however often it is asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from adapters.memory import ManualClock
from api.wiring import System, open_system
from domain.handling import update
from domain.rules import practitioner as practitioners
from domain.rules.practitioner import PRACTITIONER
from domain.values.actor import Role
from domain.values.identifiers import PractitionerId
from tests.api.portal import (
    IDENTITY,
    SERVICE,
    START,
    Person,
    Portal,
    found_clinic,
    settings_in,
)
from tests.fleet.cutting import CuttableWay


@dataclass
class Cuttable:
    """A signed-in person of a clinic whose database can be cut off."""

    way: CuttableWay
    person: Person
    system: System
    """The same record by another way, which is never cut."""

    def enrol(self, key: str) -> httpx.Response:
        """Enrol a client."""
        return self.person.post("/subjects", IDENTITY, key=key)

    def enrolled(self) -> list[int]:
        """Return where enrolments stand in the record."""
        records = self.system.log.after(-1, limit=1000)
        return [each.seq for each in records if each.name == "SubjectEnrolled"]


@pytest.fixture
def cuttable(tmp_path: Path, postgres_dsn: str) -> Iterator[Cuttable]:
    """Return a clinic on PostgreSQL, with a way to it that can be cut."""
    folder = tmp_path / "record"
    clock = ManualClock(START)
    way = CuttableWay(postgres_dsn)
    try:
        with (
            open_system(settings_in(folder, VULTUS_DATABASE=postgres_dsn), clock=clock) as straight,
            open_system(settings_in(folder, VULTUS_DATABASE=way.dsn), clock=clock) as system,
        ):
            founded = Portal(straight, clock)
            found_clinic(founded)
            grant = partial(practitioners.grant_role, role=Role.OPERATOR, granted_by=SERVICE)
            stream = PractitionerId.derived("administrator").stream
            update(straight.log, PRACTITIONER, stream, grant, straight.context(SERVICE))
            portal = Portal(system, clock)
            portal.totp.update(founded.totp)
            yield Cuttable(way=way, person=portal.sign_in("administrator"), system=straight)
    finally:
        way.end()


@pytest.mark.verifies("REQ-IN-002")
def test_a_cut_after_the_commit_is_not_even_noticed(cuttable: Cuttable) -> None:
    key = str(uuid4())
    cuttable.way.cut(stay_closed=False)
    first = cuttable.enrol(key)
    assert cuttable.way.cuts == 1
    assert first.status_code == 201, first.text
    again = cuttable.enrol(key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert cuttable.enrolled() == [first.json()["seq"] - 1]


@pytest.mark.slow  # giving up takes as long as a database may need to come back
@pytest.mark.verifies("REQ-IN-002")
def test_a_command_that_got_no_answer_is_answered_when_it_is_asked_for_again(
    cuttable: Cuttable,
) -> None:
    key = str(uuid4())
    cuttable.way.cut(stay_closed=True)
    lost = cuttable.enrol(key)
    assert cuttable.way.cuts == 1
    assert lost.status_code == 503, lost.text
    assert lost.headers["retry-after"]
    (seq,) = cuttable.enrolled()  # it was recorded all the same
    cuttable.way.closed = False
    answered = cuttable.enrol(key)
    assert answered.status_code == 201, answered.text
    assert answered.json()["seq"] == seq + 1
    assert cuttable.enrolled() == [seq]
    assert cuttable.enrol(str(uuid4())).json()["seq"] > seq + 1
