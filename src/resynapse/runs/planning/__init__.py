"""Before a run: what it will cost in time, memory and disk."""
