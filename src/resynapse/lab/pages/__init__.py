"""Addresses: what each answers. The HTML is in `templates`."""
