"""The commands, one module each, of a few lines: options in, one call of the API, what it wrote out."""
