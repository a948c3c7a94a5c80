"""What every page is made of: sections, tables, numbers, and the template that they fill."""
