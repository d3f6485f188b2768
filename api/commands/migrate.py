"""``vultus migrate``: the database's tables, up to date."""

import argparse

from adapters.database import migrate
from api.commands.opening import say
from api.settings import from_environment


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def run(_options: argparse.Namespace) -> int:
    """Bring the tables up to date."""
    migrate(from_environment().database)
    say("the tables are up to date")
    return 0
