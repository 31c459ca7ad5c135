"""A program that listens in a sandbox, for the tests of ports: echoes, streams, speaks WebSocket."""
import base64, hashlib, http.server, json, ssl, sys, threading

GO = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def body(self):
        if self.headers.get("transfer-encoding") == "chunked":
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def answer(self, data, *headers):
        self.send_response(200)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def do_GET(self):
        if self.path == "/stream":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.chunk(b"data: one\n\n")
            GO.wait(60)
            self.chunk(b"data: two\n\n")
            self.chunk(b"")
        elif self.path == "/names":
            self.answer(json.dumps(list(self.headers.keys())).encode())
        elif self.path == "/go":
            GO.set()
            self.answer(b"went")
        elif self.path == "/cookies":
            self.answer(b"", ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"not all")
            self.wfile.flush()
            self.close_connection = True
        elif self.path == "/bad":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Bad\x01: 1\r\n\r\n")
            self.close_connection = True
        elif self.path == "/long":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200000)
            self.close_connection = True
        elif self.path == "/ws":
            self.websocket()
        else:
            self.echo()

    def websocket(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        while True:
            head = self.rfile.read(2)
            if len(head) < 2 or head[0] & 15 == 8:
                break
            mask = self.rfile.read(4)
            text = bytes(b ^ mask[i % 4] for i, b in enumerate(self.rfile.read(head[1] & 127)))
            self.wfile.write(bytes([0x81, len(text)]) + text.upper())
            self.wfile.flush()
        self.close_connection = True

    def echo(self):
        data = self.body()
        seen = {
            "method": self.command,
            "path": self.path,
            "headers": {k.lower(): v for k, v in self.headers.items()},
            "length": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        self.answer(json.dumps(seen).encode(), ("Content-Type", "application/json"))

    do_POST = do_PUT = echo

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", "12345")
        self.end_headers()


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, address):
        pass


server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
if len(sys.argv) > 2:  # a file with a certificate and its key
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
