"""A control plane that has nothing to say: it prints what each stream proves its identity with, and ends the stream.

    ads_server.py PORT CERTIFICATE KEY     (files, in PEM)

Written lines: `listening`, then `stream AUTHORIZATION` for each.
"""

import concurrent.futures
import sys

import grpc


class Streams(grpc.GenericRpcHandler):
    def service(self, details):
        if not details.method.endswith("/DeltaAggregatedResources"):
            return None
        authorization = [value for key, value in details.invocation_metadata if key == "authorization"]
        print("stream", *authorization, flush=True)

        def end(requests, context):
            next(requests, None)
            context.abort(grpc.StatusCode.UNAVAILABLE, "come again")
            yield b""

        return grpc.stream_stream_rpc_method_handler(end)


def main():
    port, certificate, key = sys.argv[1:]
    with open(certificate, "rb") as chain, open(key, "rb") as private:
        credentials = grpc.ssl_server_credentials([(private.read(), chain.read())])
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((Streams(),))
    server.add_secure_port(f"127.0.0.1:{port}", credentials)
    server.start()
    print("listening", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
