"""Every check and test, as one command for people and for continuous integration.

Rules kept here:

1. Nothing is left out silently: what a shorter run leaves out is said, and what is missing (a
   database, a browser, Node) fails.
2. Every check runs although another failed; the exit status is 0 only if none did.
3. The last line counts what passed and failed: each test, and each check as one.
4. The domain's own tests take every branch of it and are the only ones measured: tracing every
   line costs a test as long again, and no figure is asked of other code.
"""

import argparse
import functools
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from api.ui_build import ensure_ui, install_packages, run_npm
from domain.errors import Unavailable
from validation.dependencies import disagreements
from validation.requirements import (
    REPORT,
    join_reports,
    load_baseline,
    read_outcomes,
    standings,
    table,
)

ROOT = Path(__file__).parent.parent
COVERAGE = ROOT / "build" / "coverage"
DOMAIN = "tests/domain"
_PROGRAMS = Path(sys.prefix) / "bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a check ended, and what it printed."""

    passed: bool
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: its name on the command line, what it ensures, and how."""

    name: str
    ensures: str
    run: Callable[[], Result]


def _command(*arguments: str) -> Result:
    """Run an installed program at the root of the checkout."""
    done = subprocess.run(
        [str(_PROGRAMS / arguments[0]), *arguments[1:]],
        check=False,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Result(passed=done.returncode == 0, output=done.stdout)


def _program(*arguments: str) -> Callable[[], Result]:
    return functools.partial(_command, *arguments)


def _pins() -> Result:
    found = disagreements(ROOT)
    return Result(passed=not found, output="\n".join(found))


def _interface() -> Result:
    """Check the types of the web interface, run its unit tests and build it."""
    folder = ROOT / "ui"
    if not (folder / "package.json").is_file():
        return Result(passed=False, output="ui/package.json is missing")
    said: list[str] = []
    try:
        install_packages(folder, development=True, progress=said.append)
        said += [run_npm(["run", script], folder) for script in ("typecheck", "test")]
        ensure_ui(ROOT, said.append)
    except Unavailable as error:
        return Result(passed=False, output="\n".join([*said, str(error)]))
    return Result(passed=True, output="\n".join(said))


# The longest first, so that two at a time end soonest.
CHECKS = (
    Check(name="types", ensures="every type agrees (mypy --strict)", run=_program("mypy")),
    Check(name="ui", ensures="the web interface: types, unit tests, build", run=_interface),
    Check(name="layers", ensures="imports go one way", run=_program("lint-imports", "--no-logo")),
    Check(name="style", ensures="every rule of ruff is kept", run=_program("ruff", "check")),
    Check(name="format", ensures="ruff format", run=_program("ruff", "format", "--check")),
    Check(name="pins", ensures="requirements/ and pyproject.toml agree", run=_pins),
)


def run_checks(checks: Sequence[Check]) -> Mapping[str, bool]:
    """Run checks two at a time, say of each how it ended, and return which passed."""
    passed: dict[str, bool] = {}
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = {pool.submit(_timed, check): check for check in checks}
        for future in as_completed(running):
            check, (result, seconds) = running[future], future.result()
            passed[check.name] = result.passed
            _say(check, result, seconds)
    return passed


def _timed(check: Check) -> tuple[Result, float]:
    begun = time.monotonic()
    return check.run(), time.monotonic() - begun


def _say(check: Check, result: Result, seconds: float) -> None:
    verdict = "ok    " if result.passed else "FAILED"
    print(f"{verdict} {seconds:6.1f} s  {check.name:<8} {check.ensures}", flush=True)
    if not result.passed:
        print("".join(f"    {line}\n" for line in result.output.splitlines()), flush=True)


def run_tests(arguments: Sequence[str], *, report: Path, measured: bool) -> Mapping[str, int]:
    """Run pytest over two processes, and return how many tests passed, failed and were skipped.

    Args:
        arguments: More arguments for pytest.
        report: Where the run says which requirements its tests verified.
        measured: Whether to measure which branches of ``domain/`` they take.
    """
    command = ["-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "--durations", "5"]
    report.unlink(missing_ok=True)
    if measured:
        shutil.rmtree(COVERAGE, ignore_errors=True)
        COVERAGE.mkdir(parents=True)
        command = ["-m", "coverage", "run", *command]
    done = subprocess.run(
        [sys.executable, *command, f"--verification={report}", *arguments], check=False, cwd=ROOT
    )
    counts: dict[str, int] = {"passed": 0, "failed": 0, "skipped": 0}
    if report.is_file():
        counts |= json.loads(report.read_text("utf-8"))["tests"]
    if done.returncode and not counts["failed"]:
        counts["failed"] = 1  # pytest itself failed, so no test of its could say so
    return counts


def coverage_of_the_domain() -> Result:
    """Join what all processes measured, and ask for every branch of the domain."""
    joined = _command("coverage", "combine", "--quiet")
    if not joined.passed:
        return joined
    return _command("coverage", "report", "--show-missing", "--fail-under=100")


COVERAGE_CHECK = Check(
    name="coverage", ensures="the tests of domain/ take every branch", run=coverage_of_the_domain
)


def whole() -> int:
    """Run every check and test, and return the exit status."""
    passed = dict(run_checks(CHECKS))
    print(flush=True)
    reports = [REPORT.with_name(f"verification-{each}.json") for each in ("domain", "rest")]
    counts = Counter(run_tests([DOMAIN], report=reports[0], measured=True))
    passed |= run_checks([COVERAGE_CHECK])
    print(flush=True)
    counts += Counter(run_tests([f"--ignore={DOMAIN}"], report=reports[1], measured=False))
    print(flush=True)
    join_reports(reports, REPORT)
    print(table(standings(load_baseline(), read_outcomes(REPORT))).splitlines()[-1])
    return _close(passed, counts)


def part(patterns: Sequence[str]) -> int:
    """Run the quick checks and tests, or only the tests that match, and return the exit status."""
    report = REPORT.with_name("verification-of-a-part.json")
    if patterns:
        return _close({}, run_tests(_selection(patterns), report=report, measured=False))
    passed = run_checks([check for check in CHECKS if check.name != "ui"])
    print(flush=True)
    quick = ["-m", "not browser and not slow"]
    counts = run_tests(quick, report=report, measured=False)
    print("Left out: the web interface, tests in a browser, slow tests, coverage")
    return _close(passed, counts)


def _selection(patterns: Sequence[str]) -> Sequence[str]:
    """Return pytest's arguments for files, folders and tests given by path, and words for names."""
    places = [each for each in patterns if (ROOT / each.split("::")[0]).exists()]
    words = [each for each in patterns if each not in places]
    return [*places, *(["-k", " or ".join(words)] if words else [])]


def _close(passed: Mapping[str, bool], counts: Mapping[str, int]) -> int:
    failed = sorted(name for name, each in passed.items() if not each)
    if failed:
        print("Failed checks: " + ", ".join(failed))
    good = counts["passed"] + len(passed) - len(failed)
    bad = counts["failed"] + len(failed)
    left = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    print(f"{good} passed, {bad} failed{left}", flush=True)
    return 1 if bad or not good else 0


def main() -> int:
    """Run ``vultus test`` or ``vultus check``."""
    os.chdir(ROOT)
    names = [each.name for each in CHECKS]
    parser = argparse.ArgumentParser(prog="vultus", description="Check and test everything.")
    commands = parser.add_subparsers(dest="command", required=True)
    test = commands.add_parser("test", help="every check and test")
    test.add_argument("--fast", action="store_true", help="leave out what takes long, and say so")
    test.add_argument("patterns", nargs="*", help="only tests at these paths or with these words")
    check = commands.add_parser("check", help="checks without tests")
    check.add_argument(
        "names",
        nargs="*",
        help=f"of {', '.join(names)}; 'requirements' prints what the last whole run verified",
    )
    options = parser.parse_args()
    if options.command == "test":
        return part(options.patterns) if options.fast or options.patterns else whole()
    if options.names == ["requirements"]:
        if not REPORT.is_file():
            parser.error("no whole run of the tests is recorded; run ./vultus test first")
        print(table(standings(load_baseline(), read_outcomes(REPORT))))
        return 0
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error(f"there is no check named {', '.join(sorted(unknown))}")
    chosen = [each for each in CHECKS if not options.names or each.name in options.names]
    return _close(run_checks(chosen), {"passed": 0, "failed": 0, "skipped": 0})


if __name__ == "__main__":
    sys.exit(main())
