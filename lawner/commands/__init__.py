"""One module per command: a function that parses and prints, and calls a plain one that does the work."""
