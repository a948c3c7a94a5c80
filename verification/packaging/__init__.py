"""What leaves the house: packages, the citation file, crates and notebooks. Needs `pip install '.[packaging]'`."""
