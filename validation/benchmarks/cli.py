"""The measurements by name; each is a file of its own with ``arguments`` and ``run``.

Rules kept here:

1. A measurement prints what it measured beside what it is compared with, in the same run.
2. It works in a folder of its own and leaves nothing behind unless told to keep it.
3. Its exit code says whether it could measure, not whether it was fast.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

BENCHMARKS = {
    "start": "from a fresh checkout to the sign-in page, and a second time without a network",
    "blobs": "storing and reading content: object storage beside a folder",
    "imaging": "accuracy and time of depth and what follows from it, beside their targets",
    "gates": "each fault of a station caught by the gate that owns it, clean captures passing",
    "ledger": "appending, verifying, reading: every ratio of the record's speed, on both databases",
    "scale": "a million events: built, verified, rebuilt, and the questions of every screen",
    "capacity": "what 1, 100 and 10,000 clinics take, reckoned from what is measured here",
    "crash": "a day of a record, killed at every place where it changes a disk or a database",
    "soak": "several writers and readers on PostgreSQL with random kills: gaps, doubles, skips",
}
"""Each name, which is also the name of its file, and what it measures."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one measurement and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="vultus benchmark",
        description="Measure, with both sides of every ratio in the same run.",
    )
    names = parser.add_subparsers(title="measurements", metavar="NAME", required=True)
    own = {each: names.add_parser(each, help=text) for each, text in BENCHMARKS.items()}
    name = given[0] if given and given[0] in BENCHMARKS else None
    if name is None:
        parser.parse_args(given)  # says what there is, and ends
        return 0
    module = import_module(f"validation.benchmarks.{name}")  # each is heavy in its own way
    module.arguments(own[name])
    code: int = module.run(parser.parse_args(given))
    return code
