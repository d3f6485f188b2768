"""Published vectors, read from ``tests/vectors/ledger``; each file states its source."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "vectors" / "ledger"


def load(name: str) -> dict[str, Any]:
    """Return everything in one vector file."""
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return loaded
