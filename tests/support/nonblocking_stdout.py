"""Runs a command with a standard output that is a non-blocking pipe, and reads it slowly.

    nonblocking_stdout.py COMMAND [ARGUMENT]...

prints the number of lines received and the exit code.
"""
import os
import subprocess
import sys
import time

reading, writing = os.pipe()
os.set_blocking(writing, False)
child = subprocess.Popen(sys.argv[1:], stdout=writing)
os.close(writing)
lines = 0
while chunk := os.read(reading, 65536):
    lines += chunk.count(b"\n")
    time.sleep(0.05)
print(lines, child.wait())
