"""What each column of a row is expected to hold given the others."""
