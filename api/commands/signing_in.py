"""A person at the terminal: who proves at the keyboard what a browser would ask.

Rules kept here:

1. The terminal asks for what the screen asks for, and the record keeps it the same way: the
   sign-in, a failed one, a permission that was missing, and the end.
2. A password is never an argument and never shown; without a terminal, password and code are the
   first two lines of the input.
"""

import getpass
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from api.permissions import Permission
from api.proving import leave, prove
from api.signin import Person, require
from api.wiring import System
from domain.errors import MalformedInput


@contextmanager
def signed_in(
    system: System, account: str, permission: Permission, *, resource: str
) -> Iterator[Person]:
    """Sign the person behind an account in for as long as something is done in their name.

    Args:
        system: Whose record it is.
        account: The account.
        permission: What they must be allowed.
        resource: What it is needed for, as the record names it if they are not.

    Raises:
        NotSignedIn: account, password and code do not go together, or the account is locked.
        NotPermitted: none of their roles allows it.
    """
    password, code = _asked(account)
    person = prove(system, account=account, password=password, code=code)
    try:
        require(system, person, permission, resource=resource)
        yield person
    finally:
        leave(system, person)


def _asked(account: str) -> tuple[str, str]:
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password of {account}: ")
        code = getpass.getpass("One-time code: ")
    else:
        password, code = (sys.stdin.readline().rstrip("\r\n") for _ in range(2))
    if not password or re.fullmatch("[0-9]{6}", code.strip(), re.ASCII) is None:
        raise MalformedInput("a sign-in takes the password, then the six digits of the code")
    return password, code.strip()
