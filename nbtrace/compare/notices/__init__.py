"""What stands between two logs and a fair comparison: one function per kind of notice, and a table of them."""
