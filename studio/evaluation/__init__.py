"""What a trained model is worth: bounds on its log likelihood, and statistics of what it draws."""
