"""Runs the demonstration: ``python -m validation.demonstration``."""

from validation.demonstration.cli import main

raise SystemExit(main())
