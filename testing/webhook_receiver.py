"""A receiver of webhooks for tests: answers POSTs by the statuses given, the last one for ever.

usage: webhook_receiver.py --certificate FILE --key FILE [--stall] STATUS...

Prints "listening on PORT", then each request as a line of JSON, numbered from 1. With --stall it never answers.
"""
import argparse
import http.server
import itertools
import json
import ssl
import threading

parser = argparse.ArgumentParser()
parser.add_argument("--certificate", required=True)
parser.add_argument("--key", required=True)
parser.add_argument("--stall", action="store_true")
parser.add_argument("statuses", type=int, nargs="+")
arguments = parser.parse_args()
numbers = itertools.count(1)


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        number = next(numbers)
        request = {"number": number, "path": self.path, "headers": dict(self.headers), "body": body}
        print(json.dumps(request), flush=True)
        if arguments.stall:
            threading.Event().wait()
        status = arguments.statuses[min(number, len(arguments.statuses)) - 1]
        self.send_response(status)
        if status in (301, 302, 307):
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(arguments.certificate, arguments.key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("listening on", server.server_address[1], flush=True)
server.serve_forever()
