"""What pages start: runs, what-ifs, audits and attributions as commands of `resynapse`, and what they cost."""
