"""``vultus reproduce``: a recorded inference once more, and how it compares [DRV-20]."""

import argparse

from adapters.workers.reproduction import reproduce_inference
from api.commands.opening import DAMAGED, INTACT, OPERATOR, open_record, say
from api.work import workbench
from domain.errors import NotFound
from domain.events.inference import ReproductionChecked
from domain.values.identifiers import InferenceId


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("inference", help="identifier of the inference")


def run(options: argparse.Namespace) -> int:
    """Run a recorded inference again and record how the result compares [DRV-20]."""
    with open_record() as system:
        record = reproduce_inference(
            workbench(system),
            InferenceId(options.inference),
            actor=OPERATOR,
            correlation=system.randomness.uuid(),
        )
    checked = record.event
    if not isinstance(checked, ReproductionChecked):
        message = "the inference was erased meanwhile"
        raise NotFound(message)
    say(f"{checked.outcome}: {checked.evidence}")
    return INTACT if checked.outcome == "identical" else DAMAGED
