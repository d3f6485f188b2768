"""One resource a file, schemas on top."""
