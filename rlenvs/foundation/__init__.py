"""What every family of environments stands on.

`checks` and `vector_checks` (what callers hand in, with one-line errors), `random_streams` (many generators at once),
`generators` and `snapshots` (states as bytes), `windows`.
"""
