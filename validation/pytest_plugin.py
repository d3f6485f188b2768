"""The ``verifies`` marker: which numbered requirements a test verifies, and with what outcome.

Rules kept here:

1. A number that is not in the baseline is an error before any test runs.
2. Outcomes travel with pytest's own reports, so a run split over several processes counts the same.
3. Only a run asked to (``--verification=PATH``) writes the report; part of the tests must not
   overwrite what the whole of them said.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from validation.requirements import load_baseline

_PROPERTY = "verifies"


class _Recorder:
    """Collects the outcomes of one run and writes them when it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._outcomes: dict[str, str] = {}
        self._numbers: dict[str, list[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst outcome of a test's set-up, call and clean-up."""
        before = self._outcomes.get(report.nodeid, "passed")
        if report.failed or before == "failed":
            self._outcomes[report.nodeid] = "failed"
        else:
            self._outcomes[report.nodeid] = "skipped" if report.skipped else before
        self._numbers[report.nodeid] = [
            str(value) for name, value in report.user_properties if name == _PROPERTY
        ]

    def pytest_sessionfinish(self) -> None:
        """Write the report: tests by requirement, and how many tests there were."""
        requirements: dict[str, dict[str, str]] = {}
        for test, outcome in self._outcomes.items():
            for number in self._numbers[test]:
                requirements.setdefault(number, {})[test] = outcome
        text = json.dumps(
            {"tests": self._counts(), "requirements": requirements}, indent=1, sort_keys=True
        )
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".unfinished")
        unfinished.write_text(text + "\n", "utf-8")
        unfinished.replace(self._path)

    def _counts(self) -> Mapping[str, int]:
        kinds = ("passed", "failed", "skipped")
        return {kind: sum(each == kind for each in self._outcomes.values()) for kind in kinds}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that asks for the report."""
    parser.addoption(
        "--verification",
        type=Path,
        metavar="PATH",
        help="write which requirements the tests verified to PATH",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker; where this process is the one that hears of every test, record."""
    config.addinivalue_line(
        "markers", "verifies(*numbers): the numbered requirements that this test verifies"
    )
    path: Path | None = config.getoption("--verification")
    if path is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Recorder(path), "verification-recorder")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Attach to each test the numbers it verifies.

    Raises:
        pytest.UsageError: a test names a number that the baseline lacks, or no number at all.
    """
    baseline = load_baseline()
    wrong: list[str] = []
    for item in items:
        numbers: set[str] = set()
        for mark in item.iter_markers(_PROPERTY):
            if not mark.args or mark.kwargs:
                wrong.append(f"{item.nodeid} verifies nothing by number")
            numbers.update(mark.args)
        wrong += [f"{item.nodeid} verifies {n!r}" for n in numbers if n not in baseline]
        item.user_properties += [(_PROPERTY, number) for number in sorted(numbers)]
    if wrong:
        raise pytest.UsageError("requirements not in the baseline:\n  " + "\n  ".join(wrong))
