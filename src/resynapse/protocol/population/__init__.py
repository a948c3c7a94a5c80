"""Virtual populations: what each subject draws for itself, and tables of such values."""
