"""Keys: signing, master, clinic and subject keys."""
