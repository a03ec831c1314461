"""Everything in the window that has to do with texts."""
