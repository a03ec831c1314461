"""Sampling from a trained model: free running, or going on from a beginning, with variance controls."""
