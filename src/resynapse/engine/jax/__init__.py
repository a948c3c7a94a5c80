"""An engine by automatic differentiation: any architecture that states its forward pass in array operations."""
