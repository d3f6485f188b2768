"""Kept files are whole, named by their content's causes, and made anew when broken."""

from pathlib import Path

import numpy as np

from device.simulation.assets import Arrays, cache_name, kept


def test_a_kept_file_is_read_and_not_made_again(tmp_path: Path) -> None:
    made = []

    def make() -> Arrays:
        made.append(1)
        return {"values": np.arange(5)}

    for _ in range(3):
        arrays = kept(tmp_path, "thing.npz", make)
        np.testing.assert_array_equal(arrays["values"], np.arange(5))
    assert len(made) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["thing.npz"]


def test_a_broken_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "thing.npz").write_bytes(b"PK\x03\x04 cut short")
    arrays = kept(tmp_path, "thing.npz", lambda: {"values": np.arange(3)})
    np.testing.assert_array_equal(arrays["values"], np.arange(3))
    again = kept(tmp_path, "thing.npz", dict)
    np.testing.assert_array_equal(again["values"], np.arange(3))


def test_without_a_folder_nothing_is_kept() -> None:
    made = []

    def make() -> Arrays:
        made.append(1)
        return {}

    kept(None, "thing.npz", make)
    kept(None, "thing.npz", make)
    assert len(made) == 2


def test_names_differ_with_every_cause() -> None:
    names = {cache_name("view", cause) for cause in (1, 2, "1", (1,))}
    assert len(names) == 4
