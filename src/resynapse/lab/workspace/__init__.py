"""What a workspace holds: protocol files, run folders, the commands that were asked for, the log of a session."""
