"""The lost-reference set: open items as a careless shop, provider and bank leave them, with the key of what belongs together.

`labelled_set(seed, size)` makes it, `measure` says how well it is read. Nothing here knows how suggestions are made, and nothing there
knows how the set is made. docs/practice-world.md gives the mix.
"""
