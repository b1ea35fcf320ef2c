/* The trace: one connection's handshakes as data, wherever they were seen.
 *
 * A trace is plain data in one arena: read its fields, do not change them, and end it with
 * hs_trace_free. Every pointer in it belongs to it. Strings are NUL-terminated UTF-8 in which
 * bytes from the peer that are not printable stand as \xNN.
 *
 * A value that was not observed is left at its "unseen" mark (HS_TIME_NONE, NULL, HS_UNSEEN or the
 * `has_…` flag); it is never guessed.
 */
#ifndef HANDSHAKE_TRACE_H
#define HANDSHAKE_TRACE_H

#include <stdbool.h>

#include <handshake/api.h>
#include <handshake/failure.h>
#include <handshake/time.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum hs_side { HS_CLIENT, HS_SERVER } hs_side;

/* A fact that may be unknown. */
typedef enum hs_seen { HS_UNSEEN = -1, HS_NO = 0, HS_YES = 1 } hs_seen;

/* X(symbol, name in the record, title for people) */
#define HS_PHASE_MAP(X)                                                                            \
    X(DNS, "dns", "DNS")                                                                           \
    X(TCP, "tcp", "TCP")                                                                           \
    X(TLS, "tls", "TLS")                                                                           \
    X(QUIC, "quic", "QUIC")                                                                        \
    X(SETTINGS, "settings", "settings")                                                            \
    X(UPGRADE, "upgrade", "upgrade")                                                               \
    X(RESPONSE, "response", "response")

typedef enum hs_phase {
#define HS_X(symbol, name, title) HS_PHASE_##symbol,
    HS_PHASE_MAP(HS_X)
#undef HS_X
        HS_PHASE_COUNT
} hs_phase;

HS_API const char *hs_phase_name(hs_phase phase);

/* The fixed points of a handshake. X(symbol, name) */
#define HS_MILESTONE_MAP(X)                                                                        \
    X(DNS_START, "dns_start")                                                                      \
    X(DNS_DONE, "dns_done")                                                                        \
    X(SYN, "syn")                             /* connect() to the address that won */              \
    X(ESTABLISHED, "established")             /* the SYN-ACK has come */                           \
    X(FIRST_FLIGHT, "first_flight")           /* first byte that the client sent */                \
    X(SERVER_FIRST_BYTE, "server_first_byte") /* first byte that the server sent */                \
    X(TLS_START, "tls_start")                 /* the ClientHello left */                           \
    X(TLS_DONE, "tls_done")                   /* the client may send application data */           \
    X(QUIC_START, "quic_start")               /* the first Initial packet left */                  \
    X(QUIC_DONE, "quic_done")                 /* the client may send 1-RTT packets */              \
    X(UPGRADE_START, "upgrade_start")         /* the WebSocket request left */                     \
    X(UPGRADE_DONE, "upgrade_done")           /* the end of its answer came */                     \
    X(SETTINGS_START, "settings_start")       /* our SETTINGS of HTTP/2 or HTTP/3 left */          \
    X(SETTINGS_DONE, "settings_done")         /* the server's SETTINGS came */                     \
    X(READY, "ready")                         /* the first application byte may be sent */         \
    X(REQUEST, "request")                     /* the request (or ping) left */                     \
    X(FIRST_RESPONSE, "first_response")       /* the first byte of its answer came */              \
    X(END, "end")                             /* all was done, or the failure was known */

typedef enum hs_milestone {
#define HS_X(symbol, name) HS_MILESTONE_##symbol,
    HS_MILESTONE_MAP(HS_X)
#undef HS_X
        HS_MILESTONE_COUNT
} hs_milestone;

HS_API const char *hs_milestone_name(hs_milestone milestone);

typedef struct hs_failure {
    hs_failure_class cls;   /* HS_FAILURE_NONE: the handshake succeeded */
    hs_phase phase;         /* where it happened */
    const char *message;    /* what happened, one sentence with the particulars */
    const char *advice;     /* what to do */
    const char *last_event; /* name of the last message seen, or NULL */
    hs_time elapsed;        /* from the trace's start */
    int os_errno;           /* 0 where the system gave none */
    int alert;              /* TLS alert description (RFC 8446 6), -1 where there was none */
    int verify;             /* X509_V_ERR_…, -1 where the chain was not verified */
} hs_failure;

/* One address that was tried (RFC 8305), in order of its start. */
typedef struct hs_attempt {
    const char *address;
    int family; /* 4 or 6 */
    hs_time start;
    hs_time end;              /* connected, failed or given up; HS_TIME_NONE while unknown */
    hs_failure_class failure; /* HS_FAILURE_NONE: this one won, or was given up for the winner */
    int os_errno;
    bool won;
} hs_attempt;

typedef struct hs_target {
    const char *url;
    const char *scheme;
    const char *host;
    uint16_t port;
    const char *path;    /* with the query; "/" where none was given */
    const char *address; /* the address in use, NULL before there is one */
    int family;          /* 4, 6 or 0 */
    const hs_attempt *attempts;
    size_t attempt_count;
} hs_target;

/* Where a trace from a capture comes from. */
typedef struct hs_capture_facts {
    bool present;
    const char *file;      /* or the device */
    uint64_t first_packet; /* counted from 1, as Wireshark does */
    uint64_t packets;      /* of this connection */
    bool midstream;        /* its SYN was not seen */
    const char *client_address;
    uint16_t client_port;
    uint64_t missing_bytes;     /* gaps in the streams, as long as they were followed */
    uint64_t truncated_packets; /* cut by the snapshot length */
    uint64_t conflicting_bytes; /* retransmitted with other contents; the first are kept */
} hs_capture_facts;

/* One run of bytes that crossed in one direction with one stamp (a packet, a recvmsg, a send). Of a
 * connection over UDP each datagram is one, and a side's stream is its datagrams one after another.
 */
typedef struct hs_segment {
    hs_moment moment;
    uint64_t offset; /* of its first byte in that direction's stream */
    uint32_t len;
    hs_side from;
} hs_segment;

/* How much of a phase is known. A phase that began and never ended has `end.at` HS_TIME_NONE. */
typedef struct hs_phase_span {
    bool present;
    hs_moment start;
    hs_moment end;
    int round_trips; /* times that the client waited for the network; -1 where not counted */
} hs_phase_span;

/* Where the time went. The parts add up to `total` exactly; a part not observed counts 0. */
typedef struct hs_accounting {
    bool present;
    hs_time path_rtt; /* R, HS_TIME_NONE where none was seen */
    hs_clock path_rtt_source;
    int round_trips_to_ready;
    hs_time total;
    hs_time dns;     /* name resolution */
    hs_time network; /* R for each wait for the path */
    hs_time server;  /* waits beyond R: the server's own time */
    hs_time client;  /* our own computing, between the last byte in and the next out */
    hs_time tail;    /* first to last byte of the server's flights */
    hs_time loss;    /* retransmission */
} hs_accounting;

/* What one side said in its SYN or SYN-ACK (RFC 9293 3.2), where that packet was seen. */
typedef struct hs_tcp_side {
    bool seen;
    uint32_t isn;
    int mss;            /* -1: not said */
    int window_scale;   /* shift; -1: not said (RFC 7323) */
    hs_seen sack;       /* SACK permitted (RFC 2018) */
    hs_seen timestamps; /* RFC 7323 */
    hs_seen ecn;        /* ECN setup (RFC 3168 6.1.1) */
    hs_seen mptcp;      /* MP_CAPABLE or MP_JOIN (RFC 8684) */
    const char
        *fast_open; /* RFC 7413: "cookie_requested", "cookie_given", "cookie_used"; NULL none */
} hs_tcp_side;

/* One step of one side through the states of RFC 9293 3.3.2. */
typedef struct hs_tcp_transition {
    hs_time at;
    hs_side side;
    const char *from; /* "SYN-SENT" */
    const char *to;
} hs_tcp_transition;

typedef struct hs_tcp_facts {
    bool present;
    hs_tcp_side client; /* from a capture */
    hs_tcp_side server;
    hs_time rtt_server; /* last SYN to SYN-ACK, at the capture's place on the path */
    hs_time rtt_client; /* SYN-ACK to the ACK that completes the handshake */
    const hs_tcp_transition *states;
    size_t state_count;
    uint16_t mss;         /* 0 unseen: of our sending side, as TCP_INFO has it */
    hs_seen window_scale; /* negotiated by both */
    hs_seen sack;
    hs_seen timestamps;
    hs_seen ecn;
    int64_t rtt_us; /* the kernel's own SYN round trip, -1 unseen; where Fast Open put data into the
                     * SYN, its smoothed round trip at the end */
    int syn_ack_retransmits;       /* -1 unseen */
    int syn_retransmits;           /* -1 unseen */
    int retransmits;               /* of data; -1 unseen */
    hs_seen syn_data_acknowledged; /* Fast Open: the SYN's own data was taken (RFC 7413) */
    const char *fast_open; /* "not_used", "cookie_requested", "syn_data_acknowledged", …; NULL */
    const char *congestion_control;
    const char *ended; /* "client_fin", "server_fin", "server_rst", …; NULL while open */
} hs_tcp_facts;

typedef enum hs_early_data {
    HS_EARLY_DATA_UNSEEN,
    HS_EARLY_DATA_NOT_OFFERED,
    HS_EARLY_DATA_ACCEPTED,
    HS_EARLY_DATA_REJECTED,
} hs_early_data;

typedef struct hs_tls_facts {
    bool present;
    uint16_t version; /* 0x0304 …; 0 unseen */
    bool has_cipher;
    uint16_t cipher;         /* IANA "TLS Cipher Suites" */
    uint16_t group;          /* IANA "TLS Supported Groups"; 0 unseen */
    uint16_t signature;      /* IANA "TLS SignatureScheme"; 0 unseen */
    const char *alpn;        /* chosen; NULL where none was, or it was not seen */
    const char *server_name; /* sent; NULL where none was */
    hs_seen resumed;
    hs_early_data early_data;
    hs_seen hello_retry_request;
    hs_seen ocsp_stapled;
    hs_seen client_certificate_requested;
    int tickets; /* NewSessionTicket messages seen */
    bool has_client_random;
    uint8_t client_random[32]; /* of the first ClientHello; names the connection in a key log */
    /* Up to TLS 1.2: of the full handshake whose session is resumed, where that was seen too. A key
     * log may have the master secret under this name alone. */
    bool has_session_random;
    uint8_t session_random[32];
    const char *ja3; /* MD5 in hex */
    const char *ja3s;
    const char *ja4;
    bool has_alert; /* the first fatal or closing alert but close_notify */
    hs_side alert_from;
    uint8_t alert_level;
    uint8_t alert_description;
    const char *verify; /* result of our own verification in words; NULL where not verified */
    int verify_code;    /* X509_V_…; -1 where not verified */
} hs_tls_facts;

typedef struct hs_certificate {
    const char *subject;
    const char *issuer;
    const char *serial; /* hex */
    int64_t not_before; /* seconds since the epoch */
    int64_t not_after;
    const char *key;          /* "RSA 2048", "EC P-256", "Ed25519" */
    const char *signature;    /* "ecdsa-with-SHA256" */
    const char *const *names; /* subjectAltName: DNS names and IP addresses */
    size_t name_count;
    const char *sha256; /* of the DER, hex */
    const char *pin;    /* "sha256//base64" of the SubjectPublicKeyInfo, as curl spells it */
    hs_bytes der;
} hs_certificate;

typedef struct hs_http_facts {
    bool present;
    const char *version; /* "HTTP/1.1", "HTTP/2"; NULL unseen */
    int status;          /* 0 unseen */
    const char *server;
    const char *location;
    const char *alt_svc; /* RFC 7838 */
} hs_http_facts;

typedef struct hs_setting {
    uint16_t id;
    uint32_t value;
} hs_setting;

typedef struct hs_http2_facts {
    bool present;               /* the server's SETTINGS came */
    const hs_setting *settings; /* the server's */
    size_t setting_count;
    bool has_goaway; /* from the server, and not only an echo of the client's own */
    uint32_t goaway_error;
} hs_http2_facts;

typedef struct hs_http3_setting_fact {
    uint64_t id;
    uint64_t value;
} hs_http3_setting_fact;

typedef struct hs_http3_facts {
    bool present;                          /* the server's SETTINGS came */
    const hs_http3_setting_fact *settings; /* the server's */
    size_t setting_count;
    bool has_goaway; /* from the server */
    uint64_t goaway_id;
} hs_http3_facts;

/* The CONNECTION_CLOSE that ended a connection (RFC 9000 19.19); the first one seen. */
typedef struct hs_quic_close {
    bool present;
    hs_side from;
    bool is_application; /* of type 0x1d: the error is the application protocol's */
    uint64_t error;
    uint64_t frame_type; /* of type 0x1c: which frame was wrong; 0 where not said */
    const char *reason;  /* NULL where it is empty */
} hs_quic_close;

/* One side's transport parameters, as they stood in its TLS extension. */
typedef struct hs_quic_parameters {
    bool seen;
    hs_bytes bytes; /* for hs_quic_next_parameter */
} hs_quic_parameters;

typedef struct hs_quic_facts {
    bool present;
    uint32_t version;                 /* negotiated, or the newest one seen; 0 unseen */
    uint32_t original_version;        /* of the client's first Initial packet; 0 unseen */
    hs_seen retry;                    /* a Retry whose integrity tag is right (RFC 9001 5.8) */
    hs_seen version_negotiation;      /* a Version Negotiation packet answered */
    const uint32_t *offered_versions; /* the versions in it */
    size_t offered_version_count;
    hs_early_data early_data;
    hs_seen token; /* the first Initial packet had one of NEW_TOKEN, or of another connection */
    const char *original_dcid; /* hex: what the client chose for its first Initial packet */
    const char *client_cid;    /* hex: Source Connection ID of the client */
    const char *server_cid;    /* and of the server's first Initial packet */
    hs_quic_parameters client_parameters;
    hs_quic_parameters server_parameters;
    hs_seen amplification_limited; /* the server had sent three times what it had received, and
                                    * went on once the client's next datagram had come (8.1) */
    hs_seen handshake_confirmed;   /* HANDSHAKE_DONE was seen (RFC 9001 4.1.2) */
    int new_tokens;                /* NEW_TOKEN frames seen */
    int key_updates;               /* changes of the Key Phase bit, of either side */
    int migrations;                /* changes of the client's address */
    int retransmits;    /* packets that carried CRYPTO data which had been sent before; -1 unseen */
    int lost;           /* packets of the client or server that a gap in the numbers of those which
                         * came after shows as not seen; -1 unseen */
    int probe_timeouts; /* the client's times of silence that ended with CRYPTO data or PING sent
                         * again, without anything from the server; -1 unseen */
    const hs_time *probed_at; /* when each of them ended; NULL where there was none */
    /* The smallest time from an ack-eliciting packet to the ACK that has it as its largest, less
     * the delay that the ACK tells (RFC 9002 5): of the client's packets, and of the server's. At
     * the client itself the first is the path's; in a capture each is the part of it on that side
     * of the place where it was taken. HS_TIME_NONE unseen. */
    hs_time rtt_server;
    hs_time rtt_client;
    hs_seen stateless_reset; /* a datagram ended with a token that the peer had given (10.3) */
    hs_quic_close close;
} hs_quic_facts;

typedef struct hs_websocket_facts {
    bool present;
    int status;       /* 0 unseen; over HTTP/2 (RFC 8441) that of the extended CONNECT */
    hs_seen accepted; /* Sec-WebSocket-Accept answers the key; HTTP/2 has none */
    const char *subprotocol;
    const char *extensions;
    hs_seen has_upgrade; /* the answer's Upgrade and Connection headers are as RFC 6455 4.1 asks */
} hs_websocket_facts;

typedef enum hs_layer {
    HS_LAYER_TCP,
    HS_LAYER_TLS,
    HS_LAYER_HTTP,
    HS_LAYER_HTTP2,
    HS_LAYER_WEBSOCKET,
    HS_LAYER_DATA, /* bytes of no protocol that is decoded */
    HS_LAYER_UDP,  /* a datagram */
    HS_LAYER_QUIC, /* a packet; a frame */
    HS_LAYER_HTTP3,
} hs_layer;

HS_API const char *hs_layer_name(hs_layer layer);

/* One telling fact of an event, in the order in which a person would tell it. */
typedef struct hs_detail {
    struct hs_detail *next;
    const char *key;
    const char *text; /* NULL where the value is `number` */
    int64_t number;
} hs_detail;

enum { HS_EVENT_QUIC_PACKET = 0xf000, HS_EVENT_QUIC_FRAME_MAX = 0xefff };

/* One message that crossed the wire. */
typedef struct hs_event {
    struct hs_event *next;
    uint64_t order;   /* place on the wire among all events of the trace */
    hs_moment moment; /* when its last byte crossed */
    hs_time first_at; /* when its first byte crossed */
    hs_side from;
    hs_layer layer;
    uint16_t type;     /* within the layer: TLS content type << 8 | message type; frame type … Of
                        * QUIC: HS_EVENT_QUIC_PACKET and the packet's type, or the frame's type, of
                        * which HS_EVENT_QUIC_FRAME_MAX stands for those that are larger */
    bool is_protected; /* it crossed encrypted */
    const char *name;  /* "ClientHello", as the RFC has it */
    size_t bytes;      /* length of the message with its own header, without records' headers */
    hs_bytes raw;      /* its bytes, decrypted; empty unless the trace keeps bytes */
    hs_detail *details;
} hs_event;

typedef enum hs_severity {
    HS_SEVERITY_INFO,
    HS_SEVERITY_NOTICE,
    HS_SEVERITY_WARNING,
    HS_SEVERITY_ERROR
} hs_severity;

HS_API const char *hs_severity_name(hs_severity severity);

/* Something worth knowing about this handshake. */
typedef struct hs_finding {
    const struct hs_finding *next;
    const char *id; /* "tls12_costs_a_round_trip" */
    hs_severity severity;
    const char *title;
    const char *evidence; /* what in the trace says so */
    const char *advice;
    int cost_round_trips; /* -1 where it costs none or is not known */
    hs_time cost;         /* HS_TIME_NONE where not known */
} hs_finding;

typedef struct hs_trace {
    int64_t at;          /* start: nanoseconds since the epoch, wall clock */
    const char *vantage; /* who looked: this host's name, or the capture file */
    hs_target target;
    hs_failure failure;
    hs_moment milestones[HS_MILESTONE_COUNT];
    hs_phase_span phases[HS_PHASE_COUNT];
    hs_accounting accounting;
    hs_capture_facts capture;
    hs_tcp_facts tcp;
    hs_tls_facts tls;
    const hs_certificate *certificates; /* leaf first, as sent */
    size_t certificate_count;
    hs_http_facts http;
    hs_http2_facts http2;
    hs_quic_facts quic;
    hs_http3_facts http3;
    hs_websocket_facts websocket;
    const hs_finding *findings;
    hs_event *events; /* in wire order */
    size_t event_count;
    uint64_t events_dropped; /* events beyond the trace's limit; counted, not kept */
    const hs_segment *segments;
    size_t segment_count;
    uint64_t bytes_sent;
    uint64_t bytes_received;
    bool incomplete;              /* something was lost to a limit of memory */
    struct hs_trace_store *store; /* the arena and the builder's state */
} hs_trace;

HS_API void hs_trace_free(hs_trace *trace);

#ifdef __cplusplus
}
#endif
#endif
