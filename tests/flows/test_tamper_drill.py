"""The tamper drill on the demonstration's own record: whatever is changed is named, exactly.

Whoever tampers here has every file and no key: neither the log's nor the station's.
"""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from domain.ledger.entry import Entry, decode_entry, device_statement
from domain.ledger.export import (
    BLOBS_FOLDER,
    CHECKPOINTS_FOLDER,
    EXPORT_TAG,
    FRAME_HEAD,
    RECORDS_PATH,
    StoredRecord,
    encode_frame,
)
from domain.ledger.merkle import leaf_hash
from tests.flows.conftest import vultus, vultus_verify

pytestmark = pytest.mark.slow

Records = list[StoredRecord]
Failures = dict[int, list[str]]
PLACES, STREAMS, TREE, BLOBS, DEVICES = range(2, 7)
"""Steps of the verifier over an exported log."""


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
    return shutil.copytree(exported, tmp_path / "export")


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


def verified(*arguments: str) -> Failures:
    """Return what the verifier finds wrong, by step, without its conclusion; nothing if it passes.

    Raises:
        AssertionError: its conclusion does not follow from its steps.
    """
    done = vultus_verify(*arguments, "--json")
    outcome = json.loads(done.stdout)
    *steps, conclusion = outcome["steps"]
    found = {each["number"]: each["failures"] for each in steps if each["failures"]}
    assert outcome["passed"] == (not found) == (done.returncode == 0)
    assert all(each["passed"] == (not each["failures"]) for each in steps)
    assert bool(conclusion["failures"]) == bool(found)
    return found


def verified_log(folder: Path) -> Failures:
    return verified("log", str(folder), "--log-key", str(folder / "log-key.txt"))


def find(records: Records, name: str) -> int:
    names = [decode_entry(each.entry).header.name for each in records]
    return names.index(name)


def entry_of(records: Records, seq: int) -> Entry:
    return decode_entry(records[seq].entry)


def flipped(data: bytes, place: int = -1) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def checkpoints_beyond(folder: Path, seq: int, *, until: int = 1 << 53) -> list[str]:
    """Return what is said of every checkpoint that covers a record that is not the recorded one."""
    sizes = [int(each.stem) for each in (folder / CHECKPOINTS_FOLDER).iterdir()]
    proven = max((each for each in sizes if each <= seq), default=0)
    return sorted(
        f"the first {size} records do not have the root of their checkpoint; "
        f"what differs lies from record {proven} on"
        for size in sizes
        if seq < size <= until
    )


@pytest.mark.verifies("DRV-02", "REQ-IN-002")
def test_the_untouched_export_passes(exported: Path) -> None:
    assert verified_log(exported) == {}


@pytest.mark.verifies("DRV-01", "REQ-IN-002")
def test_one_edited_byte_is_named(copy: Path) -> None:
    records = read(copy)
    seq = find(records, "AttemptSubmitted")
    records[seq] = records[seq]._replace(ciphertext=flipped(records[seq].ciphertext))
    write(copy, records)

    text = f"the encrypted content of record {seq} is not the recorded one"
    assert verified_log(copy) == {PLACES: [text]}


@pytest.mark.verifies("DRV-01", "DRV-02", "REQ-IN-002")
def test_a_dropped_event_is_named(copy: Path) -> None:
    records = read(copy)
    seq = find(records, "AttemptJudged")
    stream, version = (entry := entry_of(records, seq)).header.stream, entry.header.version
    after = next(
        each.header.seq
        for each in (entry_of(records, later) for later in range(seq + 1, len(records)))
        if each.header.stream == stream
    )
    del records[seq]
    write(copy, records)

    found = verified_log(copy)
    size = len(records)
    short = (
        f"the log ends after {size} records, but a checkpoint covers {size + 1}: "
        f"record {size} is missing from its end"
    )
    found[TREE].remove(short)
    assert found[PLACES] == [f"record {seq} is missing"]
    assert found[STREAMS] == [
        f"record {after} is version {version + 1} of {stream}, but version {version} comes next"
    ]
    assert sorted(found[TREE]) == checkpoints_beyond(copy, seq, until=size)
    assert found.keys() == {PLACES, STREAMS, TREE}


@pytest.mark.verifies("DRV-01", "DRV-02", "REQ-IN-002")
def test_two_exchanged_events_are_named(copy: Path) -> None:
    records = read(copy)
    seq = find(records, "ConsentGranted")
    records[seq], records[seq + 1] = records[seq + 1], records[seq]
    write(copy, records)

    found = verified_log(copy)
    assert found[PLACES] == [
        f"record {seq} stands where record {seq + 1} belongs",
        f"record {seq + 1} stands where record {seq} belongs",
    ]
    assert {seq, seq + 1} <= {int(each.split()[1]) for each in found[STREAMS]}
    assert sorted(found[TREE]) == checkpoints_beyond(copy, seq)
    assert found.keys() == {PLACES, STREAMS, TREE}


@pytest.mark.verifies("DRV-02", "DRV-03", "REQ-IN-002")
def test_a_tail_that_was_cut_off_is_named(copy: Path) -> None:
    records = read(copy)
    size = len(records)
    write(copy, records[:-3])

    text = (
        f"the log ends after {size - 3} records, but a checkpoint covers {size}: "
        f"records {size - 3} to {size - 1} are missing from its end"
    )
    assert verified_log(copy) == {TREE: [text]}


@pytest.mark.verifies("DRV-05", "REQ-IN-002")
def test_a_statement_signed_by_another_station_is_named_although_it_was_hashed_again(
    copy: Path,
) -> None:
    records = read(copy)
    seq = find(records, "AttemptSubmitted")
    entry, other = entry_of(records, seq), generate_private_key(SECP256R1())
    header = entry.header
    assert header.device is not None
    assert header.device_sequence is not None
    assert header.device_time_us is not None
    assert entry.device_signature is not None
    statement = device_statement(
        stream=header.stream,
        name=header.name,
        schema=header.schema,
        device=header.device,
        device_sequence=header.device_sequence,
        device_time_us=header.device_time_us,
        commitment=header.commitment,
    )
    forged = b""
    while len(forged) != len(entry.device_signature):  # so that no length in the entry changes
        forged = other.sign(statement, ECDSA(SHA256()))
    changed = records[seq].entry.replace(entry.device_signature, forged)
    records[seq] = records[seq]._replace(entry=changed, leaf=leaf_hash(changed))
    write(copy, records)

    found = verified_log(copy)
    text = f"record {seq} (AttemptSubmitted) carries a signature that device {header.device}"
    assert found.pop(DEVICES) == [f"{text} did not make over it"]
    (follows,) = found.pop(STREAMS)
    assert follows.endswith(
        f"version {header.version + 1} of {header.stream}, "
        "does not carry the hash of the version before it"
    )
    assert sorted(found.pop(TREE)) == checkpoints_beyond(copy, seq)
    assert found == {}


def blob_failures(seq: int, event: str, *names: bytes) -> Failures:
    return {
        BLOBS: [
            f"record {seq} ({event}) depends on the blob {name.hex()}, "
            "whose stored bytes are not the recorded ones"
            for name in sorted(names)
        ]
    }


@pytest.mark.verifies("DRV-01", "REQ-IN-002")
def test_two_exchanged_frames_are_named(copy: Path) -> None:
    records = read(copy)
    seq = find(records, "AttemptSubmitted")
    left, right = (each.name for each in entry_of(records, seq).header.blobs)
    places = [copy / BLOBS_FOLDER / name.hex() for name in (left, right)]
    contents = [each.read_bytes() for each in places]
    for place, content in zip(places, reversed(contents), strict=True):
        place.write_bytes(content)

    assert verified_log(copy) == blob_failures(seq, "AttemptSubmitted", left, right)


@pytest.mark.verifies("DRV-01", "REQ-IN-002")
def test_a_model_exchanged_for_other_content_is_named(copy: Path) -> None:
    records = read(copy)
    seq = find(records, "ModelRegistered")
    model = max(
        (each.name for each in entry_of(records, seq).header.blobs),
        key=lambda name: (copy / BLOBS_FOLDER / name.hex()).stat().st_size,
    )
    (other,) = entry_of(records, find(records, "CalibrationRecorded")).header.blobs
    shutil.copyfile(copy / BLOBS_FOLDER / other.name.hex(), copy / BLOBS_FOLDER / model.hex())

    assert verified_log(copy) == blob_failures(seq, "ModelRegistered", model)


@pytest.mark.verifies("DRV-01", "REQ-IN-002")
def test_a_row_changed_behind_the_service_is_named(story: Path) -> None:
    database = story / "record" / "vultus.sqlite"
    with sqlite3.connect(database) as connection:
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'records'"
        ).fetchall()
        # Somebody with all rights can remove the triggers that refuse.
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        changed = connection.execute(
            "UPDATE records SET state = zeroblob(length(state)) WHERE topic = 'ConclusionRecorded'"
            " RETURNING rowid - 1"
        ).fetchall()
    connection.close()

    done = vultus("verify", data=story / "record")

    assert done.returncode == 1
    told = [each.strip() for each in done.stderr.splitlines() if "content-changed" in each]
    assert told == [
        f"content-changed: the encrypted content of record {seq} is not the recorded one"
        for (seq,) in sorted(changed)
    ]
    assert len(told) == 2
    assert "NOT INTACT: 2 problems" in done.stderr
