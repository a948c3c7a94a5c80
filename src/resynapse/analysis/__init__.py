"""From a table of results to what it says: summaries and the comparison with the publication."""
