"""``python -m studio``."""

from studio.app import run

run()
