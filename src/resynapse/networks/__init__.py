"""Networks: the architecture, and the arrays that it names."""
