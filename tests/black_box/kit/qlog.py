"""qlog files, read by RFC 7464 and judged by the CDDL of draft-ietf-quic-qlog-main-schema-14,
-quic-events-13 and -h3-events-13: required members, types, and no member that the drafts do not have."""
import json
import re

QUIC = "urn:ietf:params:qlog:events:quic-13"
HTTP3 = "urn:ietf:params:qlog:events:http3-13"
OWN = "urn:uuid:7daf2b97-cca5-570b-aab2-77d427580a12?=handshake"
DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


def uint(bits):
    return lambda v: isinstance(v, int) and not isinstance(v, bool) and 0 <= v < 1 << bits


u8, u16, u32, u64 = uint(8), uint(16), uint(32), uint(64)


def text(v):
    return isinstance(v, str)


def boolean(v):
    return isinstance(v, bool)


def number(v):
    return isinstance(v, (int, float)) and not isinstance(v, bool)


def anything(v):
    return True


def hexstring(v):
    return isinstance(v, str) and re.fullmatch("([0-9a-f]{2})*", v) is not None


def reset_token(v):
    return hexstring(v) and len(v) == 32


def one_of(*words):
    return lambda v: v in words


def either(*kinds):
    return lambda v: any(kind(v) for kind in kinds)


def array(kind, least=0, most=1 << 30):
    return lambda v: isinstance(v, list) and least <= len(v) <= most and all(map(kind, v))


def members(**kinds):
    """An object: a name that ends in '_' is required, the others may be there; no others may."""
    rows = {name.rstrip("_"): (kind, name.endswith("_")) for name, kind in kinds.items()}

    def check(v):
        return isinstance(v, dict) and all(k in rows and rows[k][0](v[k]) for k in v) and \
            all(k in v for k, (_, required) in rows.items() if required)
    return check


RAW = members(length=u64, payload_length=u64, data=hexstring)
INITIATOR = one_of("local", "remote")
VERSION = CONNECTION_ID = hexstring
ENDPOINT = members(ip_v4=text, port_v4=u16, ip_v6=text, port_v6=u16,
                   connection_ids=array(CONNECTION_ID, 1))
TOKEN = members(type=one_of("retry", "resumption"), details=anything, raw=RAW)
TRANSPORT_ERROR = either(
    one_of("no_error", "internal_error", "connection_refused", "flow_control_error",
           "stream_limit_error", "stream_state_error", "final_size_error", "frame_encoding_error",
           "transport_parameter_error", "connection_id_limit_error", "protocol_violation",
           "invalid_token", "application_error", "crypto_buffer_exceeded", "key_update_error",
           "aead_limit_reached", "no_viable_path", "unknown"),
    lambda v: re.fullmatch("crypto_error_0x1[0-9a-f][0-9a-f]", v) is not None)
APPLICATION_ERROR = one_of(
    "unknown", "http_no_error", "http_general_protocol_error", "http_internal_error",
    "http_stream_creation_error", "http_closed_critical_stream", "http_frame_unexpected",
    "http_frame_error", "http_excessive_load", "http_id_error", "http_settings_error",
    "http_missing_settings", "http_request_rejected", "http_request_cancelled",
    "http_request_incomplete", "http_early_response", "http_connect_error", "http_version_fallback")
STREAM_TYPE = one_of("unidirectional", "bidirectional")


def by_type(rows, required_raw=()):
    """A frame, by its frame_type."""
    checks = {name: members(frame_type_=text, **{"raw_" if name in required_raw else "raw": RAW},
                            **kinds) for name, kinds in rows.items()}
    return lambda v: isinstance(v, dict) and v.get("frame_type") in checks and \
        checks[v["frame_type"]](v)


QUIC_FRAMES = {
    "padding": {}, "ping": {}, "handshake_done": {}, "datagram": {},
    "ack": dict(ack_delay=number, acked_ranges=array(array(u64, 1, 2), 1), ect1=u64, ect0=u64, ce=u64),
    "reset_stream": dict(stream_id_=u64, error_=APPLICATION_ERROR, error_code=u64, final_size_=u64),
    "stop_sending": dict(stream_id_=u64, error_=APPLICATION_ERROR, error_code=u64),
    "crypto": dict(offset_=u64),
    "new_token": dict(token_=TOKEN),
    "stream": dict(stream_id_=u64, offset=u64, fin=boolean),
    "max_data": dict(maximum_=u64),
    "max_stream_data": dict(stream_id_=u64, maximum_=u64),
    "max_streams": dict(stream_type_=STREAM_TYPE, maximum_=u64),
    "data_blocked": dict(limit_=u64),
    "stream_data_blocked": dict(stream_id_=u64, limit_=u64),
    "streams_blocked": dict(stream_type_=STREAM_TYPE, limit_=u64),
    "new_connection_id": dict(sequence_number_=u64, retire_prior_to_=u64, connection_id_length=u8,
                              connection_id_=CONNECTION_ID, stateless_reset_token=reset_token),
    "retire_connection_id": dict(sequence_number_=u64),
    "path_challenge": dict(data=hexstring), "path_response": dict(data=hexstring),
    "connection_close": dict(error_space=one_of("transport", "application"),
                             error=either(TRANSPORT_ERROR, APPLICATION_ERROR), error_code=u64,
                             reason=text, reason_bytes=hexstring,
                             trigger_frame_type=either(u64, text)),
    "unknown": dict(frame_type_bytes_=u64),
}
QUIC_FRAME = by_type(QUIC_FRAMES, required_raw=("crypto",))
HEADER = members(
    packet_type_=one_of("initial", "handshake", "0RTT", "1RTT", "retry", "version_negotiation",
                        "stateless_reset", "unknown"),
    packet_type_bytes=u64, spin_bit=boolean, key_phase=u64, key_phase_bit=boolean,
    packet_number_length=u8, packet_number=u64, token=TOKEN, length=u16, version=VERSION, scil=u8,
    dcil=u8, scid=CONNECTION_ID, dcid=CONNECTION_ID)
PACKET = members(header_=HEADER, frames=array(QUIC_FRAME), stateless_reset_token=reset_token,
                 supported_versions=array(VERSION, 1), raw=RAW, datagram_id=u32)
DATAGRAMS = members(count=u16, raw=array(RAW, 1), datagram_ids=array(u32, 1),
                    ecn=array(one_of("Not-ECT", "ECT(1)", "ECT(0)", "CE"), 1))
STATE = one_of("attempted", "handshake_started", "handshake_complete", "closed", "peer_validated",
               "early_write", "handshake_confirmed", "closing", "draining")
ALPN = members(byte_value=hexstring, string_value=text)
PREFERRED = members(ip_v4=text, port_v4=u16, ip_v6=text, port_v6=u16, connection_id_=CONNECTION_ID,
                    stateless_reset_token_=reset_token)
PARAMETERS = members(
    initiator=INITIATOR, resumption_allowed=boolean, early_data_enabled=boolean, tls_cipher=text,
    original_destination_connection_id=CONNECTION_ID, initial_source_connection_id=CONNECTION_ID,
    retry_source_connection_id=CONNECTION_ID, stateless_reset_token=reset_token,
    disable_active_migration=boolean, preferred_address=PREFERRED, grease_quic_bit=boolean,
    reset_stream_at=boolean,
    unknown_parameters=array(members(id_=u64, value=hexstring)),
    **{name: u64 for name in (
        "max_idle_timeout", "max_udp_payload_size", "ack_delay_exponent", "max_ack_delay",
        "active_connection_id_limit", "initial_max_data", "initial_max_stream_data_bidi_local",
        "initial_max_stream_data_bidi_remote", "initial_max_stream_data_uni",
        "initial_max_streams_bidi", "initial_max_streams_uni", "max_datagram_frame_size")})

FIELD = members(name=text, name_bytes=hexstring, value=text, value_bytes=hexstring)
SETTING = members(
    name=one_of("settings_qpack_max_table_capacity", "settings_max_field_section_size",
                "settings_qpack_blocked_streams", "settings_enable_connect_protocol",
                "settings_h3_datagram", "reserved", "unknown"), name_bytes=u64, value_=u64)
HTTP3_FRAME = by_type({
    "data": {}, "headers": dict(headers_=array(FIELD)), "cancel_push": dict(push_id_=u64),
    "settings": dict(settings_=array(SETTING)),
    "push_promise": dict(push_id_=u64, headers_=array(FIELD)), "goaway": dict(id_=u64),
    "max_push_id": dict(push_id_=u64), "reserved": dict(frame_type_bytes_=u64),
    "unknown": dict(frame_type_bytes_=u64),
    "priority_update": dict(stream_id=u64, push_id=u64, priority_field_value_=text)})
MESSAGE = members(from_=one_of("client", "server"), layer_=text, message_=text, encrypted_=boolean,
                  raw=RAW, details=lambda v: isinstance(v, dict))

EVENTS = {
    "quic:connection_started": members(local_=ENDPOINT, remote_=ENDPOINT),
    "quic:connection_closed": members(
        initiator=INITIATOR, connection_error=TRANSPORT_ERROR, application_error=APPLICATION_ERROR,
        error_code=u64, internal_code=u64, reason=text,
        trigger=one_of("idle_timeout", "application", "error", "version_mismatch",
                       "stateless_reset", "aborted", "unspecified")),
    "quic:connection_state_updated": members(old=STATE, new_=STATE),
    "quic:version_information": members(server_versions=array(VERSION, 1),
                                        client_versions=array(VERSION, 1), chosen_version=VERSION),
    "quic:alpn_information": members(server_alpns=array(ALPN), client_alpns=array(ALPN),
                                     chosen_alpn=ALPN),
    "quic:parameters_set": PARAMETERS,
    "quic:packet_sent": PACKET, "quic:packet_received": PACKET,
    "quic:udp_datagrams_sent": DATAGRAMS, "quic:udp_datagrams_received": DATAGRAMS,
    "quic:key_updated": members(
        key_type_=one_of("client_1rtt_secret", "server_1rtt_secret"), key_phase=u64,
        trigger=one_of("tls", "remote_update", "local_update")),
    "http3:parameters_set": members(
        initiator=INITIATOR, max_field_section_size=u64, max_table_capacity=u64,
        blocked_streams_count=u64, extended_connect=u16, h3_datagram=u16),
    "http3:stream_type_set": members(initiator=INITIATOR, stream_id_=u64,
                                     stream_type_=one_of("control", "push")),
    "http3:frame_created": members(stream_id_=u64, frame_=HTTP3_FRAME),
    "http3:frame_parsed": members(stream_id_=u64, frame_=HTTP3_FRAME),
    "handshake:tcp_packet": MESSAGE, "handshake:tls_message": MESSAGE,
    "handshake:application_message": MESSAGE,
}
LOG = members(
    file_schema_=one_of("urn:ietf:params:qlog:file:sequential"),
    serialization_format_=one_of("application/qlog+json-seq"), title=text, description=text,
    trace_=members(
        title=text, description=text,
        common_fields=members(
            time_format=one_of("relative_to_epoch"), group_id=hexstring,
            reference_time=members(
                clock_type_=one_of("system", "monotonic"),
                epoch_=lambda v: v == "unknown" or re.fullmatch(DATE, v) is not None,
                wall_clock_time=lambda v: re.fullmatch(DATE, v) is not None)),
        vantage_point=members(name=text, type_=one_of("client", "network"), flow=one_of("client")),
        event_schemas_=array(text, 1)))
EVENT = members(time_=number, name_=text, data_=lambda v: isinstance(v, dict))
SCHEMAS = {"quic": QUIC, "http3": HTTP3, "handshake": OWN}


class Qlog:
    """A file, whole and judged."""

    def __init__(self, path):
        raw = path.read_bytes()
        assert raw[:1] == b"\x1e" and raw[-1:] == b"\n", "not JSON text sequences"
        records = raw[1:].split(b"\x1e")
        assert all(r.endswith(b"\n") and r.count(b"\n") == 1 for r in records)
        assert b'"serialization_format"' in raw[:256], "the drafts want it near the beginning"
        self.header, *self.events = [json.loads(r) for r in records]
        assert LOG(self.header), self.header
        for event in self.events:
            assert EVENT(event) and EVENTS[event["name"]](event["data"]), event
        times = [e["time"] for e in self.events]
        assert times == sorted(times), "events are not in order of time"
        used = {SCHEMAS[e["name"].split(":")[0]] for e in self.events}
        assert set(self.schemas) == used, (self.schemas, used)

    @property
    def schemas(self):
        return self.header["trace"]["event_schemas"]

    def data(self, name):
        return [e["data"] for e in self.events if e["name"] == name]

    def frames(self):
        return [f["frame_type"] for e in self.events for f in e["data"].get("frames", ())]

    def packet_numbers(self):
        """Of each side's packets, in order."""
        return {side: [p["header"]["packet_number"] for p in self.data(name)
                       if "packet_number" in p["header"]]
                for side, name in (("client", "quic:packet_sent"), ("server", "quic:packet_received"))}
