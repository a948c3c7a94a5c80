"""Benchmarks of resynapse: `python -m benchmarks` is the one command. Simulated output; not clinical advice."""
