"""Two servers behind one address, on a primary and its standby; a server and the primary die."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from adapters.verification.verify import verify_log
from api.settings import from_environment
from api.wiring import open_system
from domain.events.record import Record
from tests.api.portal import ORIGIN
from tests.fleet.clients import Client, address_of, make_clinic
from tests.fleet.processes import Note, Start, wait_until
from tests.fleet.replicas import Pair

READS = 'vultus_screen_reads_total{at="standby"}'


@pytest.fixture
def environment(pair: Pair, tmp_path: Path) -> dict[str, str]:
    """Return what every server of the clinic is told."""
    return {
        "VULTUS_DATA": str(tmp_path / "record"),
        "VULTUS_DATABASE": pair.writes,
        "VULTUS_DATABASE_READS": pair.reads,
        "VULTUS_ORIGIN": ORIGIN,
        "VULTUS_PORT": "0",
    }


@pytest.fixture
def client(environment: dict[str, str]) -> Iterator[Client]:
    """Return a person of a new clinic."""
    person = Client(make_clinic(from_environment(environment)))
    yield person
    person.close()


class Enrolling:
    """Enrols clients one after the other and repeats whatever got no answer, until told to end."""

    def __init__(self, client: Client, address: str) -> None:
        """Enrol at one server."""
        self._client = client
        self._address = address
        self._end = threading.Event()
        self.acknowledged: list[int] = []
        self.refused = 0
        self._thread = threading.Thread(target=self._go)
        self._thread.start()

    def more(self, count: int) -> None:
        """Wait until so many more were enrolled."""
        wanted = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= wanted or not self._thread.is_alive())

    def end(self) -> None:
        """Enrol no more."""
        self._end.set()
        self._thread.join()

    def _go(self) -> None:
        while not self._end.is_set():
            key, number = str(uuid4()), f"CN-{len(self.acknowledged)}"
            while True:
                try:
                    answered = self._client.enrol(self._address, number, key)
                except httpx.TransportError:
                    answered = None
                if answered is not None and answered.status_code == 201:
                    self.acknowledged.append(answered.json()["seq"])
                    break
                assert answered is None or answered.status_code == 503, answered.text
                self.refused += 1
                time.sleep(0.05)


def records_in(environment: dict[str, str]) -> list[Record]:
    """Return the whole record, verified."""
    with open_system(from_environment(environment)) as system:
        report = verify_log(
            system.log, key=system.checkpointer.key, checkpoints=system.shelf.all(), blobs=None
        )
        assert report.intact, report.problems
        return list(system.log.after(-1, limit=report.size))


@pytest.mark.slow
@pytest.mark.verifies("REQ-IN-002", "DRV-34")
def test_a_person_goes_on_whichever_server_and_database_dies(
    environment: dict[str, str],
    pair: Pair,
    client: Client,
    start: Start,
    note: Note,
) -> None:
    servers = [start("tests.fleet.server", environment=environment) for _ in range(2)]
    addresses = [address_of(each) for each in servers]
    wait_until(lambda: client.measure(addresses[0], "vultus_work_led ") == 1)
    if client.measure(addresses[1], "vultus_work_leads ") == 1:
        servers.reverse()
        addresses.reverse()
    here, there = addresses
    client.sign_in(here)

    # Whoever writes at one server reads it at the other, which reads at the standby.
    seqs: list[int] = []
    with client.updates(there) as positions:
        for number in range(8):
            writes, reads = (here, there) if number % 2 else (there, here)
            enrolled = client.enrol(writes, f"CN-first-{number}")
            assert enrolled.status_code == 201, enrolled.text
            seqs.append(enrolled.json()["seq"])
            client.read(reads, f"/subjects/{enrolled.json()['subject']}", seqs[-1])
        assert next(each for each in positions if each >= seqs[-1])
    assert client.measure(there, READS) > 0

    # The server that signed the person in and runs the workers dies.
    servers[0].kill()
    killed = time.monotonic()
    wait_until(lambda: client.measure(there, "vultus_work_leads ") == 1)
    note("workers handed over, s", round(time.monotonic() - killed, 2))
    enrolling = Enrolling(client, there)
    enrolling.more(3)

    # The primary dies while the person goes on; the standby takes its place.
    pair.primary.stop("immediate")
    crashed = time.monotonic()
    pair.standby.promote()
    enrolling.more(3)
    note("primary replaced, s", round(time.monotonic() - crashed, 2))
    wait_until(lambda: client.measure(there, "vultus_work_leads ") == 1)
    last = enrolling.acknowledged[-1]
    assert client.get(there, "/subjects", last).status_code == 200
    enrolling.end()
    note("repeated requests", enrolling.refused)
    servers[1].end()

    records = records_in(environment)
    enrolled_seqs = [each.seq for each in records if each.name == "SubjectEnrolled"]
    # Each was answered with the place of the last of its two records.
    assert [seq + 1 for seq in enrolled_seqs] == [*seqs, *enrolling.acknowledged]
