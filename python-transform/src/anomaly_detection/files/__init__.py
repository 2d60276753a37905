"""Files, here and in object stores: found by patterns, read in any order, written whole or not at all."""
