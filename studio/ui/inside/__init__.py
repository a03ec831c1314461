"""Looking inside a model: what it finds surprising, along the material itself, now and on the way there."""
