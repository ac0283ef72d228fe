"""Files in, readings out: reading lines, cells and rows strictly, and one module for each format.

`lines` knows bytes and text, `cells` knows quotes and delimiters, a format module such as
`canonical` knows columns and makes readings. A new format is a module with a `Format`
(see `formats`), listed there.
"""
