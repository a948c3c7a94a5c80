"""The fast engine: networks compacted, folded where that pays, and run by compiled kernels."""
