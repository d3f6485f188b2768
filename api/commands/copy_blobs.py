"""``vultus copy-blobs``: every stored content to another folder or bucket, sealed as it is."""

import argparse
import os

from adapters.blobs.bucket import open_blobs
from adapters.blobs.copying import Copied, copy_contents, named_contents
from api.commands.opening import DAMAGED, INTACT, open_record, progress_bar, say
from api.settings import blobs_in
from domain.errors import RuleViolation

MOST_NAMED = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument(
        "--to",
        required=True,
        metavar="FOLDER_OR_BUCKET",
        help="folder, or s3://bucket/prefix reached as VULTUS_S3_… says",
    )
    parser.add_argument("--endpoint", help="address of that storage, where it is another one")
    parser.add_argument("--region", help="its region")
    parser.add_argument("--credentials", help="file with the credentials for it")


def run(options: argparse.Namespace) -> int:
    """Copy what the record names; repeat it after an interruption, it goes on where it was."""
    target = blobs_in(_reached(options), options.to)
    with open_record() as system:
        if target == system.settings.blobs:
            raise RuleViolation(
                "blobs.copy",
                "this is where the content lies already",
                "Name another folder or bucket.",
            )
        contents = named_contents(system.log)
        with progress_bar("copying", len(contents)) as advance:
            copied = copy_contents(
                contents,
                system.blobs,
                open_blobs(target, system.keys, staging=system.settings.data),
                destroyed=system.keys.destroyed,
                progress=advance,
            )
    _tell(copied)
    if not copied.complete:
        return DAMAGED
    say(f"set VULTUS_BLOBS={target} to work from there; nothing was removed here")
    return INTACT


def _reached(options: argparse.Namespace) -> dict[str, str]:
    """Return the environment with what the command line says of the target's storage."""
    given = {
        "VULTUS_S3_ENDPOINT": options.endpoint,
        "VULTUS_S3_REGION": options.region,
        "VULTUS_S3_CREDENTIALS": options.credentials,
    }
    return {**os.environ, **{name: value for name, value in given.items() if value}}


def _tell(copied: Copied) -> None:
    say(
        f"{copied.copied} contents copied, {copied.already_there} were there, "
        f"{copied.erased} left out because their key is destroyed"
    )
    for what, names in (("missing", copied.missing), ("damaged", copied.damaged)):
        for name in names[:MOST_NAMED]:
            say(f"  {what}: {name}")
        if len(names) > MOST_NAMED:
            say(f"  {what}: {len(names) - MOST_NAMED} more")
