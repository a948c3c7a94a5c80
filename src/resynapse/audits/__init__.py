"""The audit: which conclusions of a protocol stand, and on what they rest."""
