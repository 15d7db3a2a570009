"""Commands: `python -m scripts.NAME --help`."""
