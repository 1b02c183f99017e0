"""One file per command; cnncli/cli.py finds them by listing this folder."""
