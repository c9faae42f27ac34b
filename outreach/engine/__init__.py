"""Who runs the jobs: one process with threads, under a leader lock."""
