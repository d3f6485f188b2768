"""The command line, one file for each word: ``arguments`` says what it takes, ``run`` does it."""
