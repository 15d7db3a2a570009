"""Doors to other frameworks: each module imports its framework, so import the one you need by name."""
