"""From surprises and neighbors to one score, its p-value and its reasons."""
