"""Protocols as text: sentences, outlines, differences and the table of parameters."""
