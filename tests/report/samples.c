#include "samples.h"

#include <string.h>

#include "findings/findings.h"
#include "trace/build.h"

#define AT_US(us) ((hs_time)(us)*HS_MICROSECOND)

static hs_moment kernel(int64_t us)
{
    return (hs_moment){AT_US(us), HS_CLOCK_KERNEL};
}

static hs_moment user(int64_t us)
{
    return (hs_moment){AT_US(us), HS_CLOCK_USER};
}

static hs_trace *begin(const char *url, const char *scheme, const char *host, uint16_t port)
{
    hs_trace_config config = {.keep_bytes = true};
    hs_trace *trace = hs_trace_new(&config);
    trace->at = INT64_C(1767225600) * HS_SECOND + 123456789; /* 2026-01-01T00:00:00 */
    trace->vantage = "laptop";
    trace->target.url = url;
    trace->target.scheme = scheme;
    trace->target.host = host;
    trace->target.port = port;
    trace->target.path = "/";
    return trace;
}

static hs_trace *end(hs_trace *trace, int64_t us)
{
    hs_trace_mark(trace, HS_MILESTONE_END, user(us));
    if (hs_trace_finish(trace) != HS_OK || hs_findings_run(trace) != HS_OK) {
        hs_trace_free(trace);
        return NULL;
    }
    return trace;
}

static hs_event *message(hs_trace *trace, hs_side from, const char *name, hs_layer layer,
                         uint64_t first, hs_bytes raw, bool is_protected)
{
    hs_message m = {.from = from,
                    .layer = layer,
                    .name = name,
                    .is_protected = is_protected,
                    .bytes = raw.len,
                    .raw = raw,
                    .first = first,
                    .end = first + raw.len};
    return hs_trace_add_event(trace, &m);
}

static void connected(hs_trace *trace, const char *address, int family)
{
    static hs_attempt attempt;
    attempt = (hs_attempt){
        .address = address, .family = family, .start = AT_US(210), .end = AT_US(241), .won = true};
    trace->target.address = address;
    trace->target.family = family;
    hs_attempt *attempts = HS_ARENA_NEW(hs_trace_arena(trace), hs_attempt);
    *attempts = attempt;
    trace->target.attempts = attempts;
    trace->target.attempt_count = 1;
    hs_trace_mark(trace, HS_MILESTONE_DNS_START, user(0));
    hs_trace_mark(trace, HS_MILESTONE_DNS_DONE, user(210));
    hs_trace_mark(trace, HS_MILESTONE_SYN, user(210));
    hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, (hs_moment){AT_US(241), HS_CLOCK_TCP_INFO});
    hs_tcp_facts *tcp = &trace->tcp;
    tcp->present = true;
    tcp->mss = 1460;
    tcp->window_scale = tcp->sack = tcp->timestamps = HS_YES;
    tcp->ecn = HS_NO;
    tcp->rtt_us = 31;
    tcp->syn_retransmits = tcp->retransmits = 0;
    tcp->fast_open = "not_used";
    tcp->congestion_control = "cubic";
    tcp->ended = "client_fin";
}

static void certificates(hs_trace *trace)
{
    static const char *const names[] = {"example.test", "www.example.test", "127.0.0.1"};
    static const uint8_t der[700];
    static const hs_certificate chain[] = {
        {.subject = "CN=example.test",
         .issuer = "CN=Local CA,O=Example",
         .serial = "0a1b2c",
         .not_before = 1764547200,
         .not_after = 1774915200,
         .key = "RSA 2048",
         .signature = "sha256WithRSAEncryption",
         .names = names,
         .name_count = 3,
         .sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
         .pin = "sha256//MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
         .der = {der, sizeof der}},
        {.subject = "CN=Local CA,O=Example",
         .issuer = "CN=Local CA,O=Example",
         .serial = "01",
         .not_before = 1764547200,
         .not_after = 2074915200,
         .key = "EC P-256",
         .signature = "ecdsa-with-SHA256",
         .der = {der, sizeof der}},
    };
    trace->certificates = chain;
    trace->certificate_count = 2;
}

static void tls13(hs_trace *trace)
{
    trace->tls.present = true;
    trace->tls.version = 0x0304;
    trace->tls.has_cipher = true;
    trace->tls.cipher = 0x1302;
    trace->tls.group = 0x001d;
    trace->tls.signature = 0x0804;
    trace->tls.alpn = "h2";
    trace->tls.server_name = "example.test";
    trace->tls.resumed = HS_NO;
    trace->tls.early_data = HS_EARLY_DATA_NOT_OFFERED;
    trace->tls.hello_retry_request = HS_NO;
    trace->tls.ocsp_stapled = HS_NO;
    trace->tls.client_certificate_requested = HS_NO;
    trace->tls.tickets = 2;
    trace->tls.ja3 = "00112233445566778899aabbccddeeff";
    trace->tls.ja3s = "ffeeddccbbaa99887766554433221100";
    trace->tls.ja4 = "t13d1516h2_8daaf6152771_b186095e22b6";
    trace->tls.verify_code = 0;
    trace->tls.verify = "ok";
}

static hs_trace *https_h2(void)
{
    static const uint8_t bytes[48] = {1, 0, 0, 44, 3, 3};
    static const hs_setting settings[] = {{3, 128}, {4, 65536}, {0x1a2a, 7}};
    hs_trace *trace = begin("https://example.test:8443/", "https", "example.test", 8443);
    connected(trace, "127.0.0.1", 4);
    tls13(trace);
    certificates(trace);
    hs_trace_add_segment(trace, HS_CLIENT, 517, kernel(655));
    hs_trace_add_segment(trace, HS_SERVER, 2200, kernel(2900));
    hs_trace_add_segment(trace, HS_CLIENT, 150, kernel(3415));
    hs_trace_add_segment(trace, HS_SERVER, 300, kernel(3990));
    hs_trace_mark_byte(trace, HS_MILESTONE_TLS_START, HS_CLIENT, 0);
    hs_trace_mark_byte(trace, HS_MILESTONE_TLS_DONE, HS_CLIENT, 517);
    hs_trace_mark_byte(trace, HS_MILESTONE_SETTINGS_START, HS_CLIENT, 600);
    hs_trace_mark_byte(trace, HS_MILESTONE_SETTINGS_DONE, HS_SERVER, 2210);
    hs_trace_mark_byte(trace, HS_MILESTONE_REQUEST, HS_CLIENT, 650);
    hs_trace_mark_byte(trace, HS_MILESTONE_FIRST_RESPONSE, HS_SERVER, 2400);
    hs_event *hello = message(trace, HS_CLIENT, "ClientHello", HS_LAYER_TLS, 0,
                              (hs_bytes){bytes, sizeof bytes}, false);
    hs_event_add_text(trace, hello, "server_name", "example.test");
    hs_event_add_text(trace, hello, "supported_versions", "TLSv1.3");
    hs_event_add_text(trace, hello, "supported_versions", "TLSv1.2");
    hs_event_add_number(trace, hello, "key_shares", 1);
    (void)message(trace, HS_SERVER, "ServerHello", HS_LAYER_TLS, 0, (hs_bytes){bytes, 40}, false);
    (void)message(trace, HS_SERVER, "EncryptedExtensions", HS_LAYER_TLS, 200, (hs_bytes){bytes, 20},
                  true);
    (void)message(trace, HS_CLIENT, "Finished", HS_LAYER_TLS, 520, (hs_bytes){bytes, 36}, true);
    (void)message(trace, HS_SERVER, "SETTINGS", HS_LAYER_HTTP2, 2210, (hs_bytes){bytes, 27}, true);
    trace->http = (hs_http_facts){
        .present = true, .version = "HTTP/2", .status = 200, .server = "nginx/1.22.1"};
    trace->http2 = (hs_http2_facts){.present = true, .settings = settings, .setting_count = 3};
    return end(trace, 4100);
}

static hs_trace *wss_tls12(void)
{
    hs_trace *trace = begin("wss://example.test:9000/chat", "wss", "example.test", 9000);
    connected(trace, "::1", 6);
    tls13(trace);
    certificates(trace);
    trace->tls.version = 0x0303;
    trace->tls.cipher = 0xc02f;
    trace->tls.alpn = NULL;
    trace->tls.hello_retry_request = HS_UNSEEN;
    trace->tls.verify_code = 18;
    trace->tls.verify = "self-signed certificate";
    hs_trace_add_segment(trace, HS_CLIENT, 300, kernel(500));
    hs_trace_add_segment(trace, HS_SERVER, 14600, kernel(10500));
    hs_trace_add_segment(trace, HS_SERVER, 5400, kernel(40500));
    hs_trace_add_segment(trace, HS_CLIENT, 150, kernel(41000));
    hs_trace_add_segment(trace, HS_SERVER, 60, kernel(81000));
    hs_trace_add_segment(trace, HS_CLIENT, 200, kernel(81100));
    hs_trace_add_segment(trace, HS_SERVER, 200, kernel(121100));
    hs_trace_mark_byte(trace, HS_MILESTONE_TLS_START, HS_CLIENT, 0);
    hs_trace_mark_byte(trace, HS_MILESTONE_TLS_DONE, HS_SERVER, 20010);
    hs_trace_mark_byte(trace, HS_MILESTONE_UPGRADE_START, HS_CLIENT, 450);
    hs_trace_mark_byte(trace, HS_MILESTONE_UPGRADE_DONE, HS_SERVER, 20200);
    trace->tcp.rtt_us = 40000;
    trace->tcp.fast_open = "syn_data_acknowledged";
    trace->tcp.syn_data_acknowledged = HS_YES;
    trace->websocket = (hs_websocket_facts){.present = true,
                                            .status = 101,
                                            .accepted = HS_YES,
                                            .subprotocol = "chat",
                                            .extensions = "permessage-deflate",
                                            .has_upgrade = HS_YES};
    return end(trace, 121200);
}

static hs_trace *refused(void)
{
    static const hs_attempt attempts[] = {
        {.address = "::1",
         .family = 6,
         .start = AT_US(40),
         .end = AT_US(75),
         .failure = HS_FAILURE_TCP_REFUSED,
         .os_errno = 111},
        {.address = "127.0.0.1",
         .family = 4,
         .start = AT_US(80),
         .end = AT_US(112),
         .failure = HS_FAILURE_TCP_REFUSED,
         .os_errno = 111},
    };
    hs_trace *trace = begin("tcp://localhost:1/", "tcp", "localhost", 1);
    trace->target.attempts = attempts;
    trace->target.attempt_count = 2;
    hs_trace_mark(trace, HS_MILESTONE_DNS_START, user(0));
    hs_trace_mark(trace, HS_MILESTONE_DNS_DONE, user(40));
    hs_trace_mark(trace, HS_MILESTONE_SYN, user(40));
    hs_trace_fail(trace, HS_FAILURE_TCP_REFUSED, HS_PHASE_TCP, AT_US(112),
                  "127.0.0.1:1 refused the connection");
    trace->failure.os_errno = 111;
    return end(trace, 112);
}

static hs_trace *expired(void)
{
    static const uint8_t bytes[7] = {21, 3, 3, 0, 2, 2, 45};
    hs_trace *trace = begin("tls://example.test:443", "tls", "example.test", 443);
    connected(trace, "192.0.2.7", 4);
    tls13(trace);
    certificates(trace);
    trace->at = INT64_C(1780000000) * HS_SECOND;
    trace->tls.verify_code = 10;
    trace->tls.verify = "certificate has expired";
    trace->tls.has_alert = true;
    trace->tls.alert_from = HS_CLIENT;
    trace->tls.alert_level = 2;
    trace->tls.alert_description = 45;
    hs_trace_add_segment(trace, HS_CLIENT, 517, kernel(600));
    hs_trace_add_segment(trace, HS_SERVER, 2200, kernel(1600));
    hs_trace_add_segment(trace, HS_CLIENT, 24, kernel(1900));
    hs_trace_mark_byte(trace, HS_MILESTONE_TLS_START, HS_CLIENT, 0);
    (void)message(trace, HS_CLIENT, "Alert", HS_LAYER_TLS, 517, (hs_bytes){bytes, 7}, true);
    hs_trace_fail(trace, HS_FAILURE_TLS_CERT_DATE_INVALID, HS_PHASE_TLS, AT_US(1950),
                  "the certificate of example.test expired 59 days ago");
    trace->failure.alert = 45;
    trace->failure.verify = 10;
    return end(trace, 1950);
}

/* Nothing was seen; and what stands there is not what a renderer may trust. */
static hs_trace *hostile(void)
{
    hs_trace *trace = begin("http://a\x1b[31m.test/\xff", "http", "a\x1b[31m.test", 80);
    static const uint8_t bytes[20] = {0x1b, '[', '2', 'J'};
    trace->vantage = "bell\a and \xc2\x9b"
                     "31m";
    trace->target.address = "192.0.2.1";
    trace->target.family = 4;
    trace->http = (hs_http_facts){.present = true,
                                  .version = "HTTP/1.1",
                                  .status = 302,
                                  .server = "evil\r\nX: y\x7f",
                                  .location = "\x1b]0;title\a"};
    trace->events_dropped = 3;
    hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, user(1));
    hs_trace_mark(trace, HS_MILESTONE_REQUEST, user(2));
    hs_trace_mark(trace, HS_MILESTONE_FIRST_RESPONSE, user(3));
    hs_trace_add_segment(trace, HS_CLIENT, 20, user(10));
    hs_event *event = message(trace, HS_CLIENT, "na\nme", HS_LAYER_DATA, 0,
                              (hs_bytes){bytes, sizeof bytes}, false);
    hs_event_add_text(trace, event, "text", "\x1b[31mred\x1b[0m");
    for (int i = 0; i < 40; i++) {
        hs_event_add_number(trace, event, "again", i);
    }
    return end(trace, 5);
}

/* Whole, malformed and unknown messages, as -vv shows them. */
static hs_trace *fields(void)
{
    static const uint8_t alert[] = {2, 45};
    static const uint8_t server_hello[] = {
        2,    0,    0,    38,   3,    3,    0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
        0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5,
        0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0,    0xc0, 0x2f, 0};
    static const uint8_t malformed[] = {2, 0, 0, 6, 3, 3, 0xa0, 0xa1, 0xa2, 0xa3};
    static const uint8_t unknown[] = "these bytes are of no protocol";
    hs_trace *trace = begin("tls://192.0.2.1:443", "tls", "192.0.2.1", 443);
    hs_trace_add_segment(trace, HS_SERVER, 200, kernel(100));
    hs_event *event = message(trace, HS_SERVER, "ServerHello", HS_LAYER_TLS, 0,
                              (hs_bytes){server_hello, sizeof server_hello}, false);
    event->type = 22 << 8 | 2;
    event = message(trace, HS_SERVER, "ServerHello", HS_LAYER_TLS, 50,
                    (hs_bytes){malformed, sizeof malformed}, false);
    event->type = 22 << 8 | 2;
    event = message(trace, HS_SERVER, "Alert", HS_LAYER_TLS, 80, (hs_bytes){alert, sizeof alert},
                    true);
    event->type = 21 << 8;
    (void)message(trace, HS_SERVER, "data", HS_LAYER_DATA, 90,
                  (hs_bytes){unknown, sizeof unknown - 1}, false);
    return end(trace, 200);
}

static hs_trace *nothing(void)
{
    return begin("tcp://192.0.2.1:7/", "tcp", "192.0.2.1", 7);
}

static hs_moment packet(int64_t us)
{
    return (hs_moment){AT_US(us), HS_CLOCK_CAPTURE};
}

static void put_tcp_event(hs_trace *trace, hs_side from, const char *name, int64_t us,
                          uint32_t sequence, int64_t acknowledgment)
{
    hs_message m = {.from = from, .layer = HS_LAYER_TCP, .name = name};
    hs_event *event = hs_trace_add_event_at(trace, &m, packet(us), 0);
    hs_event_add_number(trace, event, "seq", sequence);
    if (acknowledgment >= 0) {
        hs_event_add_number(trace, event, "ack", acknowledgment);
    }
}

/* A connection in a capture, from its SYN to the ACK, and lost in the middle. */
static hs_trace *captured(void)
{
    static const hs_tcp_transition states[] = {
        {0, HS_CLIENT, "CLOSED", "SYN-SENT"},
        {AT_US(1000), HS_SERVER, "LISTEN", "SYN-RECEIVED"},
        {AT_US(1500), HS_CLIENT, "SYN-SENT", "ESTABLISHED"},
        {AT_US(1500), HS_SERVER, "SYN-RECEIVED", "ESTABLISHED"},
    };
    hs_trace *trace = begin(NULL, NULL, NULL, 443);
    trace->target.path = NULL;
    trace->target.address = "2001:db8::2";
    trace->target.family = 6;
    trace->vantage = "office.pcapng";
    trace->capture = (hs_capture_facts){.present = true,
                                        .file = "office.pcapng",
                                        .first_packet = 17,
                                        .packets = 12,
                                        .client_address = "2001:db8::1",
                                        .client_port = 50123,
                                        .missing_bytes = 1448,
                                        .truncated_packets = 1,
                                        .conflicting_bytes = 3};
    hs_tcp_facts *tcp = &trace->tcp;
    tcp->present = true;
    tcp->client = (hs_tcp_side){true,  4294967295,        1440, 7, HS_YES, HS_YES, HS_NO,
                                HS_NO, "cookie_requested"};
    tcp->server = (hs_tcp_side){true, 1, 1440, -1, HS_NO, HS_YES, HS_NO, HS_UNSEEN, NULL};
    tcp->rtt_server = AT_US(1000);
    tcp->rtt_client = AT_US(500);
    tcp->syn_retransmits = 1;
    tcp->syn_ack_retransmits = 0;
    tcp->states = states;
    tcp->state_count = sizeof states / sizeof states[0];
    hs_trace_mark(trace, HS_MILESTONE_SYN, packet(0));
    hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, packet(1500));
    put_tcp_event(trace, HS_CLIENT, "SYN", 0, UINT32_MAX, -1);
    put_tcp_event(trace, HS_SERVER, "SYN-ACK", 1000, 1, 0);
    put_tcp_event(trace, HS_CLIENT, "ACK", 1500, 0, 2);
    hs_trace_mark(trace, HS_MILESTONE_END, packet(1600));
    return hs_trace_finish(trace) == HS_OK ? trace : NULL;
}

static const uint8_t client_parameters[] = {
    0x01, 0x02, 0x67, 0x10, /* max_idle_timeout 10000 */
    0x0f, 0x02, 0xaa, 0xbb, /* initial_source_connection_id */
    0x0c, 0x00};            /* disable_active_migration */
static const uint8_t server_parameters[] = {
    0x00, 0x03, 1,    2, 3, /* original_destination_connection_id */
    0x11, 0x0c, 0,    0, 0, 1, 0x6b, 0x33, 0x43, 0xcf, 0, 0, 0, 1, /* version_information */
    0x40, 0x6c, 0x01, 9,                                           /* 31 * 3 + 15: of no name */
    0x05, 0x01, 0xff}; /* initial_max_stream_data_bidi_local, which is malformed */

/* HTTP/3 after a Retry, with a packet lost, and a close. */
static hs_trace *http3(void)
{
    static const hs_http3_setting_fact settings[] = {{1, 4096}, {7, 16}, {0x33, 1}, {0x4040, 5}};
    static const uint32_t offered[] = {1, 0x6b3343cf, 0xff00001d, 0x1a2a3a4a};
    hs_trace *trace = begin("https://example.test:8443/", "https", "example.test", 8443);
    trace->target.address = "192.0.2.7";
    trace->target.family = 4;
    tls13(trace);
    trace->tls.alpn = "h3";
    trace->tls.ja4 = "q13d0312h3_55b375c5d22e_06cda9e17597";
    hs_trace_add_segment(trace, HS_CLIENT, 1200, kernel(300));
    hs_trace_add_segment(trace, HS_SERVER, 120, kernel(20300));
    hs_trace_add_segment(trace, HS_CLIENT, 1200, kernel(20500));
    hs_trace_add_segment(trace, HS_SERVER, 1200, kernel(40700));
    hs_trace_add_segment(trace, HS_CLIENT, 300, kernel(41000));
    hs_trace_add_segment(trace, HS_SERVER, 200, kernel(61300));
    hs_trace_mark_byte(trace, HS_MILESTONE_QUIC_START, HS_CLIENT, 0);
    hs_trace_mark_byte(trace, HS_MILESTONE_QUIC_DONE, HS_CLIENT, 2400);
    hs_trace_mark_byte(trace, HS_MILESTONE_SETTINGS_START, HS_CLIENT, 2450);
    hs_trace_mark_byte(trace, HS_MILESTONE_SETTINGS_DONE, HS_SERVER, 1320);
    hs_trace_mark_byte(trace, HS_MILESTONE_REQUEST, HS_CLIENT, 2500);
    hs_trace_mark_byte(trace, HS_MILESTONE_FIRST_RESPONSE, HS_SERVER, 1400);
    trace->quic = (hs_quic_facts){
        .present = true,
        .version = 0x6b3343cf,
        .original_version = 1,
        .retry = HS_YES,
        .version_negotiation = HS_NO,
        .offered_versions = offered,
        .offered_version_count = 4,
        .early_data = HS_EARLY_DATA_NOT_OFFERED,
        .token = HS_NO,
        .original_dcid = "0102030405060708",
        .client_cid = "aabb",
        .server_cid = "ccdd",
        .client_parameters = {true, {client_parameters, sizeof client_parameters}},
        .server_parameters = {true, {server_parameters, sizeof server_parameters}},
        .amplification_limited = HS_YES,
        .handshake_confirmed = HS_YES,
        .new_tokens = 1,
        .retransmits = 1,
        .lost = 1,
        .probe_timeouts = 1,
        .rtt_server = AT_US(20000),
        .rtt_client = HS_TIME_NONE,
        .stateless_reset = HS_UNSEEN,
        .close = {.present = true,
                  .from = HS_CLIENT,
                  .is_application = true,
                  .error = 0x100,
                  .reason = "done"}};
    trace->http = (hs_http_facts){.present = true, .version = "HTTP/3", .status = 200};
    trace->http3 = (hs_http3_facts){.present = true,
                                    .settings = settings,
                                    .setting_count = 4,
                                    .has_goaway = true,
                                    .goaway_id = UINT64_C(4611686018427387900)};
    hs_event *event = message(trace, HS_CLIENT, "Datagram", HS_LAYER_UDP, 0, (hs_bytes){0}, false);
    hs_event_add_number(trace, event, "packets", 1);
    (void)message(trace, HS_SERVER, "Retry", HS_LAYER_QUIC, 0, (hs_bytes){0}, false);
    (void)message(trace, HS_SERVER, "SETTINGS", HS_LAYER_HTTP3, 1330, (hs_bytes){0}, true);
    return end(trace, 61900);
}

const hs_sample hs_samples[] = {
    {"https_h2", https_h2}, {"wss_tls12", wss_tls12},
    {"refused", refused},   {"expired", expired},
    {"hostile", hostile},   {"nothing", nothing},
    {"fields", fields},     {"captured", captured},
    {"http3", http3},       {0},
};
