"""grpcio as an independent client of the test server: client.py SCENARIO ADDRESS [ARGUMENTS].

Each scenario prints one JSON value, which the Swift test looks at. Messages are plain bytes; no generated code.
"""

import json
import sys
import threading
import time

import grpc

ECHO = "/test.Test/Echo"


def unary(channel, method, message, **options):
    return channel.unary_unary("/test.Test/" + method)(message, timeout=options.pop("timeout", 10), **options)


def status_of(call):
    """The code and message that a call fails with."""
    try:
        call()
        return ["OK", ""]
    except grpc.RpcError as error:
        return [error.code().name, error.details()]


class Requests:
    """A request stream that is fed by hand."""

    def __init__(self):
        self.condition = threading.Condition()
        self.messages = []
        self.ended = False

    def send(self, message):
        with self.condition:
            self.messages.append(message)
            self.condition.notify()

    def end(self):
        with self.condition:
            self.ended = True
            self.condition.notify()

    def __iter__(self):
        return self

    def __next__(self):
        with self.condition:
            while not self.messages and not self.ended:
                self.condition.wait()
            if self.messages:
                return self.messages.pop(0)
            raise StopIteration


def scenario_unary(channel):
    return unary(channel, "Unary", b"hello").decode()


def scenario_status(channel):
    """Every code, and messages that need encoding."""
    answers = {}
    for code in range(1, 17):
        answers[code] = status_of(lambda: unary(channel, "Status", f"{code} Größe 100% ☂ {code}".encode()))
    answers["throw"] = status_of(lambda: unary(channel, "Throw", b""))
    answers["unknown"] = status_of(lambda: unary(channel, "Nothing", b""))
    return answers


def scenario_metadata(channel):
    metadata = [("x-one", "first"), ("x-one", "second"), ("x-raw-bin", b"\x00\xff")]
    return {
        name: unary(channel, "Metadata", name.encode(), metadata=metadata).decode()
        for name in ["x-one", "x-raw-bin", "te", "user-agent"]
    }


def scenario_large_metadata(channel):
    unary(channel, "Unary", b"")  # after this the server's SETTINGS are known to both
    return status_of(lambda: unary(channel, "Unary", b"", metadata=[("x-large", "v" * 20_000)]))


def scenario_bidirectional(channel):
    """A hundred messages, each sent after the echo of the one before."""
    requests = Requests()
    responses = channel.stream_stream(ECHO)(requests, timeout=20)
    for number in range(100):
        message = b"%d" % number * (number + 1)
        requests.send(message)
        assert next(responses) == message
    requests.end()
    assert list(responses) == []
    return responses.code().name


def scenario_client_streaming(channel):
    messages = [b"x" * size for size in range(500)]
    return channel.stream_unary("/test.Test/Count")(iter(messages), timeout=20).decode()


def scenario_server_streaming(channel):
    responses = channel.unary_stream("/test.Test/Repeat")(b"200 5000", timeout=20)
    lengths = [len(response) for response in responses]
    return [len(lengths), sum(lengths), responses.code().name]


def scenario_deadline(channel):
    start = time.monotonic()
    answer = status_of(lambda: unary(channel, "Sleep", b"", timeout=0.2))
    return {"status": answer[0], "waited": time.monotonic() - start < 5}


def scenario_cancel(channel):
    requests = Requests()
    call = channel.stream_stream(ECHO)(requests)
    requests.send(b"x")
    next(call)
    call.cancel()
    requests.end()
    return call.code().name


def scenario_large(channel, size):
    message = bytes(range(256)) * (int(size) // 256)
    return unary(channel, "Unary", message) == message


def scenario_too_large(channel, size):
    return status_of(lambda: unary(channel, "Unary", b"x" * int(size)))


def scenario_many_streams(channel, count):
    """Streams open at the same time on the one connection of the channel."""
    streams = []
    for _ in range(int(count)):
        requests = Requests()
        streams.append((requests, channel.stream_stream(ECHO)(requests, timeout=30)))
    for turn in range(20):
        for number, (requests, _) in enumerate(streams):
            requests.send(b"%d %d" % (number, turn))
        for number, (_, responses) in enumerate(streams):
            assert next(responses) == b"%d %d" % (number, turn)
    for requests, _ in streams:
        requests.end()
    return [responses.code().name for _, responses in streams].count("OK")


def scenario_keepalive(channel, seconds):
    """An idle stream, while the channel pings every second (its option)."""
    requests = Requests()
    responses = channel.stream_stream(ECHO)(requests)
    requests.send(b"before")
    first = next(responses)
    time.sleep(float(seconds))
    requests.send(b"after")
    second = next(responses)
    requests.end()
    return [first.decode(), second.decode(), responses.code().name]


def scenario_until_closed(channel):
    """An endless call: says when it is open, and how it ended."""
    requests = Requests()
    responses = channel.stream_stream(ECHO)(requests)
    requests.send(b"x")
    next(responses)
    print(json.dumps("open"), flush=True)
    answer = status_of(lambda: next(responses))
    requests.end()
    return answer


def scenario_plain_text(channel):
    return status_of(lambda: unary(channel, "Unary", b"x", timeout=2))[0]


def main():
    scenario, address, *arguments = sys.argv[1:]
    options = [
        ("grpc.max_receive_message_length", -1),
        ("grpc.keepalive_time_ms", 1000),
        ("grpc.http2.max_pings_without_data", 0),
    ]
    if arguments[:1] == ["--ca"]:
        with open(arguments[1], "rb") as file:
            credentials = grpc.ssl_channel_credentials(file.read())
        arguments = arguments[2:]
        channel = grpc.secure_channel(address, credentials, options)
    else:
        channel = grpc.insecure_channel(address, options)
    with channel:
        print(json.dumps(globals()["scenario_" + scenario](channel, *arguments)), flush=True)


main()
