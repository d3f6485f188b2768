"""``vultus models``: the releases of models, as this build ships them and as the record has them.

Rules kept here:

1. What is registered here passes what is registered on the screen: the same sign-in, permission,
   trial, signature and rule. A second person approves it, on the screen.
2. A model is asked for, read and checked before anybody signs in for it.
3. Nothing that stands in a folder is written over with other bytes.
"""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from adapters.inference.shipped import SHIPPED, shipped_release
from api.commands.opening import INTACT, open_record, say
from api.commands.signing_in import signed_in
from api.permissions import Permission
from api.releases import MANIFEST_BYTES_MAX, model_bytes_max, register_release, sign_manifest
from api.wiring import System
from domain.errors import MalformedInput, Unavailable
from domain.values.content import Digest
from domain.values.identifiers import ReleaseId
from projections import model_release as read

HELP = """\
Without a word it lists what this build ships and what the record holds, with its state. A release
that was registered runs on nothing until a second quality manager approved it on the screen.
"""
_RESOURCE = "vultus models register"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offered:
    """A manifest and its model, to be registered; without a signature the clinic's key signs."""

    manifest: bytes
    model: bytes = field(repr=False)
    signature: bytes | None = None


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = HELP
    doing = parser.add_subparsers(dest="doing", metavar="WHAT")
    doing.add_parser("list", help="list what is shipped and what is registered")
    write = doing.add_parser("write", help="write manifest and model of what is shipped")
    write.add_argument("folder", type=Path, metavar="DIR", help="where to")
    write.add_argument("names", nargs="*", metavar="NAME", help="which; all without")
    register = doing.add_parser("register", help="register releases in the record")
    register.add_argument("manifest", type=Path, nargs="?", help="the manifest, as JSON")
    register.add_argument("model", type=Path, nargs="?", help="the model, as ONNX")
    register.add_argument("--shipped", nargs="+", metavar="NAME", help="what this build ships")
    register.add_argument(
        "--signature",
        metavar="HEX",
        help="as `vultus sign-release` printed it; without, the clinic's release key signs now",
    )
    register.add_argument("--account", required=True, help="account of who registers")


def run(options: argparse.Namespace) -> int:
    """List, write or register."""
    if options.doing == "write":
        for name in options.names or SHIPPED:
            _write(options.folder, name)
        return INTACT
    if options.doing == "register":
        offered = _offered(options)
        with open_record() as system:
            _register(system, options.account, offered)
        return INTACT
    with open_record(copies=True) as system:
        _list(system)
    return INTACT


def _list(system: System) -> None:
    with system.reads.connect() as connection:
        held = {row["release"]: row for row in read.releases(connection)}
    for name in SHIPPED:
        try:
            release = shipped_release(name).release
        except Unavailable as error:
            print(f"{name}\tshipped\tnot at hand: {error}")
            continue
        row = held.pop(_identifier(release.name, release.version, release.model), None)
        state = "not registered" if row is None else row["state"]
        print(f"{release.name} {release.version}\tshipped\t{state}\t{release.model}")
    for row in held.values():
        model = row["manifest"]["model"]["digest"]
        print(f"{row['name']} {row['release_version']}\tnot shipped\t{row['state']}\t{model}")


def _write(folder: Path, name: str) -> None:
    shipped = shipped_release(name)
    release = shipped.release
    stem = f"{release.name}-{release.version}"
    for ending, content in (("json", release.manifest()), ("onnx", shipped.model)):
        path = folder / f"{stem}.{ending}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_bytes(content)
            elif path.read_bytes() != content:
                message = f"{path} holds something else; name another folder"
                raise MalformedInput(message)
        except OSError as error:
            message = f"{path} cannot be written: {error.strerror}"
            raise Unavailable(message) from error
        print(f"{Digest.of(content)}\t{path}")


def _offered(options: argparse.Namespace) -> list[_Offered]:
    files = [path for path in (options.manifest, options.model) if path is not None]
    if bool(files) == bool(options.shipped) or len(files) == 1:
        raise MalformedInput("name a manifest and its model, or --shipped with names")
    if options.shipped:
        if options.signature is not None:
            raise MalformedInput("what is shipped is signed by the clinic's own key, here")
        shipped = [shipped_release(name) for name in dict.fromkeys(options.shipped)]
        return [_Offered(manifest=each.release.manifest(), model=each.model) for each in shipped]
    return [
        _Offered(
            manifest=_content(options.manifest, MANIFEST_BYTES_MAX),
            model=_content(options.model, model_bytes_max()),
            signature=_signature(options.signature),
        )
    ]


def _content(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise MalformedInput(message) from error
    if len(content) > limit:
        message = f"{path} is larger than {limit} bytes, the most that is taken in"
        raise MalformedInput(message)
    return content


def _signature(text: str | None) -> bytes | None:
    try:
        return None if text is None else bytes.fromhex(text)
    except ValueError as error:
        raise MalformedInput("a signature is what `vultus sign-release` prints") from error


def _register(system: System, account: str, offered: list[_Offered]) -> None:
    # A code lasts half a minute and a trial may take longer: everything is signed before.
    ready = [_signed(system, each) for each in offered]
    permission = Permission.MODELS_REGISTER
    with signed_in(system, account, permission, resource=_RESOURCE) as person:
        for manifest, model, signature in ready:
            release, _ = register_release(
                system,
                system.context(person.actor),
                manifest=manifest,
                model=model,
                signature=signature,
                registered_by=person.practitioner,
            )
            print(f"{release}\t{Digest.of(manifest)}")
        say(f"registered by {person.display_name}; a second quality manager approves on the screen")


def _signed(system: System, each: _Offered) -> tuple[bytes, bytes, bytes]:
    if each.signature is not None:
        return each.manifest, each.model, each.signature
    manifest, signature = sign_manifest(system, each.manifest, each.model)
    return manifest, each.model, signature


def _identifier(name: str, version: str, model: Digest) -> str:
    return str(ReleaseId.derived(name, version, str(model)))
