"""The forms of line that nanoBragg, its ports and their tools print."""
