"""The project file: one SQLite database that holds material, recipes, runs, metrics, checkpoints and samples."""
