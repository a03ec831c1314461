"""Material and frames: strokes, patterns, representations and batches. Pure numpy."""
