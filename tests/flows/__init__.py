"""Whole flows through the shipped programs: station, service, browser, verifier."""
