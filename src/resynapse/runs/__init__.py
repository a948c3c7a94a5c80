"""Running a protocol: one subject through the tree, many at a time, kept in a folder."""
