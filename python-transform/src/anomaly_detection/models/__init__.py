"""A whole model: trained, stored and checked, loaded, and asked for scores."""
