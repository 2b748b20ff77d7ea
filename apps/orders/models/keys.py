"""How this app's tables are keyed where rows come by the million."""

# PostgreSQL finds a prefix through an index only with this class, whatever the database's collation; it serves equality, too.
PREFIXES = ["int8_ops", "varchar_pattern_ops"]
# The parents of rows that come by the million. PostgreSQL checks a foreign key row by row at the commit, which costs more than
# the load itself. These are resolved once per file inside its transaction, and PROTECT keeps them while rows point at them.
BULK_KEY = {"db_constraint": False, "db_index": False}  # led by another index, or few values
