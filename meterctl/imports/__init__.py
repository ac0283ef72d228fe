"""Files in, readings out.

`text` makes rows of bytes, whatever they are packed in. A format (`canonical`, one of `vendors`, or
`generic` for all others; `catalog` lists them) says which texts of a row belong together. `table`
finds out what they mean, with `times`, `numbers`, `units` and `signs`, and makes readings;
`mapping` finds each series of a file its meter. A new format is a module with a `Format` (see
`layout`), listed in `catalog`.
"""
