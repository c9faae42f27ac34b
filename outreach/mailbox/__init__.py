"""One incoming mail becomes a bounce, a receipt, an answer, or waits for a person."""
