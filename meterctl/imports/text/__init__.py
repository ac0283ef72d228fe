"""A file's bytes become rows of text: archives, workbooks, encodings, lines, delimiters, cells.

`source` opens, `document` looks at a foreign file; `lines` and `cells` read our own CSV strictly,
`lenient` reads others' cells. Nothing here knows what a cell means.
"""
