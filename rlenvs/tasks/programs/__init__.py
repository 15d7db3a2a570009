"""Families of programming problems: `make_task("steps")`, `make_task("loop", style="chat")`.

In reading order: `responses` (the program in a response), `sandboxing` (where programs run), `base` (cases, prompts and
verdicts of all families), `little` (answers in a language so small that it is judged in process), `written` (answers
in Python), then a module a family.
"""
