"""From results to docs/results.md: rates, tables, plots, and the page they are put into."""
