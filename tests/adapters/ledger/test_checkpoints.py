"""Checkpoints that are kept stay as they are."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.database import open_engine
from adapters.ledger.checkpoints import (
    CheckpointShelf,
    DatabaseShelf,
    KeptCheckpoint,
    MemoryShelf,
    OutsideFolder,
)
from domain.errors import IntegrityFailure, Unavailable
from tests.contracts.logs import START, Logs

KEPT = KeptCheckpoint(size=5, signed_at=START, note=b"note of five")


@pytest.fixture
def shelf(logs: Logs) -> CheckpointShelf:
    """Return an empty shelf of each kind."""
    return DatabaseShelf(logs.engine()) if logs.kept else MemoryShelf()


def test_another_checkpoint_of_the_same_size_is_refused(shelf: CheckpointShelf) -> None:
    assert (shelf.newest(), shelf.covering(0), shelf.all()) == (None, None, ())
    shelf.keep(KEPT)
    shelf.keep(KEPT)
    with pytest.raises(IntegrityFailure):
        shelf.keep(replace(KEPT, note=b"another"))
    assert shelf.all() == (KEPT,)


def test_a_database_that_is_away_is_unavailable(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/none.db")
    shelf = DatabaseShelf(engine)
    with pytest.raises(Unavailable):
        shelf.newest()
    with pytest.raises(Unavailable):
        shelf.keep(KEPT)


def test_a_folder_outside_keeps_what_it_has(tmp_path: Path) -> None:
    outside = OutsideFolder(tmp_path)
    assert outside.newest() is None
    outside.keep(5, b"five")
    outside.keep(12, b"twelve")
    outside.keep(5, b"five")
    with pytest.raises(IntegrityFailure):
        outside.keep(5, b"another five")
    (tmp_path / "notes.md").write_text("kept by the custodian")
    assert outside.newest() == b"twelve"
    assert outside.has(5)
    assert not outside.has(6)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["12.txt", "5.txt", "notes.md"]


def test_a_folder_outside_is_never_made(tmp_path: Path) -> None:
    outside = OutsideFolder(tmp_path / "not mounted")
    for use in (outside.newest, lambda: outside.keep(1, b"note")):
        with pytest.raises(Unavailable):
            use()
    assert not (tmp_path / "not mounted").exists()
