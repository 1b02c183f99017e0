"""Networks of other tools, in and out: a folder per format, imported when it is asked for."""
