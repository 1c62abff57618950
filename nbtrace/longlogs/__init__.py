"""Long logs: read and compared by columns, with the answers of the readers and comparators of records."""
