"""From a table of results to its statistics: parts, each an object of a registry."""
