"""Protocol files: safe YAML, repetition, and how each object is read, written and described."""
