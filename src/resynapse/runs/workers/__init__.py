"""Workers that compute subjects: threads of this process, or processes of a cluster."""
