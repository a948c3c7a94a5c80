"""Protocols in words: sentences, outlines, differences and the table of parameters."""
