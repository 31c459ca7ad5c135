"""A program that listens in a sandbox, for the tests of TCP: the first byte says what it does.

e echoes until the client ends; h answers only once the client has ended; f ends first and writes
down how much came after that; r resets the connection at once.
"""
import hashlib, socket, struct, sys, threading


def serve(client):
    with client:
        what = client.recv(1)
        if what == b"e":
            while data := client.recv(65536):
                client.sendall(data)
        elif what == b"h":
            digest = hashlib.sha256()
            while data := client.recv(65536):
                digest.update(data)
            client.sendall(digest.hexdigest().encode())
        elif what == b"f":
            client.sendall(b"first")
            client.shutdown(socket.SHUT_WR)
            count = 0
            while data := client.recv(65536):
                count += len(data)
            with open("/tmp/after", "w") as file:
                file.write(str(count))
        elif what == b"r":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
