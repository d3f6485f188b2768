"""A folder outside keeps what it has and is never made."""

from pathlib import Path

import pytest

from adapters.ledger import outside_folder
from adapters.ledger.checkpoints import KeptCheckpoint
from adapters.ledger.outside_folder import OutsideFolder
from domain.errors import IntegrityFailure, Unavailable
from tests.contracts.logs import START


def kept(size: int, note: bytes) -> KeptCheckpoint:
    return KeptCheckpoint(size=size, signed_at=START, note=note)


def test_a_folder_outside_keeps_what_it_has(tmp_path: Path) -> None:
    outside = OutsideFolder(tmp_path)
    assert outside.newest() is None
    assert outside.keep(kept(5, b"five")) == ()
    outside.keep(kept(12, b"twelve"))
    outside.keep(kept(5, b"five"))
    with pytest.raises(IntegrityFailure):
        outside.keep(kept(5, b"another five"))
    (tmp_path / "notes.md").write_text("kept by the custodian")
    outside.keep_file("12.aabbccdd.txt", b"twelve, cosigned")
    assert outside.newest() == b"twelve"
    assert OutsideFolder(tmp_path).newest() == b"twelve"
    assert outside.has(5)
    assert not outside.has(6)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "12.aabbccdd.txt",
        "12.txt",
        "5.txt",
        "notes.md",
    ]


def test_a_folder_outside_is_never_made(tmp_path: Path) -> None:
    outside = OutsideFolder(tmp_path / "not mounted")
    for use in (outside.newest, lambda: outside.keep(kept(1, b"note"))):
        with pytest.raises(Unavailable):
            use()
    assert not (tmp_path / "not mounted").exists()


def test_what_somebody_else_put_or_took_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = OutsideFolder(tmp_path)
    outside.keep(kept(5, b"five"))
    assert outside.newest() == b"five"
    (tmp_path / "9.txt").write_bytes(b"nine")
    assert outside.newest() == b"five"  # not listed again yet
    monkeypatch.setattr(outside_folder, "LIST_EVERY_S", -1.0)
    assert outside.newest() == b"nine"
    monkeypatch.undo()
    (tmp_path / "9.txt").unlink()
    with pytest.raises(Unavailable):
        outside.newest()
    assert outside.newest() == b"five"
