"""Requirement files pin what pyproject.toml asks for, and disagreement is noticed."""

import shutil
from pathlib import Path

import pytest

from validation.dependencies import ROOT, Pin, disagreements, read_pins


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the files that must agree."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_requirement_files_and_pyproject_agree() -> None:
    assert not disagreements()


def test_a_dependency_without_a_pin_is_noticed(copy: Path) -> None:
    _edit(copy / "pyproject.toml", "dependencies = [", 'dependencies = [\n    "left-behind>=1",')
    assert disagreements(copy) == [
        "run.txt: left-behind is not pinned",
        "development.txt: left-behind is not pinned",
    ]


def test_a_pin_outside_its_bounds_is_noticed(copy: Path) -> None:
    _edit(copy / "pyproject.toml", '"scikit-image>=0.26,<0.27"', '"scikit-image>=0.27"')
    assert disagreements(copy) == [
        "photographs.txt: scikit-image is pinned at 0.26.0, outside >=0.27"
    ]


def test_a_pin_whose_dependency_is_gone_is_noticed(copy: Path) -> None:
    _edit(copy / "pyproject.toml", '"scikit-image>=0.26,<0.27"', "")
    assert disagreements(copy) == [
        "photographs.txt: scikit-image is pinned for pyproject.toml, which does not ask for it"
    ]


def test_a_choice_that_differs_between_running_and_testing_is_noticed(copy: Path) -> None:
    text = (copy / "requirements" / "run.txt").read_text("utf-8")
    pin = next(pin for pin in read_pins(text) if pin.name == "h11")
    _edit(copy / "requirements" / "run.txt", f"h11=={pin.version}", "h11==0.0.1")
    assert disagreements(copy) == ["development.txt: h11 is not 0.0.1 as in run.txt"]


def test_a_pin_without_a_hash_is_noticed(copy: Path) -> None:
    (copy / "requirements" / "photographs.txt").write_text("scikit-image==0.26.0\n", "utf-8")
    assert disagreements(copy) == ["photographs.txt: scikit-image 0.26.0 has no hash"]


def test_pins_are_read_with_markers_and_names_in_any_spelling() -> None:
    digest = "0" * 64
    text = (
        f"Num_Py==2.0 ; python_version < '3.12' \\\n    --hash=sha256:{digest} \\\n"
        f"    --hash=sha256:{digest}\n    # via vultus (pyproject.toml)\n"
        f"other==1\n    # via num-py\n"
    )
    assert read_pins(text) == [
        Pin(name="num-py", version="2.0", hashes=2, direct=True),
        Pin(name="other", version="1", hashes=0, direct=False),
    ]
