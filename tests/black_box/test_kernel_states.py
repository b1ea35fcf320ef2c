"""The states that `read` infers from a capture are those that the kernel's sockets went through.

The kernel tells each change by its tracepoint sock:inet_sock_set_state; a capture of the same
connections goes to `read`. What can be compared, and is:

- The kernel's SYN_RECV is SYN-RECEIVED, and its CLOSE is CLOSED. A passive socket comes into being in
  SYN_RECV (told as LISTEN -> SYN_RECV); what it was before, a request, has no socket and no event.
- TIME-WAIT, and FIN-WAIT-2 where the process has let go of its socket, are held by a small timewait
  socket without events: the socket itself goes to CLOSE. So a sequence is compared up to where the
  kernel has CLOSE and `read` has FIN-WAIT-2 or TIME-WAIT, and the kernel's CLOSE must be its last.
- A change on the arrival of a packet is in the kernel's order; both are compared for each end alone.
"""
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import time

import pytest

from kit.capture import Capture
from kit.probe import validate
from kit.process import Child

TRACER = """
set -e
ip link set lo up
mount -t tracefs none "$1"
mkdir "$1/instances/$2"
echo 1 > "$1/instances/$2/events/sock/inet_sock_set_state/enable"
echo ready
read -r line
cat "$1/instances/$2/trace"
echo 0 > "$1/instances/$2/events/sock/inet_sock_set_state/enable"
rmdir "$1/instances/$2"
"""
NAMES = {"TCP_SYN_SENT": "SYN-SENT", "TCP_SYN_RECV": "SYN-RECEIVED", "TCP_NEW_SYN_RECV": "SYN-RECEIVED",
         "TCP_ESTABLISHED": "ESTABLISHED", "TCP_FIN_WAIT1": "FIN-WAIT-1", "TCP_FIN_WAIT2": "FIN-WAIT-2",
         "TCP_CLOSE_WAIT": "CLOSE-WAIT", "TCP_CLOSING": "CLOSING", "TCP_LAST_ACK": "LAST-ACK",
         "TCP_TIME_WAIT": "TIME-WAIT", "TCP_CLOSE": "CLOSED", "TCP_LISTEN": "LISTEN"}
