"""The transform for Beam, of rows and of blocks of columns."""
