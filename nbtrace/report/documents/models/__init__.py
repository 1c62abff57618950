"""One model per JSON document: what is written is built from it, and what is read back is read with it."""
