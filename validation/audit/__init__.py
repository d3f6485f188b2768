"""The stand-alone offline verifier."""
