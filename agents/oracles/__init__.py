"""Checks the formulas against reference values from other implementations (`python -m scripts.check_oracles`)."""
