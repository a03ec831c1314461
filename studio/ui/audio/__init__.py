"""What sound looks like: waveforms, spectrograms, meters, recording, and the pane of recordings."""
