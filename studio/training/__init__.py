"""Recipes, the training loop, its objective and its checkpoints."""
