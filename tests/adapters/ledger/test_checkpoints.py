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
    same_text,
)
from domain.errors import IntegrityFailure, Unavailable
from domain.ledger.checkpoint import NoteSignature, with_signatures
from tests.contracts.logs import START, Logs

LINE = NoteSignature(name="w", key_id=bytes(4), signature=b"\x00\x01")
NOTE = "log\n5\n\n— log AAAAAAA=\n".encode()
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


def test_a_cosignature_is_given_out_with_its_checkpoint(shelf: CheckpointShelf) -> None:
    first = replace(KEPT, note=NOTE)
    later = KeptCheckpoint(size=9, signed_at=START, note=NOTE.replace(b"5", b"9"))
    shelf.keep(first)
    shelf.keep(later)
    assert shelf.cosigned() is None
    shelf.cosign(5, [LINE])
    shelf.cosign(5, [LINE, replace(LINE, name="w2")])
    cosigned = NOTE + "— w AAAAAAAB\n— w2 AAAAAAAB\n".encode()
    assert shelf.cosigned() == replace(first, note=cosigned)
    assert shelf.all() == (replace(first, note=cosigned), later)
    assert shelf.newest() == later
    assert shelf.covering(3) == replace(first, note=cosigned)
    shelf.keep(first)  # the log's own line alone is the same checkpoint
    assert shelf.cosigned() == replace(first, note=cosigned)


def test_notes_are_compared_by_what_they_sign() -> None:
    assert same_text(NOTE, with_signatures(NOTE, [LINE]))
    assert not same_text(NOTE, NOTE.replace(b"5", b"6"))
    assert not same_text(NOTE, b"no note")
    assert same_text(b"no note", b"no note")
