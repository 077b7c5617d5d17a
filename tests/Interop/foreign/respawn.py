#!/usr/bin/python3
"""respawn.py COMMAND...: runs it, and again whenever it ends, until this is told to stop."""
import signal, subprocess, sys

going, child = True, None


def stop(*_):
    global going
    going = False
    if child:
        child.kill()


signal.signal(signal.SIGTERM, stop)
while going:
    child = subprocess.Popen(sys.argv[1:])
    child.wait()
