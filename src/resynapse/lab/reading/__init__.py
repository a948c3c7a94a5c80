"""What pages show of runs: how far they are, charts, results, stories, files to take away."""
