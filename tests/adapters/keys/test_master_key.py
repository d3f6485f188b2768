"""The master key in its file: made once, refused when it is not what it should be."""

from pathlib import Path

import pytest

from adapters.keys.master_key import create_master_key_file, load_master_key_file
from domain.errors import DigestMismatch, MalformedInput, NotFound, RuleViolation

HEADER = b"vultus/master-key/v1\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a master key may lie."""
    return tmp_path / "secrets" / "master.key"


def test_a_master_key_unwraps_after_loading_what_it_wrapped_before(path: Path) -> None:
    created = create_master_key_file(path)
    wrapped = created.wrap(bytes(range(32)), b"context")
    loaded = load_master_key_file(path)
    assert loaded.identity == created.identity
    assert loaded.algorithm == "A256GCM"
    assert loaded.unwrap(wrapped, b"context") == bytes(range(32))
    with pytest.raises(DigestMismatch):
        loaded.unwrap(wrapped, b"another context")
    with pytest.raises(DigestMismatch):
        loaded.unwrap(wrapped[:12], b"context")


def test_every_master_key_is_another(tmp_path: Path) -> None:
    first, second = (create_master_key_file(tmp_path / name) for name in ("first", "second"))
    assert first.identity != second.identity
    with pytest.raises(DigestMismatch):
        second.unwrap(first.wrap(bytes(32), b""), b"")


def test_a_master_key_is_never_replaced(path: Path) -> None:
    identity = create_master_key_file(path).identity
    with pytest.raises(RuleViolation, match="there already"):
        create_master_key_file(path)
    assert load_master_key_file(path).identity == identity


def test_a_missing_master_key_is_not_found(path: Path) -> None:
    with pytest.raises(NotFound):
        load_master_key_file(path)


@pytest.mark.verifies("REQ-IN-217")
def test_a_master_key_that_others_may_read_is_refused(path: Path) -> None:
    create_master_key_file(path)
    path.chmod(0o644)
    with pytest.raises(RuleViolation, match="mode 644"):
        load_master_key_file(path)


@pytest.mark.verifies("REQ-IN-217")
def test_nothing_that_may_be_logged_shows_the_key(path: Path) -> None:
    master = create_master_key_file(path)
    key = path.read_bytes()[len(HEADER) :][:32]
    shown = f"{master!r} {master} {master.identity} {master.algorithm}"
    path.write_bytes(HEADER + key + bytes(8))
    with pytest.raises(DigestMismatch) as refusal:
        load_master_key_file(path)
    shown += f"{refusal.value!r}"
    assert key.hex() not in shown
    assert repr(key) not in shown
    assert not hasattr(master, "__dict__")


def test_every_damaged_byte_of_the_file_is_found(path: Path) -> None:
    create_master_key_file(path)
    whole = path.read_bytes()
    assert whole.startswith(HEADER)
    assert len(whole) == len(HEADER) + 32 + 8
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x40
        path.write_bytes(damaged)
        with pytest.raises(MalformedInput if at < len(HEADER) else DigestMismatch):
            load_master_key_file(path)
    for wrong_size in (b"", whole[:-1], whole + b"\0", whole[len(HEADER) :]):
        path.write_bytes(wrong_size)
        with pytest.raises(MalformedInput):
            load_master_key_file(path)
