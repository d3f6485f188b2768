"""``vultus check-storage``: what the place of the content can do, tried out."""

import argparse
import time
from pathlib import Path

from adapters.blobs.bucket import try_out
from adapters.blobs.filesystem import FilesystemBlobStore
from adapters.blobs.location import Bucket
from adapters.memory import MemoryKeyRing
from adapters.system import SystemRandomness
from api.commands.opening import say
from api.settings import from_environment

PROBE_KEY = "clinic:00000000-0000-4000-8000-000000000000"


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def run(_options: argparse.Namespace) -> int:
    """Write a probe where content lies, read it back and remove it."""
    place = from_environment().blobs
    began = time.monotonic()
    if isinstance(place, Bucket):
        _tell_bucket(place)
    else:
        _try_folder(place)
    say(f"{place} takes content and gives it back ({time.monotonic() - began:.2f} s)")
    return 0


def _tell_bucket(bucket: Bucket) -> None:
    found = try_out(bucket)
    say(f"{bucket} at {bucket.endpoint}, region {bucket.region}")
    told = {
        "refuses to write over what exists": found.refuses_to_overwrite,
        "gives parts of an object": found.ranges,
        "keeps versions": found.versions,
    }
    for what, holds in told.items():
        say(f"  {'yes' if holds else 'no ':3} {what}")
    if not found.versions:
        say("  switch versioning on, so that what somebody removes can be brought back")


def _try_folder(folder: Path) -> None:
    # Under a key of this moment's: nobody could open what a crash here leaves behind.
    keys = MemoryKeyRing(SystemRandomness())
    keys.create(PROBE_KEY)
    store = FilesystemBlobStore(folder, keys)
    content = b"probe"
    blob = store.put([content], key=PROBE_KEY, expected=None, limit_bytes=len(content))
    try:
        store.find(blob.content, key=PROBE_KEY)
    finally:
        store.purge([blob.name])
