"""Reference agents in PyTorch: one algorithm a file, run from the checkout (`python -m scripts.train`)."""
