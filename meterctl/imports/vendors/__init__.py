"""One module for each portal, logger or app whose exports are known by their header.

A module recognises the header, names the series and picks the cells; it parses no number and no
time (see `layout`). Most of them are tables with a column for each thing counted: see `wide`.
"""
