"""Links that are cut and delayed, between HTTP peers of the test's own."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import pytest

from dslab.live.proxy import LinkProxy

PIECES = [b"%d;" % number for number in range(50)]


class Peer(ThreadingHTTPServer):
    """Member a: keeps what it is sent, streams PIECES, and then what `more` brings for each
    receiver, until that is empty.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.got, self.more = Queue(), {"b1": Queue(), "c1": Queue()}

    def handle_error(self, *_):
        """A connection that a test cut is no error of this peer's."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.got.put(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(b"taken")

    def do_GET(self):
        if "/raft/stream" not in self.path:
            return self._answer(b"3.4")
        self.send_response(200)
        self.end_headers()
        for piece in PIECES:
            self.wfile.write(piece)
        while piece := self.server.more[self.headers["X-Server-From"]].get():
            self.wfile.write(piece)
        self.close_connection = True

    def _answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def peer():
    with Peer() as peer:
        thread = threading.Thread(target=peer.serve_forever)
        thread.start()
        yield peer
        for receiver in peer.more.values():
            receiver.put(b"")
        peer.shutdown()
        thread.join()


@pytest.fixture
def proxy(peer):
    proxy = LinkProxy(["a"])
    proxy.behind["a"] = peer.server_address[1]
    proxy.ids = {"b1": "b", "c1": "c"}
    yield proxy
    proxy.close()


def dial(proxy):
    return http.client.HTTPConnection("127.0.0.1", proxy.ports["a"], timeout=60)


def post(proxy, sender, body):
    connection = dial(proxy)
    connection.request("POST", "/raft", body, {"X-Server-From": sender})
    return connection


def stream(proxy, receiver):
    connection = dial(proxy)
    connection.request("GET", "/raft/stream/msgapp/b1", headers={"X-Server-From": receiver})
    return connection.getresponse()


def test_a_link_is_cut_one_way_and_heals(proxy, peer):
    proxy.cut([("b", "a")])
    with pytest.raises((http.client.HTTPException, OSError)):
        post(proxy, "b1", b"lost").getresponse()
    assert post(proxy, "c1", b"from c").getresponse().read() == b"taken"
    assert stream(proxy, "b1").read(2) == b"0;"  # Messages from a to b: the other direction.
    proxy.heal()
    assert post(proxy, "b1", b"from b").getresponse().read() == b"taken"
    assert [peer.got.get(), peer.got.get()] == [b"from c", b"from b"]


def test_a_cut_ends_an_open_stream_of_its_sender_only(proxy, peer):
    to_b, to_c = stream(proxy, "b1"), stream(proxy, "c1")
    whole = b"".join(PIECES)
    assert to_b.read(len(whole)) == to_c.read(len(whole)) == whole
    proxy.cut([("a", "b")])
    try:
        assert to_b.read(1) == b""
    except OSError:
        pass  # A reset is an end, too.
    peer.more["c1"].put(b"x")
    assert to_c.read(1) == b"x"
    with pytest.raises((http.client.HTTPException, OSError)):
        stream(proxy, "b1")


def test_probes_pass_a_cut_and_share_no_connection_with_messages(proxy, peer):
    proxy.cut([("b", "a")])
    connection = dial(proxy)
    connection.request("GET", "/version")
    answer = connection.getresponse()
    assert answer.read() == b"3.4"
    # etcd sends messages on a probe's connection where it stays open, and they would pass the cut.
    assert connection.sock is None or connection.sock.recv(1) == b""
    with pytest.raises((http.client.HTTPException, OSError)):
        post(proxy, "b1", b"lost").getresponse()
    assert peer.got.empty()


def test_a_delayed_link_holds_back_what_others_may_send(proxy, peer):
    proxy.delay([("b", "a")], 3600)
    held = post(proxy, "b1", b"from b")
    assert post(proxy, "c1", b"from c").getresponse().read() == b"taken"
    assert peer.got.get() == b"from c" and peer.got.empty()
    held.close()


def test_a_delayed_link_keeps_the_order(proxy):
    proxy.delay([("a", "b")], 0.02)
    whole = b"".join(PIECES)
    assert stream(proxy, "b1").read(len(whole)) == whole


def test_a_member_that_is_down_ends_the_connection(proxy, peer):
    spare = Peer()
    proxy.behind["a"] = spare.server_address[1]
    spare.server_close()
    with pytest.raises((http.client.HTTPException, OSError)):
        post(proxy, "c1", b"x").getresponse()
