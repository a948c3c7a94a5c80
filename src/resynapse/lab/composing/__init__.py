"""A protocol as tree, form and text: every change is one of the text."""
