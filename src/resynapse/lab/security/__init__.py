"""Who may talk to the laboratory, and which files it reads."""
