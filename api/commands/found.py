"""``vultus found``: begin a clinic's record with the clinic and its first administrator."""

import argparse
import getpass
import sys

from adapters.one_time_password import provisioning_uri
from api.commands.opening import OPERATOR, open_record, say
from api.founding import LEAST_PASSWORD, Founding, found, founded
from domain.errors import MalformedInput


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("--clinic", required=True, metavar="NAME", help="the clinic's name")
    parser.add_argument(
        "--time-zone", required=True, metavar="ZONE", help="its time zone: Australia/Sydney"
    )
    parser.add_argument("--account", required=True, help="the first administrator's account")
    parser.add_argument("--name", required=True, help="the administrator's name on screens")
    parser.add_argument("--profession", default="practice manager", help="%(default)s")


def run(options: argparse.Namespace) -> int:
    """Found the record; print the one-time-password address once."""
    founding = Founding(
        clinic=options.clinic,
        time_zone=options.time_zone,
        account=options.account,
        name=options.name,
        profession=options.profession,
    )
    with open_record() as system:
        if not founded(system):
            say(f"This begins the record of {founding.clinic} in {system.settings.data}.")
        secret = found(system, founding, password=_password(founding.account), by=OPERATOR)
        system.runner.catch_up()
    print(provisioning_uri(secret, issuer="Vultus", account=founding.account))
    say("Give the address above to an authenticator application; it is shown once.")
    say("Then: ./vultus serve. Sign in, choose a password of your own, and register everybody else")
    say("under People; a second administrator there can help you when a phone is lost.")
    return 0


def _password(account: str) -> str:
    """Ask for a new password, twice at a terminal; never an argument."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass(f"New password of {account}, at least {LEAST_PASSWORD} characters: ")
    if getpass.getpass("The same again: ") != password:
        raise MalformedInput("the two passwords differ; nothing was recorded")
    return password
