"""The measures that the project promises, each at its full size, with what was asked and what was found."""
