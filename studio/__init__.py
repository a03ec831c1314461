"""VRNN Studio: draw, record or type sequences, train a variational recurrent network on them, and watch it go on."""

import os

__version__ = "0.1.0"

# Threads of small matrix products wait for one another by spinning: two of them make a training on two busy cores
# fifty times slower. So every thread starts with one, set before torch or numpy load; a training whose model is large
# enough to gain takes more (training/devices.py).
os.environ.setdefault("OMP_NUM_THREADS", "1")
