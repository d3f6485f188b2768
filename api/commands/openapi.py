"""``vultus openapi``: the description of the HTTP interface."""

import argparse
from pathlib import Path

from api.openapi import description


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("--out", type=Path, default=None, help="file to write instead")


def run(options: argparse.Namespace) -> int:
    """Print or write the description."""
    text = description()
    if options.out is None:
        print(text, end="")
    else:
        options.out.write_text(text)
    return 0
