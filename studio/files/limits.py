"""How much a file from a stranger may ask for: generous for people, finite for accidents and attacks."""

FILE_BYTES = 512 * 2**20
"""Of any one file. The largest category of Quick, Draw! in its simplified form is about 100 MB."""

DOCUMENT_BYTES = 64 * 2**20
"""Of a file that must be held in memory as a tree (JSON, XML, MATLAB): trees take ten to thirty times their text."""

UNPACKED_BYTES = 1024 * 2**20
"""Of everything inside a compressed file."""

POINTS_PER_DRAWING = 1_000_000
"""About three hours of a pen sampled a hundred times a second."""

DRAWINGS_PER_FILE = 200_000
"""Where a file has more, the first ones come in and a sentence says so."""

FILES_PER_IMPORT = 200_000

NESTING = 100
"""Lists in lists, elements in elements."""

ELEMENTS = 500_000
"""Of an XML document, counting what <use> repeats as often as it is repeated."""

PICKLE_INSTRUCTIONS = 50_000_000
"""Of a stored object array; a drawing takes about thirty."""

POINTS_PER_CURVE = 4096
"""Into which one Bézier segment of an SVG path is cut at most."""

TEXT_BYTES = 16 * 2**20
"""Of a recipe or another small text."""

LARGEST_NUMBER = 1e30
"""Of a coordinate or a time: beyond it squares and sums leave the range of numbers."""
