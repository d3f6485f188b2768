"""``vultus version``: version, build and libraries."""

import argparse

from api import version


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def run(_options: argparse.Namespace) -> int:
    """Print them."""
    print(f"vultus {version.VERSION} ({version.build()})")
    for each in version.components():
        print(f"  {each}")
    return 0
