"""Migrations stand in one row: two of one number would leave no database that can be opened."""

import re

from tests.architecture.sources import ROOT


def test_every_migration_follows_the_one_before_it() -> None:
    found = sorted((ROOT / "alembic" / "versions").glob("*.py"))
    numbers = [path.name[:4] for path in found]
    assert numbers == [f"{number:04}" for number in range(1, len(found) + 1)]
    for before, path in zip([None, *numbers], found, strict=False):
        source = path.read_text(encoding="utf-8")
        assert re.search(rf'^revision = "{path.name[:4]}"$', source, re.MULTILINE), path.name
        follows = "None" if before is None else f'"{before}"'
        assert re.search(rf"^down_revision = {follows}$", source, re.MULTILINE), path.name
