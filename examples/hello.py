"""Says where it runs and what it can reach."""

import os
import socket

print(f"hello from {socket.gethostname()} as uid {os.getuid()} in {os.getcwd()}")
print("network interfaces:", ", ".join(name for _, name in socket.if_nameindex()))
