"""Exports spans, log records and metrics with the published descriptors: export.py ADDRESS [COUNT].

COUNT repeats the span. Fields are named by their numbers where the published packages differ in the name.
"""

import sys

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


def field(message, number):
    return getattr(message, message.DESCRIPTOR.fields_by_number[number].name)


def add(attributes, key, **value):
    pair = attributes.add(key=key)
    for name, content in value.items():
        setattr(pair.value, name, content)
    return pair.value


def trace_request(count):
    request = trace_service_pb2.ExportTraceServiceRequest()
    group = request.resource_spans.add()
    add(group.resource.attributes, "service.name", string_value="shop")
    scope = field(group, 2).add()
    for number in range(count):
        span = scope.spans.add(
            name=f"GET /{number}",
            trace_id=bytes(range(16)),
            span_id=bytes(range(8)),
            parent_span_id=bytes.fromhex("f0f1f2f3f4f5f6f7"),
            kind=2,
            start_time_unix_nano=1_000_000_000,
            end_time_unix_nano=1_002_500_000,
        )
        add(span.attributes, "http.status_code", int_value=200)
        add(span.attributes, "text", string_value="Größe\n\x1b[31m")
        add(span.attributes, "ratio", double_value=0.5)
        add(span.attributes, "cached", bool_value=True)
        add(span.attributes, "raw", bytes_value=b"\x00\xff")
        values = add(span.attributes, "list").array_value.values
        values.add(int_value=1)
        values.add(string_value="two")
    scope.spans.add(name="root", trace_id=b"\x01" * 16, span_id=b"\x02" * 8)
    return request


def logs_request():
    request = logs_service_pb2.ExportLogsServiceRequest()
    group = request.resource_logs.add()
    add(group.resource.attributes, "log_name", string_value="otel_access_log")
    scope = field(group, 2).add()
    record = field(scope, 2).add(
        time_unix_nano=7, severity_text="INFO", trace_id=bytes(range(16)), span_id=bytes(range(8))
    )
    members = record.body.kvlist_value.values
    members.add(key="path").value.string_value = "/get"
    members.add(key="code").value.int_value = 404
    add(record.attributes, "env", string_value="test")
    return request


address, count = sys.argv[1], int((sys.argv[2:] or ["1"])[0])
with grpc.insecure_channel(address) as channel:
    trace_service_pb2_grpc.TraceServiceStub(channel).Export(trace_request(count), timeout=10)
    logs_service_pb2_grpc.LogsServiceStub(channel).Export(logs_request(), timeout=10)
    metrics_service_pb2_grpc.MetricsServiceStub(channel).Export(
        metrics_service_pb2.ExportMetricsServiceRequest(), timeout=10
    )
    try:
        channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")(b"\xff", timeout=10)
    except grpc.RpcError as error:
        print(error.code().name, error.details())
