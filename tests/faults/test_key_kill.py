"""A process that is killed while it makes or destroys keys, at every step in turn."""

from pathlib import Path

import pytest

from adapters.keys.master_key import create_master_key_file, load_master_key_file
from domain.errors import ContentErased, NotFound, RuleViolation
from tests.adapters.keys.rings import open_ring, subject_key
from tests.faults.failing_disk import watched
from tests.faults.killed import KEY
from tests.faults.test_blob_kill import killed


def test_a_master_key_is_whole_or_absent_wherever_its_maker_was_killed(tmp_path: Path) -> None:
    made = []
    for folder in killed("make_master_key", tmp_path):
        path = folder / "master.key"
        made.append(path.exists())
        if made[-1]:
            assert load_master_key_file(path).identity
            with pytest.raises(RuleViolation):
                create_master_key_file(path)
        else:
            with pytest.raises(NotFound):
                load_master_key_file(path)
            create_master_key_file(path)
    assert made == sorted(made)
    assert {False, True} == set(made)


def test_a_key_is_usable_or_absent_wherever_its_maker_was_killed(tmp_path: Path) -> None:
    made = []
    for folder in killed("create_key", tmp_path):
        with open_ring(folder) as ring:
            made.append(KEY in ring.living())
            if not made[-1]:
                with pytest.raises(NotFound):
                    ring.derive(KEY, b"")
                ring.create(KEY)
            assert ring.derive(KEY, b"")
            assert ring.living() == (KEY,)
        assert not [path for path in (folder / "keys").rglob("*") if path.suffix == ".part"]
    assert made == sorted(made)
    assert {False, True} == set(made)


@pytest.mark.verifies("DRV-10")
def test_a_key_is_usable_or_destroyed_wherever_its_destroyer_was_killed(tmp_path: Path) -> None:
    destroyed = []
    for folder in killed("destroy_key", tmp_path):
        with open_ring(folder) as ring:
            destroyed.append(ring.destroyed(KEY))
            if destroyed[-1]:
                with pytest.raises(ContentErased):
                    ring.derive(KEY, b"")
                with pytest.raises(ContentErased):
                    ring.create(KEY)
            else:
                assert ring.derive(KEY, b"") == (folder / "derived").read_bytes()
                ring.destroy(KEY)
        kept = [path.suffix for path in (folder / "keys" / "subject").iterdir()]
        assert kept == [".destroyed"]
    assert destroyed == sorted(destroyed)
    assert {False, True} == set(destroyed)


@pytest.mark.verifies("DRV-10")
def test_a_tombstone_is_durable_before_the_key_is_touched(tmp_path: Path) -> None:
    key = subject_key("order")
    with open_ring(tmp_path) as ring:
        ring.create(key)
        folder, name = tmp_path / "keys" / "subject", key.removeprefix("subject:")
        with watched() as disk:
            ring.destroy(key)
    file, tombstone = folder / f"{name}.key", folder / f"{name}.destroyed"
    steps = [(step.call, step.path) for step in disk.steps]
    named = steps.index(("link", tombstone))
    durable = steps.index(("fsync", folder), named)
    overwritten = steps.index(("write", file))
    assert ("fsync", disk.steps[named].other) in steps[:named]
    assert named < durable < overwritten
    assert steps[overwritten:] == [
        ("write", file),
        ("fsync", file),
        ("unlink", file),
        ("open", folder),
        ("fsync", folder),
    ]
