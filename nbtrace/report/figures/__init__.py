"""Figures by matplotlib's object interface: nothing here touches its global state, and no window is ever opened."""
