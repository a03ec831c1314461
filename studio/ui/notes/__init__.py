"""Piano rolls in the window."""
