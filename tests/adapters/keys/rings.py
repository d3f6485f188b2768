"""Key rings on disk, opened as an installation would open them."""

from pathlib import Path

from adapters.keys.key_ring import KEYS_IN_MEMORY, FileKeyRing
from adapters.keys.master_key import create_master_key_file, load_master_key_file
from domain.values.identifiers import SubjectId
from tests.builders import CLINIC

CLINIC_KEY = f"clinic:{CLINIC}"


def subject_key(name: object) -> str:
    """Return the key identifier of a subject that goes by ``name`` in a test."""
    return f"subject:{SubjectId.derived('key test', str(name))}"


def open_ring(folder: Path, *, keys_in_memory: int = KEYS_IN_MEMORY) -> FileKeyRing:
    """Open the ring in a folder, its master key beside it; make both when they are not there."""
    path = folder / "master.key"
    master = load_master_key_file(path) if path.exists() else create_master_key_file(path)
    return FileKeyRing(folder / "keys", clinic=CLINIC, master=master, keys_in_memory=keys_in_memory)
