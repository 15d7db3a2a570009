"""Collectors: each plays a vector environment with a policy and returns a Batch."""
