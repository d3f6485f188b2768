"""``./vultus study``."""

from validation.studies.cli import main

raise SystemExit(main())
