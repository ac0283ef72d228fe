"""Our own CSV, which `export` writes: `format` reads it row by row, strictly.

`in_blocks` reads the same rows in columns where they are plain, many times as fast, and by the same
rules; `kept` keeps a first pass over a file for the second.
"""
