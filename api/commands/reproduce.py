"""``vultus reproduce``: recorded computations once more, and how they compare [DRV-20].

Rules kept here:

1. One run that is named is repeated and the comparison recorded.
2. With ``--all`` every recorded computation is repeated and nothing is recorded, so that it can be
   done on a restored copy; the exit code tells whether everything that was repeated is identical.
   What is passed over, because nothing of it is kept, is told with the reason.
"""

import argparse
from collections import Counter

from adapters.repeating.recording import reproduce_inference
from adapters.repeating.repeated import PassedOver
from adapters.repeating.table import repeat_all
from api.commands.opening import DAMAGED, INTACT, OPERATOR, open_record, say
from api.work import workbench
from domain.errors import MalformedInput, NotFound
from domain.events.inference import ReproductionChecked
from domain.values.identifiers import InferenceId


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("inference", nargs="?", help="identifier of the inference")
    parser.add_argument("--all", action="store_true", help="every recorded computation")


def run(options: argparse.Namespace) -> int:
    """Run one recorded inference again, or everything that was ever computed [DRV-20]."""
    if options.all == (options.inference is not None):
        raise MalformedInput("name one inference, or say --all")
    return _run_all() if options.all else _run_one(InferenceId(options.inference))


def _run_one(inference: InferenceId) -> int:
    with open_record() as system:
        record = reproduce_inference(
            workbench(system),
            inference,
            actor=OPERATOR,
            correlation=system.randomness.uuid(),
        )
    checked = record.event
    if not isinstance(checked, ReproductionChecked):
        message = "the inference was erased meanwhile"
        raise NotFound(message)
    say(f"{checked.outcome}: {checked.evidence}")
    return INTACT if checked.outcome == "identical" else DAMAGED


def _run_all() -> int:
    counts: Counter[str] = Counter()
    over: Counter[str] = Counter()
    with open_record(copies=True) as system:
        for each in repeat_all(workbench(system)):
            if isinstance(each, PassedOver):
                over[each.why] += 1
                print(f"{each.seq}\t{each.what}\tpassed over\t{each.of}\t{each.why}")
                continue
            counts[each.outcome.value] += 1
            print(f"{each.seq}\t{each.what}\t{each.outcome.value}\t{each.of}\t{each.evidence}")
    total = sum(counts.values())
    say(f"{total} recorded computations executed again: {_listed(counts) or 'none'}")
    if over:
        say(f"{over.total()} passed over: {_listed(over)}")
    return INTACT if counts["identical"] == total else DAMAGED


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
