"""Readers and writers of the outside world's formats."""
