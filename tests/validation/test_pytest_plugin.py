"""The marker ties tests to numbered requirements, and the report says how they ended."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_HEAD = "import pytest\nimport warnings\n"
_GOOD = '@pytest.mark.verifies("DRV-01", "DRV-02")\ndef test_good() -> None: pass\n'
_BAD = '@pytest.mark.verifies("DRV-02")\ndef test_bad() -> None: assert False\n'
_LEFT = '@pytest.mark.verifies("DRV-03")\n@pytest.mark.skip(reason="no")\ndef test_left(): pass\n'
_UNCLEAN = """
@pytest.fixture
def unclean():
    yield
    raise OSError

@pytest.mark.verifies("DRV-04")
def test_unclean(unclean): pass
"""
_PLAIN = "def test_plain() -> None: pass\n"


def _run(folder: Path, source: str, *options: str) -> "subprocess.CompletedProcess[str]":
    (folder / "test_it.py").write_text(_HEAD + source, "utf-8")
    plugins = ["-p", "validation.pytest_plugin", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", *plugins, *options, "test_it.py"],
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("processes", ["0", "2"])
def test_the_report_names_each_requirements_tests_and_how_they_ended(
    tmp_path: Path, processes: str
) -> None:
    report = tmp_path / "build" / "report.json"
    source = _GOOD + _BAD + _LEFT + _UNCLEAN + _PLAIN
    done = _run(tmp_path, source, f"--verification={report}", "-n", processes)
    assert done.returncode == 1, done.stdout
    assert json.loads(report.read_text("utf-8")) == {
        "requirements": {
            "DRV-01": {"test_it.py::test_good": "passed"},
            "DRV-02": {"test_it.py::test_bad": "failed", "test_it.py::test_good": "passed"},
            "DRV-03": {"test_it.py::test_left": "skipped"},
            "DRV-04": {"test_it.py::test_unclean": "failed"},
        },
        "tests": {"passed": 2, "failed": 2, "skipped": 1},
    }
    assert list(report.parent.iterdir()) == [report]


def test_without_the_option_no_report_is_written(tmp_path: Path) -> None:
    assert _run(tmp_path, _GOOD).returncode == 0
    assert not list(tmp_path.glob("**/*.json"))


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        ('@pytest.mark.verifies("DRV-99")', "verifies 'DRV-99'"),
        ("@pytest.mark.verifies()", "verifies nothing by number"),
    ],
)
def test_a_number_that_is_not_in_the_baseline_stops_the_run(
    tmp_path: Path, marker: str, complaint: str
) -> None:
    done = _run(tmp_path, f"{marker}\n{_PLAIN}")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert complaint in done.stderr
