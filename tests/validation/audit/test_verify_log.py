"""Exported logs: an honest one passes; each way of tampering is named, by one process or two."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import MalformedInput
from domain.ledger import export
from domain.ledger.checkpoint import (
    Checkpoint,
    VerifierKey,
    encode_body,
    sign_checkpoint,
    sign_note,
)
from domain.ledger.content_check import ContentSources
from domain.ledger.entry import decode_entry
from domain.ledger.export import FRAME_HEAD
from tests.domain.ledger.logs import ORIGIN, SUBJECT, LogMaker, clinic_log, device_key
from tests.validation.audit.packing import LOG_KEY, LOG_SECRET, sign, write_export
from validation.audit import verify_log as subject
from validation.audit.exported_log import ExportedRecords, ExportFolder
from validation.audit.outcome import Outcome
from validation.audit.verify_log import verify_log, verify_records

SIGNED, PLACES, CHAIN, TREE, BLOBS, DEVICES = range(1, 7)
LOG = clinic_log()
SIZE = len(LOG.records)


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Return an honest export."""
    return write_export(tmp_path / "export", LOG, sizes=(7,))


def failures(outcome: Outcome) -> dict[int, list[str]]:
    """Return what was found wrong, by step, without the conclusion."""
    return {
        step.number: step.failures
        for step in outcome.steps
        if step.failures and step.number <= DEVICES
    }


def place(seq: int) -> int:
    """Return where the frame of a record begins in the file of records."""
    return len(export.EXPORT_TAG) + sum(
        FRAME_HEAD.size + len(record.entry) + len(record.ciphertext) for record in LOG.records[:seq]
    )


def edit(folder: Path, at: int, value: bytes) -> None:
    """Overwrite bytes of the file of records."""
    path = folder / export.RECORDS_PATH
    data = bytearray(path.read_bytes())
    data[at : at + len(value)] = value
    path.write_bytes(data)


def rewrite(folder: Path, log: LogMaker) -> None:
    """Replace the file of records."""
    frames = b"".join(
        export.encode_frame(record.leaf or b"", record.entry, record.ciphertext)
        for record in log.records
    )
    (folder / export.RECORDS_PATH).write_bytes(export.EXPORT_TAG + frames)


@pytest.mark.verifies("REQ-IN-002", "DRV-02", "DRV-03")
@pytest.mark.parametrize("processes", [1, 2])
def test_an_honest_export_passes(
    exported: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    monkeypatch.setattr(subject, "RANGE", 4)
    told: list[tuple[int, int]] = []
    outcome = verify_log(
        exported,
        log_key=LOG_KEY,
        outside=[sign(LOG.checkpoint(12))],
        processes=processes,
        progress=lambda done, total: told.append((done, total)),
    )
    assert failures(outcome) == {}
    assert outcome.passed
    notes = "\n".join(note for step in outcome.steps for note in step.notes)
    assert f"confirmed at 7, 12, {SIZE} records; 0 records are beyond" in notes
    assert "9 signatures" in notes
    assert "13 references to stored blobs" in notes
    assert told[-1] == (SIZE, SIZE)


def test_a_key_that_comes_with_the_export_is_said_aloud(exported: Path) -> None:
    outcome = verify_log(exported)
    assert outcome.passed
    assert any("WARNING" in note for note in outcome.steps[0].notes)
    assert any("no checkpoint from elsewhere" in note for note in outcome.steps[0].notes)


def test_a_file_of_records_alone_is_checked_against_what_is_given(exported: Path) -> None:
    path = exported / export.RECORDS_PATH
    outcome = verify_log(path, log_key=LOG_KEY, outside=[sign(LOG.checkpoint())])
    assert failures(outcome).keys() == {DEVICES}
    assert "no key is known" in failures(outcome)[DEVICES][0]
    assert "not checked: the export encloses no blobs" in outcome.steps[BLOBS - 1].notes


def test_without_a_key_checkpoints_are_compared_and_the_export_does_not_pass(
    exported: Path,
) -> None:
    (exported / export.LOG_KEY_PATH).unlink()
    outcome = verify_log(exported)
    assert failures(outcome).keys() == {SIGNED}
    assert "no signature could be checked" in failures(outcome)[SIGNED][0]
    assert any(f"confirmed at 7, {SIZE} records" in note for note in outcome.steps[3].notes)


def test_without_key_and_checkpoint_an_export_cannot_pass(exported: Path) -> None:
    (exported / export.LOG_KEY_PATH).unlink()
    for path in (exported / export.CHECKPOINTS_FOLDER).iterdir():
        path.unlink()
    outcome = verify_log(exported)
    assert failures(outcome).keys() == {SIGNED, TREE}
    assert failures(outcome)[TREE] == ["there is no checkpoint to compare with"]


@pytest.mark.verifies("REQ-IN-002")
@pytest.mark.parametrize("seq", [0, 5, SIZE - 1])
def test_one_edited_byte_of_a_content_is_named(exported: Path, seq: int) -> None:
    edit(exported, place(seq + 1) - 1, b"\x00")
    found = failures(verify_log(exported))
    assert found == {PLACES: [f"the encrypted content of record {seq} is not the recorded one"]}


@pytest.mark.verifies("REQ-IN-002")
@pytest.mark.parametrize("seq", [0, 5, SIZE - 1])
def test_one_edited_byte_of_an_entry_is_named(exported: Path, seq: int) -> None:
    record = LOG.records[seq]
    at = record.entry.index(b"service:test")
    edit(exported, place(seq) + FRAME_HEAD.size + at, b"S")
    found = failures(verify_log(exported))
    assert found.pop(PLACES) == [f"the entry of record {seq} does not have its recorded leaf hash"]
    assert found == {}


@pytest.mark.verifies("REQ-IN-002")
@pytest.mark.parametrize("seq", [0, 5, SIZE - 2, SIZE - 1])
def test_an_edited_length_costs_its_record_and_no_other(exported: Path, seq: int) -> None:
    for offset, value in ((32, b"\xff\xff\xff\xff"), (36, b"\x00\x00\x00\x01")):
        rewrite(exported, LOG)
        edit(exported, place(seq) + offset, value)
        found = failures(verify_log(exported))
        if seq == SIZE - 1:
            assert f"the file ends in the middle of record {seq}" in found[PLACES] or (
                f"the encrypted content of record {seq} is not the recorded one" in found[PLACES]
            )
        else:
            assert len(found[PLACES]) == 1
            assert f"record {seq} " in found[PLACES][0] or f"record {seq}:" in found[PLACES][0]


def test_an_edited_tag_costs_its_record_and_no_other(exported: Path) -> None:
    edit(exported, place(6) + FRAME_HEAD.size, b"V")
    found = failures(verify_log(exported))
    assert len(found[PLACES]) == 1
    assert "the place of record 6 is unreadable" in found[PLACES][0]


@pytest.mark.verifies("REQ-IN-002")
def test_a_dropped_record_is_named(exported: Path) -> None:
    log = clinic_log()
    del log.records[8]
    rewrite(exported, log)
    assert failures(verify_log(exported))[PLACES] == ["record 8 is missing"]


@pytest.mark.verifies("REQ-IN-002")
def test_two_swapped_records_are_named(exported: Path) -> None:
    log = clinic_log()
    log.records[8], log.records[9] = log.records[9], log.records[8]
    rewrite(exported, log)
    assert failures(verify_log(exported))[PLACES] == [
        "record 8 stands where record 9 belongs",
        "record 9 stands where record 8 belongs",
    ]


@pytest.mark.verifies("REQ-IN-002", "DRV-03")
def test_a_truncated_tail_is_named_by_the_checkpoint_kept_elsewhere(tmp_path: Path) -> None:
    log = clinic_log()
    log.records = log.records[:15]
    folder = write_export(tmp_path / "export", log)
    assert verify_log(folder, log_key=LOG_KEY).passed
    outcome = verify_log(folder, log_key=LOG_KEY, outside=[sign(LOG.checkpoint())])
    (text,) = failures(outcome)[TREE]
    assert text == (
        f"the log ends after 15 records, but a checkpoint covers {SIZE}: "
        f"records 15 to {SIZE - 1} are missing from its end"
    )


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_a_file_that_ends_within_a_record_is_named(exported: Path, cut: int) -> None:
    path = exported / export.RECORDS_PATH
    path.write_bytes(path.read_bytes()[:-cut])
    found = failures(verify_log(exported))
    assert found[PLACES] == [f"the file ends in the middle of record {SIZE - 1}"]
    assert "are missing from its end" in found[TREE][0] or "is missing" in found[TREE][0]


@pytest.mark.verifies("REQ-IN-002")
@pytest.mark.parametrize(("seq", "event"), [(3, "AttemptSubmitted"), (1, "ModelRegistered")])
def test_a_swapped_blob_or_model_is_named(exported: Path, seq: int, event: str) -> None:
    (blob,) = decode_entry(LOG.records[seq].entry).header.blobs
    (exported / export.stored_blob_path(blob.name)).write_bytes(b"another")
    text = (
        f"record {seq} ({event}) depends on the blob {blob.name.hex()}, "
        "whose stored bytes are not the recorded ones"
    )
    assert failures(verify_log(exported)) == {BLOBS: [text]}


def test_a_missing_blob_is_named_unless_its_key_was_destroyed(tmp_path: Path) -> None:
    log = clinic_log()
    log.add(f"subject-{SUBJECT}", name="SubjectKeyDestroyed")
    folder = write_export(tmp_path / "export", log)
    for seq in (3, 4):
        (blob,) = decode_entry(log.records[seq].entry).header.blobs
        (folder / export.stored_blob_path(blob.name)).unlink()
    outcome = verify_log(folder)
    assert outcome.passed
    assert f"the key subject:{SUBJECT} was destroyed; its blobs may be gone" in (
        outcome.steps[BLOBS - 1].notes
    )
    (blob,) = decode_entry(log.records[1].entry).header.blobs
    (folder / export.stored_blob_path(blob.name)).unlink()
    assert "which is missing" in failures(verify_log(folder))[BLOBS][0]


def test_a_blob_that_cannot_be_read_stops_the_check(exported: Path) -> None:
    (blob,) = decode_entry(LOG.records[3].entry).header.blobs
    path = exported / export.stored_blob_path(blob.name)
    path.unlink()
    path.mkdir()
    with pytest.raises(MalformedInput, match="cannot be read"):
        verify_log(exported)


@pytest.mark.verifies("DRV-05")
@pytest.mark.parametrize("processes", [1, 2])
def test_a_forged_device_signature_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    monkeypatch.setattr(subject, "RANGE", 2)
    log = LogMaker()
    log.enrol(device_key(1))
    for number in range(1, 8):
        log.add("capture-session-1", signed_by=device_key(1 + (number == 5)), sequence=number)
    folder = write_export(tmp_path / "export", log)
    found = failures(verify_log(folder, processes=processes))
    assert found.keys() == {DEVICES}
    assert "record 5 (SessionOpened) carries a signature" in found[DEVICES][0]


@pytest.mark.parametrize("content", [b"", bytes(32) + b"[]", bytes(32) + b'{"public_key":"x"}'])
def test_a_disclosure_that_enrols_nobody_is_named(
    exported: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(subject, "RANGE", 4)
    (exported / export.disclosure_path(0)).write_bytes(content)
    found = failures(verify_log(exported))
    assert "record 0 enrols a device, but" in found[DEVICES][0]


def test_a_disclosure_of_no_record_is_left_alone(exported: Path) -> None:
    (exported / export.DISCLOSURES_FOLDER / "note.payload").write_bytes(b"x")
    (exported / export.DISCLOSURES_FOLDER / "readme.md").write_bytes(b"x")
    assert verify_log(exported).passed


def test_a_checkpoint_the_log_did_not_sign_is_named(exported: Path) -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    key = VerifierKey(name=ORIGIN, public_key=stranger.public_key().public_bytes_raw())
    outside = [sign_checkpoint(LOG.checkpoint(), key, stranger.sign)]
    found = failures(verify_log(exported, log_key=LOG_KEY, outside=outside))
    assert f"the outside checkpoint of {SIZE} records" in found[SIGNED][0]


def test_a_checkpoint_of_another_log_is_named(exported: Path) -> None:
    other = Checkpoint(origin="vultus/other", size=SIZE, root=LOG.checkpoint().root)
    outside = [sign_note(encode_body(other), LOG_KEY, LOG_SECRET.sign)]
    found = failures(verify_log(exported, log_key=LOG_KEY, outside=outside))
    assert found == {SIGNED: ["the outside checkpoint is of another log: vultus/other"]}


def test_reading_stops_where_the_records_stop(exported: Path) -> None:
    with ExportedRecords(exported / export.RECORDS_PATH) as records:
        assert len(list(records.read(place(0), SIZE + 5))) == SIZE
    assert ExportFolder(exported / export.RECORDS_PATH).blob_digest(bytes(32)) is None


def test_a_rewritten_history_is_named_by_the_checkpoint_kept_elsewhere(tmp_path: Path) -> None:
    rewritten = clinic_log()
    rewritten.records = rewritten.records[:12]
    for _ in range(SIZE - 12):
        rewritten.add("another-stream")
    folder = write_export(tmp_path / "export", rewritten)
    assert verify_log(folder).passed
    (text,) = failures(verify_log(folder, outside=[sign(LOG.checkpoint())]))[TREE]
    assert f"the first {SIZE} records do not have the root of their checkpoint" in text


def test_more_problems_than_are_kept_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.ledger.problem.PROBLEMS_MAX", 3)
    log = clinic_log()
    log.records = [record._replace(ciphertext=b"") for record in log.records]
    found = failures(verify_log(write_export(tmp_path / "export", log)))
    assert found[PLACES][-1] == f"{SIZE} problems in all, not all of them shown"


@pytest.mark.parametrize("name", [export.RECORDS_PATH, export.LOG_KEY_PATH, "checkpoints/7.txt"])
def test_an_export_that_cannot_be_read_is_unusable(exported: Path, name: str) -> None:
    (exported / name).write_bytes(b"garbage")
    with pytest.raises(MalformedInput):
        verify_log(exported)


def test_an_export_that_is_empty_or_absent_is_unusable(exported: Path) -> None:
    (exported / export.RECORDS_PATH).write_bytes(b"")
    with pytest.raises(MalformedInput, match="cannot be read or is empty"):
        verify_log(exported)
    with pytest.raises(MalformedInput, match="cannot be read"):
        verify_log(exported / "nothing")


def test_a_checkpoint_of_unreasonable_size_is_unusable(exported: Path) -> None:
    (exported / "checkpoints/7.txt").write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(MalformedInput, match="larger than any such file"):
        verify_log(exported)


def test_a_checkpoint_that_cannot_be_opened_is_unusable(exported: Path) -> None:
    path = exported / "checkpoints/7.txt"
    path.unlink()
    path.mkdir()
    with pytest.raises(MalformedInput, match="cannot be read"):
        verify_log(exported)


def test_an_export_without_any_record_passes(tmp_path: Path) -> None:
    assert verify_log(write_export(tmp_path / "export", LogMaker())).passed


@pytest.mark.verifies("DRV-03", "DRV-05")
def test_a_live_log_is_checked_record_by_record() -> None:
    told: list[int] = []
    sources = ContentSources(disclose=lambda entry, _: LOG.disclosures[entry.header.seq])
    report = verify_records(
        iter(LOG.records),
        checkpoints=[LOG.checkpoint()],
        sources=sources,
        progress=told.append,
    )
    assert report.intact
    assert (report.signatures, report.blobs, told) == (9, 0, [SIZE])
    assert verify_records(LOG.records).signatures == 0
