"""``vultus sign-release``: a model's manifest checked, brought into its one form, and signed.

Rules kept here:

1. What is signed is what registration reads: the manifest's canonical bytes, of this very model.
2. A learned model is tried as it will be at registration: nobody signs what would be refused.
3. Signing is not approving: a second person does that, over what was registered.
"""

import argparse
from pathlib import Path

from adapters.inference.release import parse_manifest
from api.commands.opening import INTACT, open_record, say
from api.releases import sign_manifest


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("manifest", type=Path, help="the manifest, as JSON in any layout")
    parser.add_argument("model", type=Path, help="the model, as ONNX")
    parser.add_argument("out", type=Path, help="where to write the manifest that is signed")


def run(options: argparse.Namespace) -> int:
    """Check a manifest against its model, write it in its one form, and print the signature."""
    written, model = options.manifest.read_bytes(), options.model.read_bytes()
    with open_record() as system:
        manifest, signature = sign_manifest(system, written, model)
    options.out.write_bytes(manifest)
    release = parse_manifest(manifest)
    say(f"{release.name} {release.version} signed; register {options.out} with this signature:")
    print(signature.hex())
    return INTACT
