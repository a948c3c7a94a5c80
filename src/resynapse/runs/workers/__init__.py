"""Who computes subjects: threads of this process, or processes of a cluster."""
