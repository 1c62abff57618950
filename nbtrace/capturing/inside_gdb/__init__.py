"""What runs inside gdb, in its own Python: the places of probes found, armed and read.

That Python may be as old as 3.8 and has no nbtrace: the folder stands alone and imports nothing that is not of Python
or gdb. `carry_out.py` is what gdb is told to load.
"""
