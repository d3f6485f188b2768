"""Every place that recording needs, tried just now."""

from pathlib import Path

from adapters.storage_probe import Place, probe_database, probe_folder
from api.wiring import System


def tried_places(system: System) -> list[Place]:
    """Try the database and each folder on this machine that recording needs."""
    settings = system.settings
    folders = {"data": settings.data}
    if isinstance(settings.blobs, Path) and not settings.blobs.is_relative_to(settings.data):
        folders["blobs"] = settings.blobs
    return [
        probe_database(system.engine),
        *(probe_folder(name, folder) for name, folder in folders.items()),
    ]
