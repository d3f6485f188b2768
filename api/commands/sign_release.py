"""``vultus sign-release``: a model's manifest checked, brought into its one form, and signed.

Rules kept here:

1. What is signed is what registration reads: the manifest's canonical bytes, of this very model.
2. A learned model is tried as it will be at registration: nobody signs what would be refused.
3. Signing is not approving: a second person does that, over what was registered.
"""

import argparse
from pathlib import Path

from adapters.inference.release import parse_manifest, signed_message
from adapters.inference.slot_check import check_slot
from api.commands.opening import INTACT, open_record, say
from domain.errors import DigestMismatch
from domain.ledger import canonical
from domain.values.content import Digest


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("manifest", type=Path, help="the manifest, as JSON in any layout")
    parser.add_argument("model", type=Path, help="the model, as ONNX")
    parser.add_argument("out", type=Path, help="where to write the manifest that is signed")


def run(options: argparse.Namespace) -> int:
    """Check a manifest against its model, write it in its one form, and print the signature."""
    manifest = canonical.encode(canonical.parse(options.manifest.read_bytes()))
    model = options.model.read_bytes()
    release = parse_manifest(manifest)
    if Digest.of(model) != release.model:
        message = f"the manifest names {release.model}, the model has {Digest.of(model)}"
        raise DigestMismatch(message)
    if release.slot is not None:
        check_slot(model, release.slot)
    with open_record() as system:
        signature = system.release_key.sign(signed_message(manifest))
    options.out.write_bytes(manifest)
    say(f"{release.name} {release.version} signed; upload {options.out} with this signature:")
    print(signature.hex())
    return INTACT
