"""Records every packet of a network interface.

    capture.py INTERFACE FILE

prints READY when it records, and ends at the end of its input.
"""
import selectors
import socket
import sys

EVERY_PROTOCOL = 0x0003

interface, path = sys.argv[1:]
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL))
packets.bind((interface, 0))
selector = selectors.DefaultSelector()
selector.register(packets, selectors.EVENT_READ)
selector.register(sys.stdin, selectors.EVENT_READ)
print("READY", flush=True)
with open(path, "wb") as file:
    while True:
        ready = [key.fileobj for key, _ in selector.select()]
        if packets in ready:
            file.write(packets.recv(65536))
        elif not sys.stdin.buffer.raw.read(64):
            break
