"""A session between the simulator's client and a host, recorded on its way, is read back."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections import Counter

from tests.unit.captures import Wire, pcap
from tests.unit.plausible_messages import Maker
from tests.unit.stub_host import StubHost

from cbs.capture import CaptureFile, Detector, Dissector, Event, SegmentReader, Summary
from cbs.codec import Codec
from cbs.simulator.client import Client


class Recorder:
    """Stands between a client and a host, and writes down what passes as packets."""

    def __init__(self, port: int) -> None:
        self.wire = Wire().open()
        self._writing = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._host = socket.create_connection(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.close()
        self._thread.join(5)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client, self._host:
            back = threading.Thread(target=self._pass, args=(1, self._host, client))
            back.start()
            self._pass(0, client, self._host)
            back.join(5)

    def _pass(self, side: int, source: socket.socket, destination: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                with self._writing:
                    self.wire.send(side, data, size=97)
                destination.sendall(data)
            destination.shutdown(socket.SHUT_WR)


def test_a_recorded_session_has_every_message_and_every_pair() -> None:
    codec, maker = Codec.load("visa_like"), Maker("visa_like", seed=9)
    host = StubHost(codec)
    recorder = Recorder(host.port)
    kinds = ["request", "chip", "track", "reversal", "echo"] * 3
    with Client("127.0.0.1", recorder.port, codec, timeout_s=20) as client:
        for kind in kinds:
            fields = maker._encodable(maker.fields(kind))
            client.request(fields)
    recorder.close()
    host.close()
    reader, dissector, events = SegmentReader(), Dissector(Detector()), list[Event]()
    for packet in CaptureFile(io.BytesIO(pcap(recorder.wire.packets))):
        segment = reader.read(packet)
        assert segment is not None
        events += dissector.feed(segment)
    events += dissector.finish()
    summary = Summary()
    for event in events:
        summary.add(event)
    roles = Counter(event.pairing.role for event in events if event.pairing is not None)
    assert roles == {"request": len(kinds), "answer": len(kinds)}
    assert summary.faults == summary.lost_bytes == summary.skipped_bytes == 0
    assert [it.mti for it in host.received] == [
        event.cut.message.mti
        for event in events
        if event.cut is not None and event.cut.message is not None and event.sender == 0
    ]
