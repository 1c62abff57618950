"""What runs inside the process of a Python program that is captured from.

It is loaded by the program's own interpreter, in which nbtrace need not be installed: the folder stands alone, takes
Python 3.8 and newer, and imports nothing of nbtrace and nothing that is not of Python. `sitecustomize.py` is what an
interpreter finds there when it starts.
"""
