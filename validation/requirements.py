"""The requirements baseline, and which requirements passing tests verify.

Rules kept here:

1. ``requirements.toml`` beside this file is the baseline; a number is permanent.
2. Whether a requirement is met is never written down by hand: it follows from the tests that
   say they verify it, in the report that ``validation/pytest_plugin.py`` writes.
3. One failed or skipped test among those that verify a requirement leaves it unverified.
"""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from domain.errors import MalformedInput

BASELINE = Path(__file__).with_name("requirements.toml")
REPORT = Path(__file__).parent.parent / "build" / "verification.json"
_NUMBER = re.compile(r"(REQ-IN-\d{3}|DRV-\d{2})")
_FIELDS = {"id", "statement", "verify", "kind"}


class Method(StrEnum):
    """How a requirement is shown to be met."""

    TEST = "test"
    ANALYSIS = "analysis"
    INSPECTION = "inspection"
    DEMONSTRATION = "demonstration"


class Kind(StrEnum):
    """Where a requirement is made true: here, or in hardware whose evidence is kept here."""

    SOFTWARE = "software"
    HARDWARE = "hardware"


class State(StrEnum):
    """What the tests of one run say about a requirement."""

    VERIFIED = "verified"
    FAILED = "failed"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One numbered statement of what the system shall do."""

    number: str
    statement: str
    verify: tuple[Method, ...]
    kind: Kind

    def __post_init__(self) -> None:
        """Refuse a number of no known form, an empty statement and a missing method."""
        if not _NUMBER.fullmatch(self.number):
            raise MalformedInput(f"{self.number!r} is no requirement number")
        if not self.statement.startswith("The system shall ") or not self.statement.endswith("."):
            raise MalformedInput(f"{self.number} is no sentence of the form 'The system shall …'")
        if not self.verify:
            raise MalformedInput(f"{self.number} names no way to verify it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One requirement and the tests of one run that say they verify it."""

    requirement: Requirement
    state: State
    tests: tuple[str, ...]


def load_baseline(path: Path = BASELINE) -> Mapping[str, Requirement]:
    """Return the requirements of the baseline by number, in its order.

    Raises:
        MalformedInput: an entry is incomplete, doubled or not of a known kind.
    """
    found: dict[str, Requirement] = {}
    for entry in tomllib.loads(path.read_text("utf-8"))["requirement"]:
        if set(entry) != _FIELDS:
            raise MalformedInput(f"the entry {entry.get('id')!r} has the fields {sorted(entry)}")
        try:
            requirement = Requirement(
                number=entry["id"],
                statement=entry["statement"],
                verify=tuple(Method(method) for method in entry["verify"]),
                kind=Kind(entry["kind"]),
            )
        except ValueError as error:
            raise MalformedInput(f"{entry['id']}: {error}") from error
        if requirement.number in found:
            raise MalformedInput(f"{requirement.number} stands twice in the baseline")
        found[requirement.number] = requirement
    return found


def standings(
    baseline: Mapping[str, Requirement], outcomes: Mapping[str, Mapping[str, str]]
) -> Sequence[Standing]:
    """Return where each requirement stands, in the baseline's order.

    Args:
        baseline: The requirements by number.
        outcomes: For each number, the outcome (``passed``, ``failed``, ``skipped``) of each test
            that says it verifies it.
    """
    found = []
    for number, requirement in baseline.items():
        tests = outcomes.get(number, {})
        if not tests:
            state = State.UNTESTED
        elif all(outcome == "passed" for outcome in tests.values()):
            state = State.VERIFIED
        else:
            state = State.FAILED
        found.append(Standing(requirement=requirement, state=state, tests=tuple(sorted(tests))))
    return found


def read_outcomes(report: Path = REPORT) -> Mapping[str, Mapping[str, str]]:
    """Return, for each requirement number, the outcomes of its tests in the last whole run."""
    requirements: Mapping[str, Mapping[str, str]] = json.loads(report.read_text("utf-8"))[
        "requirements"
    ]
    return requirements


def join_reports(parts: Sequence[Path], report: Path) -> None:
    """Write one report of a whole run that was run in parts, each of which tested other things.

    Args:
        parts: The reports of the parts; one that is not there tested nothing.
        report: Where the whole report goes.
    """
    tests: Counter[str] = Counter()
    requirements: dict[str, dict[str, str]] = {}
    for part in (json.loads(each.read_text("utf-8")) for each in parts if each.is_file()):
        tests.update(part["tests"])
        for number, outcomes in part["requirements"].items():
            requirements.setdefault(number, {}).update(outcomes)
    text = json.dumps({"tests": tests, "requirements": requirements}, indent=1, sort_keys=True)
    unfinished = report.with_suffix(".unfinished")
    unfinished.write_text(text + "\n", "utf-8")
    unfinished.replace(report)


def table(found: Sequence[Standing]) -> str:
    """Return the standings as text: one line per requirement that tests name, then the counts."""
    lines = [
        f"{one.requirement.number:<11} {one.state.value:<9} {len(one.tests):>3} "
        f"{'test ' if len(one.tests) == 1 else 'tests'}  {one.requirement.statement}"
        for one in found
        if one.tests
    ]
    untested = [one.requirement.number for one in found if not one.tests]
    if untested:
        lines += ["", "Named by no test yet:", *_wrapped(untested)]
    counts = {state: sum(one.state is state for one in found) for state in State}
    lines += ["", f"{len(found)} requirements: " + _listed(counts)]
    return "\n".join(lines)


def _wrapped(numbers: Sequence[str], per_line: int = 8) -> list[str]:
    rows = range(0, len(numbers), per_line)
    return [
        "  " + " ".join(f"{n:<10}" for n in numbers[at : at + per_line]).rstrip() for at in rows
    ]


def _listed(counts: Mapping[State, int]) -> str:
    return ", ".join(f"{count} {state.value}" for state, count in counts.items())
