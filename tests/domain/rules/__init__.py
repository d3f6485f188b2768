"""Tests of the rules: given a history, when a rule is asked, then events or a refusal."""
