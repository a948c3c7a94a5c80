"""The run folder: one file for each subject, packed, and a manifest."""
