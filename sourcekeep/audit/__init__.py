"""What became of links: the health of each source over time, what is lost, and what to cite instead."""
