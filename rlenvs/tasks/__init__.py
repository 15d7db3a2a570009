"""Families of problems with exact answers: `make_task("countdown", level=2)`."""
