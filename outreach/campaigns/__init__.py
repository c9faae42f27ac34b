"""Letters, their steps, their audience and their plan."""
