"""The windows and panes. Every Qt widget lives here; each listens to the workbench and asks it to act."""
