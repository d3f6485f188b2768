"""Checkpoints continue one another, beside the log and outside of it, or are not signed."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.eventlog.log import RecordLog
from adapters.keys.signing import Ed25519Signer, is_ed25519_signature
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import CheckpointShelf, DatabaseShelf, MemoryShelf
from adapters.ledger.log_signing import origin
from adapters.ledger.outside import Copies
from adapters.ledger.outside_folder import OutsideFolder
from domain.errors import IntegrityFailure, ProofInvalid, SignatureInvalid
from domain.ledger.checkpoint import open_checkpoint
from tests.adapters.eventlog.test_tampering import allow_changes
from tests.contracts.logs import CLINIC, Logs, a_run

SIGNER = Ed25519Signer.generate()


class Desk:
    """A log and everything needed to sign for it."""

    def __init__(self, logs: Logs, folder: Path) -> None:
        """Open the log."""
        self.logs = logs
        self.log: RecordLog = logs.open()
        self.shelf: CheckpointShelf = MemoryShelf()
        if logs.kept:
            self.shelf = DatabaseShelf(logs.engine())
        self.folder = folder / "outside"
        self.folder.mkdir()
        self.stream = logs.new_stream()

    def checkpointer(self, *, outside: bool = True) -> Checkpointer:
        """Return a checkpointer, as a process would make it at its start."""
        places = [OutsideFolder(self.folder)] if outside else []
        self.copies = Copies(places, clock=self.logs.clock)
        return Checkpointer(
            clinic=CLINIC,
            size=self.log.size,
            tree=self.log.tree,
            shelf=self.shelf,
            signer=SIGNER,
            clock=self.logs.clock,
            copies=self.copies,
            every_records=10,
            every=timedelta(seconds=60),
        )

    def record(self, count: int) -> None:
        """Append some records."""
        version = len(self.log.stream_entries(self.stream))
        self.log.append(a_run(self.stream, count, version=version))


@pytest.fixture
def desk(logs: Logs, tmp_path: Path) -> Desk:
    """Return an empty log with an outside folder."""
    return Desk(logs, tmp_path)


@pytest.fixture
def kept_desk(kept_logs: Logs, tmp_path: Path) -> Desk:
    """Return the same, in a database."""
    return Desk(kept_logs, tmp_path)


@pytest.mark.verifies("DRV-03")
def test_a_checkpoint_names_log_size_and_root(desk: Desk) -> None:
    desk.record(5)
    checkpointer = desk.checkpointer()
    kept = checkpointer.sign()
    assert kept is not None
    said = open_checkpoint(kept.note, checkpointer.key, is_ed25519_signature)
    assert (said.origin, said.size, said.root) == (origin(CLINIC), 5, desk.log.tree.root(5))
    assert kept.signed_at == desk.logs.clock.now()
    assert desk.shelf.newest() == kept
    assert (desk.folder / "5.txt").read_bytes() == kept.note
    assert checkpointer.sign() == kept  # nothing new, nothing signed


@pytest.mark.verifies("DRV-03")
def test_checkpoints_are_signed_after_enough_records_or_time(desk: Desk) -> None:
    checkpointer = desk.checkpointer()
    assert checkpointer.sign() is None
    assert checkpointer.sign_if_due() is None
    sizes = []
    for count, wait_s in ((1, 0), (9, 59), (1, 0), (0, 600), (3, 0), (2, 59), (0, 1)):
        if count:
            desk.record(count)
        desk.logs.clock.advance(timedelta(seconds=wait_s))
        kept = checkpointer.sign_if_due()
        sizes.append(None if kept is None else kept.size)
    assert sizes == [1, None, 11, None, 14, None, 16]
    assert [each.size for each in desk.shelf.all()] == [1, 11, 14, 16]
    assert [desk.shelf.covering(seq) for seq in (0, 1, 10, 11, 13)] == [
        desk.shelf.all()[place] for place in (0, 1, 1, 2, 2)
    ]
    assert desk.shelf.covering(16) is None


@pytest.mark.verifies("DRV-03", "REQ-IN-002")
def test_a_log_that_lost_records_is_not_signed_for(kept_desk: Desk) -> None:
    kept_desk.record(5)
    kept_desk.checkpointer().sign()
    allow_changes(kept_desk.logs)
    position = "rowid" if "sqlite" in kept_desk.logs.dsn else "notification_id"
    kept_desk.logs.sql(f"DELETE FROM records WHERE {position} = 5")  # noqa: S608
    with pytest.raises(IntegrityFailure):
        kept_desk.checkpointer().sign()
    with pytest.raises(IntegrityFailure):
        kept_desk.checkpointer().sign_if_due()


@pytest.mark.verifies("DRV-03", "REQ-IN-002")
def test_a_history_written_anew_is_not_signed_for(kept_desk: Desk) -> None:
    kept_desk.record(5)
    kept_desk.checkpointer().sign()
    allow_changes(kept_desk.logs)
    kept_desk.logs.sql("DELETE FROM records", "DELETE FROM tree_nodes")
    kept_desk.log = kept_desk.logs.open()
    kept_desk.record(7)  # other nonces, so other leaves
    with pytest.raises(ProofInvalid):
        kept_desk.checkpointer().sign()
    # Also where the checkpoints beside the log were removed: the copy outside remembers.
    kept_desk.logs.sql("DELETE FROM checkpoints")
    with pytest.raises(ProofInvalid):
        kept_desk.checkpointer().sign()
    assert kept_desk.shelf.all() == ()
    # Without any outside copy nobody could tell.
    assert kept_desk.checkpointer(outside=False).sign() is not None


@pytest.mark.verifies("DRV-03")
def test_a_database_put_back_from_an_old_copy_is_noticed(desk: Desk) -> None:
    desk.record(5)
    desk.checkpointer().sign()
    old = Logs("memory")
    old.clock = desk.logs.clock
    desk.log, desk.shelf = old.open(), MemoryShelf()
    desk.record(2)
    with pytest.raises(IntegrityFailure, match="5 were signed for"):
        desk.checkpointer().sign()


@pytest.mark.verifies("DRV-35")
def test_a_restored_log_that_equals_the_outside_checkpoint_goes_on(desk: Desk) -> None:
    desk.record(5)
    desk.checkpointer().sign()
    desk.shelf = MemoryShelf()  # the checkpoints beside the log were not restored
    desk.record(1)
    kept = desk.checkpointer().sign()
    assert kept is not None
    assert kept.size == 6


def test_a_changed_checkpoint_is_noticed(kept_desk: Desk) -> None:
    kept_desk.record(5)
    kept_desk.checkpointer().sign()
    allow_changes(kept_desk.logs)
    kept_desk.logs.sql("UPDATE checkpoints SET size = 4")
    with pytest.raises(IntegrityFailure, match="is for another number"):
        kept_desk.checkpointer().sign()
    kept_desk.logs.sql("UPDATE checkpoints SET size = 5")
    kept_desk.checkpointer().sign()
    outside = kept_desk.folder / "5.txt"
    note = outside.read_bytes()
    outside.write_bytes(note.replace(b"\n5\n", b"\n3\n"))
    with pytest.raises(SignatureInvalid):
        kept_desk.checkpointer().sign()
    outside.write_bytes(note)
    assert kept_desk.checkpointer().sign() is not None


def test_a_missing_outside_folder_keeps_nobody_from_signing_and_is_made_good_later(
    desk: Desk,
) -> None:
    desk.record(5)
    desk.folder.rmdir()
    checkpointer = desk.checkpointer()
    kept = checkpointer.sign()
    assert kept == desk.shelf.newest()
    (state,) = desk.copies.states()
    assert (state.size, state.kept_at, state.alarm) == (0, None, "")
    assert "cannot be used" in state.problem
    desk.folder.mkdir()
    checkpointer.sign_if_due()
    assert (desk.folder / "5.txt").exists()
    (state,) = desk.copies.states()
    assert (state.size, state.kept_at, state.problem) == (5, desk.logs.clock.now(), "")
    (desk.folder / "5.txt").unlink()
    checkpointer.sign_if_due()
    assert (desk.folder / "5.txt").exists()
    assert [path.name for path in desk.folder.iterdir()] == ["5.txt"]


def test_what_a_place_shows_against_the_log_is_an_alarm(desk: Desk) -> None:
    desk.record(5)
    desk.checkpointer().sign()
    note = desk.folder / "5.txt"
    note.rename(desk.folder / "7.txt")
    (desk.folder / "7.txt").write_bytes(
        (desk.folder / "7.txt").read_bytes().replace(b"\n5\n", b"\n7\n")
    )
    checkpointer = desk.checkpointer()
    with pytest.raises(SignatureInvalid):
        checkpointer.sign()
    (state,) = desk.copies.states()
    assert "not over this note" in state.alarm


def test_two_processes_may_sign_the_same_tree(kept_desk: Desk) -> None:
    kept_desk.record(5)
    first, second = kept_desk.checkpointer(), kept_desk.checkpointer()
    kept = first.sign()
    assert kept is not None
    assert second.sign() == kept
    kept_desk.shelf.keep(kept)
    kept_desk.record(1)
    second.sign()
    kept_desk.shelf.keep(kept)  # came late; the larger one is kept
    newest = kept_desk.shelf.newest()
    assert newest is not None
    assert newest.size == 6


def test_a_process_that_signs_more_meanwhile_is_no_alarm(kept_desk: Desk) -> None:
    desk = kept_desk
    desk.record(5)
    quick = desk.checkpointer()
    slow = desk.checkpointer()
    log_size = desk.log.size

    def size_before_the_other_signs() -> int:
        found = log_size()
        if found == 5:
            desk.record(3)
            quick.sign()
        return found

    slow._size = size_before_the_other_signs
    signed = slow.sign()
    assert signed is not None
    assert signed.size == 5
    assert slow.sign() == desk.shelf.newest() == quick.sign()
