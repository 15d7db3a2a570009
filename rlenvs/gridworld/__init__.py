"""Gridworlds on one dynamics core.

In reading order: `maps` (ASCII to symbols), `dynamics` (symbols to a transition table), `world` and `worlds` (tables
by name; `deep_sea` and `mazes` are special), `observations`, `env` (one), `stepping` and `vector` (many), `planning`
(exact values), `rendering`, `tiles` and `canvas` (pictures).
"""
