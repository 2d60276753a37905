"""Models of the published accelerator: its pickled files turned into safe ones, and scored.

The accelerator hashes a row's texts into buckets, encodes the counts of the first buckets and the standardised numbers
with an autoembedder, and clusters the encodings with HDBSCAN.
"""
