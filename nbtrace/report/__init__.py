"""Words for people: one view of a result, rendered in several forms; plots; and a bundle as a page."""
