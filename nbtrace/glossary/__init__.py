"""Words that reports use, explained: a page for each, read from the Markdown beside the code that decides the word."""
