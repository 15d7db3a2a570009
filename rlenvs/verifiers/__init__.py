"""Verifiers: from what a model wrote to a reward, and why."""
