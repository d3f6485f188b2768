"""The measurements by name; each is a file of its own with ``arguments`` and ``run``.

Rules kept here:

1. A measurement prints what it measured beside what it is compared with, in the same run.
2. It works in a folder of its own and leaves nothing behind unless told to keep it.
3. Its exit code says whether it could measure, not whether it was fast.
"""

import argparse
from collections.abc import Sequence
from importlib import import_module

BENCHMARKS = {
    "ledger": "appending, verifying, reading: every ratio of the record's speed, on both databases",
    "scale": "a million events: built, verified, rebuilt, and the questions of every screen",
    "soak": "several writers and readers on PostgreSQL with random kills: gaps, doubles, skips",
}
"""Each name, which is also the name of its file, and what it measures."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one measurement and return its exit code."""
    parser = argparse.ArgumentParser(prog="vultus benchmark", description=__doc__)
    names = parser.add_subparsers(title="measurements", metavar="NAME", dest="name", required=True)
    for name, text in BENCHMARKS.items():
        module = import_module(f"validation.benchmarks.{name}")
        one = names.add_parser(name, help=text, description=text)
        module.arguments(one)
        one.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    code: int = options.run(options)
    return code
