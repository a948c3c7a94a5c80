"""The audit: which conclusions of a protocol hold, and what they depend on."""
