"""``./vultus benchmark``."""

from validation.benchmarks.cli import main

raise SystemExit(main())
