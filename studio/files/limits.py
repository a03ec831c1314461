"""How much a file from a stranger may ask for: generous for people, finite for accidents and attacks."""

FILE_BYTES = 512 * 2**20
"""Of any one file. The largest category of Quick, Draw! in its simplified form is about 100 MB."""

DOCUMENT_BYTES = 64 * 2**20
"""Of a file that must be held in memory as a tree (JSON, XML, MATLAB): trees take ten to thirty times their text."""

UNPACKED_BYTES = 256 * 2**20
"""Of everything inside a compressed file: reading takes up to four times as much."""

VALUES = 40_000_000
"""Numbers in one array, which become eight bytes each."""

TREE_NODES = 5_000_000
"""Lists and objects in a JSON text, about a hundred bytes each."""

POINTS_PER_DRAWING = 1_000_000
"""About three hours of a pen sampled a hundred times a second."""

FRAMES_PER_ROLL = 1_000_000
"""A day and a half of music at eight frames a second."""

KEYS_PER_FILE = 256 * 2**20
"""Frames by pitches, of all piano rolls in a MIDI file together, which tells of a long one in a few bytes."""

MIDI_BYTES = 8 * 2**20
"""Of a MIDI file: a hundred hours of piano. Every event becomes an object of some hundred bytes."""

MIDI_TICKS = 2**40
"""From the beginning of a track to its end."""

POINTS_PER_FILE = 20_000_000
"""Of all drawings in a file, counting what a file repeats as often as it is repeated. More are left out with a note."""

DRAWINGS_PER_FILE = 200_000
"""Where a file has more, the first ones come in and a sentence says so."""

FILES_PER_IMPORT = 200_000

NESTING = 100
"""Lists in lists, elements in elements."""

ELEMENTS = 500_000
"""Of an XML document."""

PICKLE_INSTRUCTIONS = 50_000_000
"""Of a stored object array; a drawing takes about thirty."""

PATH_BYTES = 8 * 2**20
"""Path data of one SVG document, counting what <use> repeats: a megabyte takes seconds."""

USED_ELEMENTS = 20_000
"""Of an SVG document, counting only what <use> repeats, as often as it is repeated."""

POINTS_PER_CURVE = 4096
"""Into which one Bézier segment of an SVG path is cut at most."""

TEXT_BYTES = 16 * 2**20
"""Of a recipe or another small text."""

WRITTEN_BYTES = 32 * 2**20
"""Of a text to learn from: six times the works of Shakespeare. Its frames take four bytes a character."""

LARGEST_NUMBER = 1e30
"""Of a coordinate or a time: beyond it squares and sums leave the range of numbers."""

STYLE_BYTES = 2**20
"""Of all style sheets in an SVG document."""

STYLE_STEPS = 500_000_000
"""At most, to find out which style rules meet which elements of an SVG document."""

ENTITIES = 100
"""Declared in an XML document."""

ENTITY_LENGTH = 1000
"""Characters of an entity in an XML document; drawing programs write the names of namespaces."""

EXPANDED_CHARACTERS = 8 * 2**20
"""In an XML document, beyond what stands in it: by entities and by attributes that its DOCTYPE declares."""
