"""Sends a subsegment to AWS X-Ray for each request to the search service, if X-Ray traces the invocation.

The X-Ray SDK is not used: it gets only security fixes since February 2026 and none from February 2027
(https://docs.aws.amazon.com/xray/latest/devguide/xray-daemon-eos.html). OpenTelemetry, its successor, adds a layer that
makes the cold start much longer. Lambda runs the X-Ray daemon, whose protocol is documented:
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html and
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html.
"""

import json
import os
import socket

DAEMON_HEADER = b'{"format": "json", "version": 1}\n'
SUBSEGMENT_NAME = "search"


def send_subsegment(*, method: str, url: str, start: float, end: float, status: int | None) -> None:
    """Send a subsegment about one request. Do nothing if the invocation is not traced.

    A problem with tracing never fails the invocation.

    Args:
        method: the HTTP method.
        url: the URL without a query.
        start: the time of the request in seconds since 1970.
        end: the time of the response, or of the failure.
        status: the HTTP status, or None if there was no response.
    """
    # Lambda sets this variable anew for each invocation.
    trace = dict(part.strip().partition("=")[::2] for part in os.environ.get("_X_AMZN_TRACE_ID", "").split(";"))
    host, _, port = os.environ.get("AWS_XRAY_DAEMON_ADDRESS", "").rpartition(":")
    if trace.get("Sampled") != "1" or "Root" not in trace or "Parent" not in trace or not host or not port.isdecimal():
        return
    document = {
        "type": "subsegment",
        "name": SUBSEGMENT_NAME,
        "id": os.urandom(8).hex(),
        "trace_id": trace["Root"],
        "parent_id": trace["Parent"],
        "start_time": start,
        "end_time": end,
        # Makes X-Ray show the search service as a node of the trace map.
        "namespace": "remote",
        "http": {"request": {"method": method, "url": url}} | ({"response": {"status": status}} if status else {}),
        # The meaning of these flags: error for 4xx, throttle for 429, fault for 5xx and for no response.
        "error": status is not None and 400 <= status < 500,
        "throttle": status == 429,
        "fault": status is None or status >= 500,
    }
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
            daemon.setblocking(False)
            daemon.sendto(DAEMON_HEADER + json.dumps(document).encode(), (host, int(port)))
    except (OSError, OverflowError):
        # The daemon's buffer is full, or its address is not an IPv4 address: the trace is incomplete.
        return
