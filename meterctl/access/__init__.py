"""Who gets in: secrets that are kept as hashes, tokens that are signed."""
