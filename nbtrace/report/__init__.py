"""Words for people: one view of a result, rendered for the terminal, as Markdown, as JSON and as a unified diff."""
