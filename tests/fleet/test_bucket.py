"""Two servers, a primary with its standby, and a bucket: all that a group of machines needs."""

import json
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from adapters.blobs.location import Bucket
from api.settings import from_environment
from tests.api.portal import ORIGIN
from tests.environment.object_store import KEY_ID, SECRET, StorageServer
from tests.fleet.clients import Client, address_of, make_clinic
from tests.fleet.processes import Start, wait_until
from tests.fleet.replicas import Pair
from validation.benchmarks.crash_check import check
from validation.benchmarks.crash_day import live, noting, prepare


@pytest.fixture
def environment(pair: Pair, rclone_server: StorageServer, tmp_path: Path) -> dict[str, str]:
    """Return what every server of the clinic is told."""
    credentials = tmp_path / "credentials"
    credentials.write_text(
        f"[default]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"
    )
    credentials.chmod(0o600)
    bucket: Bucket = rclone_server.fresh()
    return {
        "VULTUS_DATA": str(tmp_path / "record"),
        "VULTUS_DATABASE": pair.writes,
        "VULTUS_DATABASE_READS": pair.reads,
        "VULTUS_BLOBS": f"s3://{bucket.name}/{bucket.prefix}",
        "VULTUS_S3_ENDPOINT": bucket.endpoint,
        "VULTUS_S3_CREDENTIALS": str(credentials),
        "VULTUS_ORIGIN": ORIGIN,
        "VULTUS_PORT": "0",
    }


@pytest.mark.slow
@pytest.mark.verifies("REQ-IN-544", "DRV-10")
def test_content_in_a_bucket_is_there_whichever_server_and_database_dies(
    environment: dict[str, str], pair: Pair, start: Start, tmp_path: Path
) -> None:
    settings = from_environment(environment)
    person = Client(make_clinic(settings))
    prepare(settings)
    servers = [start("tests.fleet.server", environment=environment) for _ in range(2)]
    addresses = [address_of(each) for each in servers]
    person.sign_in(addresses[0])

    # A third process stores a picture, records it, erases another and signs, beside the servers.
    notes = tmp_path / "acknowledged.jsonl"
    live(settings, noting(notes))
    assert person.enrol(addresses[1], "CN-1").status_code == 201
    servers[0].kill()
    pair.primary.stop("immediate")
    pair.standby.promote()
    key = str(uuid4())

    def enrolled() -> bool:
        """Ask again under the same key, as the browser does."""
        try:
            return person.enrol(addresses[1], "CN-2", key).status_code == 201
        except httpx.TransportError:
            return False

    wait_until(enrolled)
    servers[1].end()
    person.close()

    noted = [json.loads(line) for line in notes.read_text().splitlines()]
    found = check(settings, noted)
    assert (found.lost, found.problems) == ([], [])
    assert any("blob" in each for each in noted)
    assert not (settings.data / "blobs").exists()
