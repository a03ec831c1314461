"""Playing and recording."""
