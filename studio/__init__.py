"""VRNN Studio: draw, record or type sequences, train a variational recurrent network on them, and watch it go on."""

__version__ = "0.1.0"
