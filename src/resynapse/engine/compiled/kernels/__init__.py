"""Numba kernels of the compiled engine: no Python object inside, samples as the contiguous axis."""
