"""Speech as frames and back."""
