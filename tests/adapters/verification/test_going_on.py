"""A verification that goes on from the last one looks at what is new, and says what it did not."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.verification.verified import SeenDevice, Verified, VerifiedFile
from domain.errors import DigestMismatch, MalformedInput, RuleViolation, SignatureInvalid
from domain.ledger.problem import ProblemKind
from tests.adapters.eventlog.test_tampering import allow_changes
from tests.adapters.verification.tampering import DEVICE, DEVICE_KEY, Clinic
from tests.contracts.logs import START, SUBJECT, Logs, a_draft

KEY = bytes(range(32))


def verified(clinic: Clinic) -> Verified:
    """Sign, verify everything and return from where to go on."""
    clinic.sign()
    found = clinic.verify().verified(START)
    assert found is not None
    return found


@pytest.fixture
def clinic(kept_logs: Logs) -> Clinic:
    """Return a clinic with three sessions in a database."""
    return begun(kept_logs)


@pytest.fixture
def sqlite_clinic(sqlite_logs: Logs) -> Clinic:
    """Return the same in an SQLite file."""
    return begun(sqlite_logs)


def begun(logs: Logs) -> Clinic:
    """Return a clinic with three sessions."""
    clinic = Clinic(logs)
    for _ in range(3):
        clinic.session()
    return clinic


@pytest.mark.verifies("REQ-IN-002", "DRV-03")
def test_only_what_is_new_is_looked_at(clinic: Clinic) -> None:
    since = verified(clinic)
    assert since.devices == {str(DEVICE): SeenDevice(key=DEVICE_KEY.public_key(), sequence=3)}
    clinic.go_on(1)
    clinic.session()
    clinic.sign()
    verification = clinic.verify(since=since, range_size=2)
    report = verification.report
    assert report.problems == ()
    assert (report.begin, report.size, report.streams) == (10, 14, 2)
    assert (report.signatures, report.blobs) == (1, 1)
    assert (report.confirmed, report.root) == ((10, 14), clinic.log.tree.root(14))
    again = verification.verified(START)
    assert again is not None
    assert again.devices[str(DEVICE)].sequence == 4
    assert clinic.verify(since=again).report.intact
    assert clinic.verify(since=since, processes=2, range_size=2).report == report


@pytest.mark.verifies("REQ-IN-002")
def test_a_changed_older_record_is_found_by_looking_at_everything_only(
    sqlite_clinic: Clinic,
) -> None:
    since = verified(sqlite_clinic)
    allow_changes(sqlite_clinic.logs)
    sqlite_clinic.set_column(2, "state", b"another content")
    sqlite_clinic.session()
    sqlite_clinic.sign()
    assert sqlite_clinic.verify(since=since).report.intact
    assert not sqlite_clinic.verify().report.intact


# The known gap, and what bounds it.
@pytest.mark.verifies("REQ-IN-002")
def test_a_stream_that_forks_from_before_a_hidden_record_is_found_by_looking_at_everything(
    sqlite_clinic: Clinic,
) -> None:
    since = verified(sqlite_clinic)
    stream = sqlite_clinic.streams[0][0]
    last = sqlite_clinic.log.stream(stream)[-1]
    allow_changes(sqlite_clinic.logs)
    sqlite_clinic.set_column(last.seq, "originator_id", "hidden")
    sqlite_clinic.logs.open().append([a_draft(stream, last.version - 1)])
    sqlite_clinic.sign()
    assert sqlite_clinic.verify(since=since).report.intact
    kinds = {each.kind for each in sqlite_clinic.verify().report.problems}
    assert ProblemKind.CHAIN_BROKEN in kinds


@pytest.mark.verifies("REQ-IN-002")
def test_a_changed_new_record_is_named(sqlite_clinic: Clinic) -> None:
    since = verified(sqlite_clinic)
    sqlite_clinic.session()
    sqlite_clinic.go_on(0)
    sqlite_clinic.sign()
    allow_changes(sqlite_clinic.logs)
    sqlite_clinic.set_column(11, "state", b"another content")
    (problem,) = sqlite_clinic.verify(since=since).report.problems
    assert (problem.kind, problem.seq) == (ProblemKind.CONTENT_CHANGED, 11)


@pytest.mark.verifies("REQ-IN-002")
def test_a_new_record_has_to_follow_one_that_is_proven(clinic: Clinic) -> None:
    since = verified(clinic)
    clinic.go_on(0)
    clinic.sign()
    allow_changes(clinic.logs)
    stored = bytes(clinic.column(3, "entry"))
    clinic.set_column(3, "entry", stored.replace(b"service:", b"service;"))
    (problem,) = clinic.verify(since=since).report.problems
    assert (problem.kind, problem.seq) == (ProblemKind.CHAIN_BROKEN, 10)
    assert "could not be proven" in problem.text
    clinic.set_column(3, "entry", stored)
    clinic.set_column(3, "originator_id", "a-stream-of-nobody")
    (problem,) = clinic.verify(since=since).report.problems
    assert "is version 4" in problem.text
    clinic.set_column(6, "originator_id", str(clinic.streams[0][0]))
    clinic.set_column(6, "originator_version", 9)
    (problem,) = clinic.verify(since=since).report.problems
    assert "another stream" in problem.text


@pytest.mark.verifies("REQ-IN-002")
def test_a_log_that_does_not_go_on_from_there_is_named(sqlite_clinic: Clinic) -> None:
    since = verified(sqlite_clinic)
    sqlite_clinic.rewrite(4)
    (problem,) = sqlite_clinic.verify(since=since).report.problems
    assert problem.kind is ProblemKind.CHECKPOINT_DIFFERS
    assert "the first 10 records are not those that were verified before" in problem.text
    sqlite_clinic.cut(7)
    (problem,) = sqlite_clinic.verify(since=since).report.problems
    assert problem.kind is ProblemKind.TRUNCATED
    assert "records 7 to 9 are missing from its end" in problem.text


def test_an_outside_checkpoint_of_the_older_part_is_proven_to_be_continued(
    sqlite_clinic: Clinic,
) -> None:
    outside = sqlite_clinic.sign()
    sqlite_clinic.session()
    since = verified(sqlite_clinic)
    assert sqlite_clinic.verify(since=since, outside=[outside]).report.confirmed == (10, 13)
    sqlite_clinic.rewrite(4)
    rewritten = verified(sqlite_clinic)
    (problem,) = sqlite_clinic.verify(since=rewritten, outside=[outside]).report.problems
    assert "the first 10 records, verified before, are not those" in problem.text


def test_a_device_goes_on_from_where_it_was(sqlite_clinic: Clinic) -> None:
    since = verified(sqlite_clinic)
    sqlite_clinic.sequence = 1
    sqlite_clinic.session()
    sqlite_clinic.sign()
    (problem,) = sqlite_clinic.verify(since=since).report.problems
    assert problem.kind is ProblemKind.DEVICE_SEQUENCE
    unknown = replace(since, devices={})
    (problem,) = sqlite_clinic.verify(since=unknown).report.problems
    assert problem.kind is ProblemKind.DEVICE_UNKNOWN


def test_a_blob_whose_key_was_destroyed_before_may_be_absent(sqlite_clinic: Clinic) -> None:
    destroyed = sqlite_clinic.erase()
    since = verified(sqlite_clinic)
    sqlite_clinic.session()
    sqlite_clinic.sign()
    sqlite_clinic.blobs.purge(list(sqlite_clinic.blobs._stored))
    assert sqlite_clinic.verify(since=since).report.intact
    allow_changes(sqlite_clinic.logs)
    entry = bytes(sqlite_clinic.column(destroyed, "entry"))
    sqlite_clinic.set_column(destroyed, "entry", entry.replace(b"service:", b"service;"))
    (problem,) = sqlite_clinic.verify(since=since).report.problems
    assert problem.kind is ProblemKind.BLOB_MISSING


def test_what_was_verified_is_kept_and_read_again(tmp_path: Path) -> None:
    file = VerifiedFile(tmp_path / "new" / "verified", KEY)
    assert file.load() is None
    for note in (b"first\n", b"second\n"):
        devices = {
            "a": SeenDevice(key=b"key", sequence=2**63),
            "b": SeenDevice(key=None, sequence=None),
        }
        kept = Verified(note=note, verified_at=START, devices=devices)
        file.save(kept)
        assert VerifiedFile(tmp_path / "new" / "verified", KEY).load() == kept
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["verified"]


def test_what_somebody_without_the_key_wrote_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "verified"
    VerifiedFile(path, bytes(32)).save(Verified(note=b"note\n", verified_at=START))
    with pytest.raises(DigestMismatch, match="verify everything"):
        VerifiedFile(path, KEY).load()
    written = path.read_bytes()
    for place in range(len(written)):
        path.write_bytes(written[:place] + bytes([written[place] ^ 1]) + written[place + 1 :])
        with pytest.raises(DigestMismatch):
            VerifiedFile(path, bytes(32)).load()
    path.chmod(0o644)
    with pytest.raises(RuleViolation):
        VerifiedFile(path, bytes(32)).load()


def test_what_another_version_wrote_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "verified"
    file = VerifiedFile(path, KEY)
    file.save(Verified(note=b"note\n", verified_at=START))
    body = path.read_bytes().partition(b"\n")[2]
    for other in (
        body.replace(b"verified/v1", b"verified/v2"),
        body.replace(str(START).encode(), b"yesterday"),
        body.replace(b'"devices":{}', b'"devices":{"a":1}'),
    ):
        path.write_bytes(file._code(other) + b"\n" + other)
        with pytest.raises(MalformedInput):
            file.load()


def test_what_the_log_never_signed_is_not_gone_on_from(sqlite_clinic: Clinic) -> None:
    since = verified(sqlite_clinic)
    forged = replace(since, note=since.note.replace(b"\n10\n", b"\n11\n"))
    with pytest.raises(SignatureInvalid):
        sqlite_clinic.verify(since=forged)


def test_nothing_is_kept_of_a_verification_that_was_not_whole(sqlite_clinic: Clinic) -> None:
    assert sqlite_clinic.verify().verified(START) is None  # nothing was signed
    sqlite_clinic.sign()
    sqlite_clinic.log.append([a_draft(sqlite_clinic.logs.new_stream())])
    assert sqlite_clinic.verify().verified(START) is None  # the checkpoint covers less
    assert sqlite_clinic.verify(end=10).verified(START) is not None
    assert str(SUBJECT) not in str(sqlite_clinic.verify(end=10).verified(START))
