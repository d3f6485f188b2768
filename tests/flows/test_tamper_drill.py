"""The tamper drill on the demonstration's own record: whatever is changed is named."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.ledger.entry import decode_entry
from domain.ledger.export import (
    BLOBS_FOLDER,
    EXPORT_TAG,
    FRAME_HEAD,
    RECORDS_PATH,
    StoredRecord,
    encode_frame,
)
from tests.flows.conftest import vultus, vultus_verify

pytestmark = pytest.mark.slow

Records = list[StoredRecord]


@pytest.fixture(scope="module")
def exported(told: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole log of the demonstration, exported, with the log key beside it."""
    folder = tmp_path_factory.mktemp("drill") / "export"
    done = vultus("export", str(folder), data=told / "record")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def copy(exported: Path, tmp_path: Path) -> Path:
    """A copy of the export that a test may change."""
    place = tmp_path / "export"
    place.mkdir()
    for path in exported.rglob("*"):
        if path.is_file():
            target = place / path.relative_to(exported)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return place


def read(folder: Path) -> Records:
    data = (folder / RECORDS_PATH).read_bytes()
    place, records = len(EXPORT_TAG), []
    while place < len(data):
        leaf, entry_size, size = FRAME_HEAD.unpack_from(data, place)
        place += FRAME_HEAD.size
        entry, ciphertext = data[place : place + entry_size], data[place + entry_size :][:size]
        records.append(StoredRecord(entry, ciphertext, leaf))
        place += entry_size + size
    return records


def write(folder: Path, records: Records) -> None:
    frames = (encode_frame(each.leaf or b"", each.entry, each.ciphertext) for each in records)
    (folder / RECORDS_PATH).write_bytes(EXPORT_TAG + b"".join(frames))


def flipped(data: bytes, place: int = -1) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def find(records: Records, name: str) -> int:
    names = [decode_entry(each.entry).header.name for each in records]
    return names.index(name)


def edit_a_byte(records: Records) -> int:
    seq = find(records, "AttemptSubmitted")
    records[seq] = records[seq]._replace(ciphertext=flipped(records[seq].ciphertext))
    return seq


def drop_an_event(records: Records) -> int:
    seq = find(records, "AttemptJudged")
    del records[seq]
    return seq


def swap_two(records: Records) -> int:
    seq = find(records, "ConsentGranted")
    records[seq], records[seq + 1] = records[seq + 1], records[seq]
    return seq


def truncate_the_tail(records: Records) -> int:
    del records[-3:]
    return len(records)


def forge_a_device_signature(records: Records) -> int:
    seq = find(records, "AttemptSubmitted")
    signature = decode_entry(records[seq].entry).device_signature
    assert signature is not None
    forged = records[seq].entry.replace(signature, flipped(signature))
    records[seq] = records[seq]._replace(entry=forged)
    return seq


def test_the_untouched_export_passes(exported: Path) -> None:
    done = vultus_verify("log", str(exported), "--log-key", str(exported / "log-key.txt"))

    assert done.returncode == 0, done.stdout


@pytest.mark.verifies("DRV-01", "DRV-02", "DRV-03", "DRV-05", "REQ-IN-002")
@pytest.mark.parametrize(
    "tamper",
    [edit_a_byte, drop_an_event, swap_two, truncate_the_tail, forge_a_device_signature],
)
def test_a_changed_record_is_named(copy: Path, tamper: Callable[[Records], int]) -> None:
    records = read(copy)
    seq = tamper(records)
    write(copy, records)

    done = vultus_verify("log", str(copy), "--log-key", str(copy / "log-key.txt"))

    assert done.returncode == 1, done.stdout
    assert str(seq) in done.stdout


@pytest.mark.parametrize("event", ["AttemptSubmitted", "ModelRegistered"])
def test_a_swapped_blob_or_model_is_named(copy: Path, event: str) -> None:
    records = read(copy)
    seq = find(records, event)
    blob = decode_entry(records[seq].entry).header.blobs[0]
    place = copy / BLOBS_FOLDER / blob.name.hex()
    place.write_bytes(flipped(place.read_bytes()))

    done = vultus_verify("log", str(copy), "--log-key", str(copy / "log-key.txt"))

    assert done.returncode == 1
    assert f"record {seq} ({event})" in done.stdout


def test_a_row_changed_behind_the_service_is_named(story: Path) -> None:
    database = story / "record" / "vultus.sqlite"
    with sqlite3.connect(database) as connection:
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'records'"
        ).fetchall()
        # Somebody with all rights can remove the triggers that refuse.
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(
            "UPDATE records SET state = zeroblob(length(state)) WHERE topic = 'ConclusionRecorded'"
        )
    connection.close()

    done = vultus("verify", data=story / "record")

    assert done.returncode == 1
    assert "ConclusionRecorded" in done.stderr or "content-changed" in done.stderr
