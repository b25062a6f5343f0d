"""A receiver of webhooks for tests: answers POSTs by the statuses given, the last one for ever.

usage: webhook_receiver.py [--certificate FILE --key FILE] [--stall] STATUS...

Prints "listening on PORT", then each request as a line of JSON. With --stall it never answers.
"""
import argparse
import http.server
import json
import ssl
import threading

parser = argparse.ArgumentParser()
parser.add_argument("--certificate")
parser.add_argument("--key")
parser.add_argument("--stall", action="store_true")
parser.add_argument("statuses", type=int, nargs="+")
arguments = parser.parse_args()
statuses = list(arguments.statuses)


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        print(json.dumps({"path": self.path, "headers": dict(self.headers), "body": body}), flush=True)
        if arguments.stall:
            threading.Event().wait()
        status = statuses[0] if len(statuses) == 1 else statuses.pop(0)
        self.send_response(status)
        if status in (301, 302, 307):
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
if arguments.certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(arguments.certificate, arguments.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
print("listening on", server.server_address[1], flush=True)
server.serve_forever()
