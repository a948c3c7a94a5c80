"""The parts of an analysis, one file each."""
