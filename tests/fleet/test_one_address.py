"""A person who knows one address only does not notice that a server behind it died."""

from pathlib import Path

import pytest

from api.settings import from_environment
from tests.api.portal import ORIGIN
from tests.fleet.clients import Client, address_of, make_clinic
from tests.fleet.processes import Note, Start, wait_until
from tests.fleet.proxy import one_address
from tests.fleet.test_servers import records_in


@pytest.mark.slow
@pytest.mark.verifies("REQ-IN-002")
def test_behind_one_address_a_server_dies_unnoticed(
    tmp_path: Path, postgres_dsn: str, start: Start, note: Note
) -> None:
    environment = {
        "VULTUS_DATA": str(tmp_path / "record"),
        "VULTUS_DATABASE": postgres_dsn,
        "VULTUS_ORIGIN": ORIGIN,
        "VULTUS_PORT": "0",
    }
    person = Client(make_clinic(from_environment(environment)))
    servers = [start("tests.fleet.server", environment=environment) for _ in range(2)]
    addresses = [address_of(each) for each in servers]
    wait_until(lambda: person.measure(addresses[0], "vultus_work_led ") == 1)
    seqs: list[int] = []
    with one_address(*addresses) as proxy:

        def enrol(count: int) -> None:
            for _ in range(count):
                answered = person.enrol(proxy.address, f"CN-{len(seqs)}")
                assert answered.status_code == 201, answered.text
                seqs.append(answered.json()["seq"])
                subject = answered.json()["subject"]
                person.read(proxy.address, f"/subjects/{subject}", seqs[-1])

        person.sign_in(proxy.address)
        enrol(4)
        assert set(proxy.answered) == set(addresses)
        servers[0].kill()
        enrol(4)
        assert proxy.passed_over[addresses[0]] > 0
        note("answered by each", dict(proxy.answered))
        note("asked in vain", dict(proxy.passed_over))
    person.close()
    servers[1].end()
    enrolled = [each.seq for each in records_in(environment) if each.name == "SubjectEnrolled"]
    assert [seq + 1 for seq in enrolled] == seqs
