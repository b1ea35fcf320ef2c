/* One trace as qlog in the making: its events, which each file adds for its part of the drafts.
 *
 * draft-ietf-quic-qlog-main-schema-14, draft-ietf-quic-qlog-quic-events-13,
 * draft-ietf-quic-qlog-h3-events-13. */
#ifndef HS_REPORT_QLOG_PARTS_H
#define HS_REPORT_QLOG_PARTS_H

#include "report/json_object.h"
#include "wire/quic/frame.h"
#include "wire/quic/version.h"

typedef struct hs_qlog_entry {
    hs_time at;
    size_t order; /* in which it was added: decides where times are equal */
    json_t *event;
} hs_qlog_entry;

/* The packet of one side whose frames are still to come. What is borrowed belongs to an entry. */
typedef struct hs_qlog_packet {
    json_t *data;   /* borrowed; NULL: there is none */
    json_t *frames; /* borrowed; NULL where the packet was not opened */
    json_t *raw;    /* borrowed */
    bool is_partly; /* the bytes of a frame were not kept */
    uint64_t payload;
    hs_quic_packet_type type;
} hs_qlog_packet;

/* Key Phase of one side's 1-RTT packets (RFC 9001 6). */
typedef struct hs_qlog_phase {
    bool is_known;
    uint64_t number; /* of the phase, as far as it was observed */
    int64_t first;   /* packet number that it began with */
} hs_qlog_phase;

typedef struct hs_qlog {
    hs_json json;
    const hs_trace *trace;
    hs_qlog_entry *entries;
    size_t count;
    size_t capacity;
    hs_qlog_packet packets[2];
    hs_qlog_phase phases[2];
    int64_t datagrams;   /* so far */
    int64_t datagram[2]; /* number of that side's newest; 0: none */
    const char *state;   /* NULL before the first */
    bool is_started;
    bool is_closed;
    bool has_http3;         /* an event of that schema was added */
    bool has_messages;      /* an event of this program's own was added */
    const hs_event *hello;  /* the ClientHello with the client's parameters */
    const hs_event *answer; /* the EncryptedExtensions with the server's */
} hs_qlog;

/* Takes `data` over; it stays alive as long as the entries. */
void hs_qlog_add(hs_qlog *q, hs_time at, const char *name, json_t *data);
/* The first detail with this key, or NULL. */
const hs_detail *hs_qlog_detail(const hs_event *event, const char *key);
/* The text of such a detail, or NULL. */
const char *hs_qlog_text(const hs_event *event, const char *key);

/* Of the vantage point, which is the client, or follows its flow: what it does is "local". */
static inline const char *hs_qlog_initiator(hs_side side)
{
    return side == HS_CLIENT ? "local" : "remote";
}

static inline const char *hs_qlog_by_side(hs_side side, const char *sent, const char *received)
{
    return side == HS_CLIENT ? sent : received;
}

/* qlog_values.c */
void hs_qlog_number(hs_qlog *q, json_t *object, const char *key, uint64_t number);
void hs_qlog_hex(hs_qlog *q, json_t *object, const char *key, hs_bytes bytes);
json_t *hs_qlog_version_string(uint32_t version);
void hs_qlog_version(hs_qlog *q, json_t *object, const char *key, uint32_t version);
/* An array of versions in their wire form; left out where it is empty. */
void hs_qlog_versions(hs_qlog *q, json_t *object, const char *key, hs_bytes versions);
/* RawInfo; a length that is SIZE_MAX is left out. Gives the object, borrowed. */
json_t *hs_qlog_raw(hs_qlog *q, json_t *object, size_t length, size_t payload_length);
/* Whether errors of the application are those of HTTP/3. */
bool hs_qlog_is_http3(const hs_trace *trace);
/* `key` and, of an error without a name, "error_code". */
void hs_qlog_transport_error(hs_qlog *q, json_t *object, const char *key, uint64_t error);
void hs_qlog_application_error(hs_qlog *q, json_t *object, const char *key, uint64_t error);

/* qlog_frames.c: the frame in these bytes, which are one. NULL when out of memory. */
json_t *hs_qlog_frame(hs_qlog *q, hs_bytes bytes, hs_side from, hs_quic_packet_type packet);

/* qlog_packets.c */
void hs_qlog_datagram(hs_qlog *q, const hs_event *event);
void hs_qlog_packet_event(hs_qlog *q, const hs_event *event);
void hs_qlog_frame_event(hs_qlog *q, const hs_event *event);
/* The newest packet of each side is whole. */
void hs_qlog_packets_end(hs_qlog *q);

/* qlog_connection.c: what a packet or frame says of the connection. */
void hs_qlog_connection_packet(hs_qlog *q, const hs_event *event, hs_quic_packet_type type);
void hs_qlog_connection_frame(hs_qlog *q, const hs_event *event);
void hs_qlog_connection_reset(hs_qlog *q, const hs_event *event);
void hs_qlog_connection_tls(hs_qlog *q, const hs_event *event);

/* qlog_parameters.c */
void hs_qlog_parameters(hs_qlog *q);

/* qlog_http3.c */
void hs_qlog_http3_event(hs_qlog *q, const hs_event *event);

/* qlog_messages.c: what no draft has an event for. */
#define HS_QLOG_MESSAGES_URI "urn:uuid:7daf2b97-cca5-570b-aab2-77d427580a12?=handshake"
void hs_qlog_message(hs_qlog *q, const hs_event *event);

#endif
