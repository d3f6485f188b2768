"""``vultus study``: run a study under its plan, and write cases, result and report.

Rules kept here:

1. Whatever comes out is written, whether the limits were met or not; the exit code says which.
2. A folder that holds a result is not written over: a result stays.
3. A plan that comes with the product becomes, over labelled pictures, the plan of those pictures:
   plan, result and report say whose they are and who labelled them.
4. What is recorded in a clinic's record goes through the interface, by people who sign
   (``/studies``); this command needs no record. The service works every figure out of the cases
   again, and what it would not take in is refused here, before pictures are measured where that
   can be told by then.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from adapters.imaging.determinism import platform_digest
from adapters.studies.case_file import decode_cases, encode_cases
from adapters.studies.evaluation import evaluate
from adapters.studies.observations import Cases
from adapters.studies.submitted import (
    require_bounded,
    require_count,
    require_measured,
    require_of_plan,
)
from api.version import VERSION
from device.simulation.rig import DEMO, FULL, PREVIEW
from domain.errors import MalformedInput, RecordsError
from domain.events.codec import from_plain, to_plain
from domain.ledger import canonical
from domain.values.content import Digest
from domain.values.study import StudyPlan, judge_study
from domain.values.time import ServerTime
from validation.studies.labelled import measure_labelled
from validation.studies.labelled_plan import plan_over, require_output, require_truth
from validation.studies.manifest import Manifest, read_manifest
from validation.studies.measured import MEASURED
from validation.studies.plans import PLANS
from validation.studies.population import Population
from validation.studies.report import render_study
from validation.studies.simulated import MEASURE

RESULT_FORMAT = "vultus/study-result/v1"
LIMIT_MISSED = 1
NOT_RUN = 2
_SIZES = {"preview": PREVIEW, "demo": DEMO, "full": FULL}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one word of the command and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="vultus study", description="Studies of a measurement, under limits fixed before."
    )
    words = parser.add_subparsers(dest="word", required=True)
    words.add_parser("list", help="the plans that come with the product")
    plan = words.add_parser("plan", help="print a plan, to be changed or recorded")
    plan.add_argument("plan", help="a name from the list")
    plan.add_argument("--labelled", type=Path, help="manifest of pictures the plan is to be over")
    run = words.add_parser("run", help="measure, compare with the plan's limits, write a report")
    run.add_argument("plan", help="a name from the list, or a plan's JSON file")
    run.add_argument("--out", type=Path, required=True, help="a new folder for the result")
    source = run.add_mutually_exclusive_group()
    source.add_argument("--cases", type=Path, help="cases measured elsewhere, as JSON")
    source.add_argument("--labelled", type=Path, help="manifest of pictures people labelled")
    run.add_argument("--people", type=int, default=3, help="heads per skin class and light")
    run.add_argument("--repeats", type=int, default=3, help="captures of the same moment")
    run.add_argument("--seed", type=int, default=2026, help="decides who is simulated")
    run.add_argument("--size", choices=sorted(_SIZES), default="demo", help="of the pictures")
    run.add_argument("--cache", type=Path, help="folder for what is dear to render")
    given = parser.parse_args(arguments)
    try:
        return _run(given)
    except RecordsError as error:
        print(f"vultus study: {error}", file=sys.stderr)
        return NOT_RUN


def _run(given: argparse.Namespace) -> int:
    match given.word:
        case "list":
            for name, plan in PLANS.items():
                print(
                    f"{name:<12} {plan.name}, {plan.evidence} evidence, {len(plan.limits)} limits"
                )
            return 0
        case "plan":
            manifest = None if given.labelled is None else read_manifest(given.labelled)
            print(canonical.encode(to_plain(_plan(given.plan, manifest))).decode())
            return 0
        case _:
            return _study(given)


def _study(given: argparse.Namespace) -> int:
    out = Path(given.out)
    if out.exists() and any(out.iterdir()):
        raise MalformedInput(f"study.out: {out.name} holds something; name a new folder")
    manifest = None if given.labelled is None else read_manifest(given.labelled)
    plan = _plan(given.plan, manifest)
    cases = _cases(given, plan, manifest)
    require_truth(plan, cases.origin)
    require_bounded(cases)
    require_of_plan(plan, cases)
    stored = encode_cases(cases)
    figures = evaluate(plan, cases)
    outcomes = judge_study(plan, figures)
    data = Digest.of(stored)
    document = render_study(
        plan,
        cases,
        figures,
        outcomes,
        data=data,
        software=VERSION,
        at=ServerTime(int(datetime.now(UTC).timestamp() * 1_000_000)),
    )
    result = {
        "format": RESULT_FORMAT,
        "plan": to_plain(plan),
        "data": str(data),
        "cases": len(cases.cases),
        "figures": [to_plain(each) for each in figures],
        "software": VERSION,
        "platform": platform_digest(),
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "cases.json").write_bytes(stored)
    (out / "report.pdf").write_bytes(document)
    (out / "result.json").write_bytes(canonical.encode(result))
    for each in outcomes:
        limit = plan.limits[each.limit]
        met = "met   " if each.met else "MISSED"
        print(f"{met} {limit.statistic}, {each.stratum}: {each.evidence}")
    print(f"{len(cases.cases)} cases; {out}/report.pdf")
    return 0 if all(each.met for each in outcomes) else LIMIT_MISSED


def _cases(given: argparse.Namespace, plan: StudyPlan, manifest: Manifest | None) -> Cases:
    if given.cases is not None:
        return decode_cases(_read(given.cases))
    if manifest is not None:
        require_output(plan, manifest)
        require_truth(plan, manifest.origin)  # before pictures are measured for long
        _require_measured(plan)
        require_count(len(manifest.cases))
        return measure_labelled(manifest, _say)
    measure = MEASURE.get(plan.output)
    if measure is None:
        raise MalformedInput(
            f"study.output: {plan.output} is not measured on the simulated station; give cases"
        )
    _require_measured(plan)
    if given.people < 1 or given.repeats < 2:  # noqa: PLR2004 - a repeat is a second one
        raise MalformedInput("study.population: one person and two repeats at least")
    population = Population(
        seed=given.seed,
        people=given.people,
        repeats=given.repeats,
        resolution=_SIZES[given.size],
        cache=given.cache,
    )
    return measure(population, _say)


def _require_measured(plan: StudyPlan) -> None:
    """Refuse a plan about another version than this build measures with."""
    if plan.output in MEASURED:
        require_measured(plan, MEASURED[plan.output])


def _plan(name: str, manifest: Manifest | None) -> StudyPlan:
    if name in PLANS:
        return PLANS[name] if manifest is None else plan_over(PLANS[name], manifest)
    plan: StudyPlan = from_plain(StudyPlan, canonical.parse(_read(Path(name))))
    return plan


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MalformedInput(f"study.file: {path.name} cannot be read: {error.strerror}") from error


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr)
