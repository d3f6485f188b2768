"""Rules about the repository as a whole: layers, sizes, names and what must never be committed."""
