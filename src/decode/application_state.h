/* What the application-layer decoders share: one direction's bytes, where they crossed, and the
 * message that is under way. Internal to application*.c.
 *
 * A step function takes at most one message (or one part of a long one) off its direction's buffer
 * and says whether it changed anything; nothing that it does depends on how the bytes were split.
 */
#ifndef HS_DECODE_APPLICATION_STATE_H
#define HS_DECODE_APPLICATION_STATE_H

#include <nghttp2/nghttp2.h>

#include "base/buffer.h"
#include "decode/application.h"
#include "decode/application_map.h"
#include "trace/build.h"
#include "wire/http1_body.h"
#include "wire/http2_frame.h"
#include "wire/websocket.h"

enum {
    HS_APP_BUFFER_MAX = 256 * 1024,  /* bytes of one direction that may wait */
    HS_APP_KEPT_MAX = 1024,          /* bytes kept of a message that may be of any length */
    HS_APP_TEXT_MAX = 64,            /* bytes of data shown as text */
    HS_APP_VALUE_MAX = 256,          /* bytes of a field's value shown */
    HS_APP_BUDGET = 6 * 1024 * 1024, /* bytes of the trace's memory for details and raw bytes */
    HS_APP_REQUESTS_MAX = 64,        /* requests without an answer */
    HS_APP_TABLE_SIZES_MAX = 8,      /* SETTINGS without an acknowledgement */
};

/* hs_event.type */
enum {
    HS_APP_REQUEST = 1,
    HS_APP_RESPONSE = 2,
    HS_APP_BODY = 3,
    HS_APP_PREFACE = 0xff00,
    HS_APP_NO_FRAME = 0xffff, /* too few bytes to be a frame */
};

typedef enum hs_app_protocol {
    HS_APP_UNDECIDED,
    HS_APP_HTTP1,
    HS_APP_HTTP2,
    HS_APP_WEBSOCKET,
    HS_APP_DATA,
    HS_APP_STOPPED,
} hs_app_protocol;

/* A message of which only the beginning is kept. */
typedef struct hs_app_run {
    bool is_open;
    hs_message message;
    uint64_t bytes; /* so far */
    uint64_t left;  /* still to come, where that is known */
    uint8_t kept[HS_APP_KEPT_MAX];
    size_t kept_len;
} hs_app_run;

typedef struct hs_app_http1 {
    bool in_body;
    hs_http1_body body;
    hs_http1_chunked chunked;
    size_t searched;  /* bytes in which line ends were looked for */
    size_t lines_end; /* one past the last line end */
    size_t parsed;    /* length of the newest parse */
} hs_app_http1;

/* A field block of HEADERS, with the CONTINUATION that follows. */
typedef struct hs_app_block {
    uint32_t stream;
    bool is_open;      /* a request whose kind is not known before the end */
    bool is_connect;   /* :method */
    bool is_websocket; /* :protocol (RFC 8441 4) */
    int status;        /* :status; 0 none */
    hs_message message;
} hs_app_block;

typedef struct hs_app_http2 {
    bool has_preface;
    bool has_settings;
    bool said_goodbye; /* the client's GOAWAY went */
    nghttp2_hd_inflater *inflater;
    bool is_broken;     /* the field compression state is lost */
    bool in_block;      /* a field block waits for CONTINUATION */
    bool block_is_fact; /* the block is of the first final response */
    hs_app_block block; /* the newest */
    uint32_t
        table_sizes[HS_APP_TABLE_SIZES_MAX]; /* of own SETTINGS that the peer did not acknowledge */
    size_t table_size_count;
    hs_http2_header header; /* of the frame whose payload is under way */
} hs_app_http2;

typedef struct hs_app_side {
    hs_side from;
    hs_app_protocol protocol;
    hs_app_protocol next; /* follows the message body under way; HS_APP_UNDECIDED for none */
    hs_result result;     /* why it stopped */
    hs_buffer buffer;
    uint64_t received; /* plain bytes so far */
    uint64_t consumed; /* of them, no longer in `buffer` */
    hs_app_map map;
    hs_app_run run;
    hs_app_http1 http1;
    hs_app_http2 http2;
    hs_websocket_frame frame; /* WebSocket: whose payload is under way */
    const char *problem;      /* static: told by the next HTTP/2 frame */
    hs_fault fault;           /* why it is only data: told by the next data event */
} hs_app_side;

typedef enum hs_app_upgrade {
    HS_APP_NO_UPGRADE,
    HS_APP_TO_WEBSOCKET,
    HS_APP_TO_H2C,
    HS_APP_TO_OTHER, /* also CONNECT */
} hs_app_upgrade;

typedef struct hs_app_request {
    hs_app_upgrade upgrade;
    const char *method; /* static: "HEAD", "CONNECT" or "" */
} hs_app_request;

/* The stream of HTTP/2 that is a WebSocket (RFC 8441). */
typedef struct hs_app_tunnel {
    uint32_t stream;    /* 0: none */
    bool is_upgrade;    /* nothing was asked before it on the connection */
    bool is_answered;   /* finally */
    hs_app_side *sides; /* of what its DATA carries, two; NULL before there is some */
} hs_app_tunnel;

/* There is one for each connection that is followed, mostly in vain: it is kept small. */
struct hs_application {
    hs_trace *trace;
    size_t budget;
    hs_app_side *sides;       /* two, by hs_side; NULL until something comes: often nothing does */
    hs_app_request *requests; /* HTTP/1.1 requests without an answer, oldest first; as `sides` */
    hs_app_tunnel *tunnel;    /* as `sides` */
    uint32_t request_count;
    bool is_finishing;
    bool waits_for_upgrade; /* what the client sends next depends on the answer */
    bool has_accept;        /* `accept` is what answers the WebSocket request's key */
    uint8_t rsv_allowed;    /* WebSocket: bits of the negotiated extensions */
    char accept[HS_WEBSOCKET_ACCEPT_SIZE];
};

static inline hs_app_side *hs_app_other(hs_application *app, const hs_app_side *side)
{
    return &app->sides[side->from == HS_CLIENT ? HS_SERVER : HS_CLIENT];
}

/* application_message.c */

/* Takes bytes off the buffer. */
void hs_app_take(hs_app_side *side, size_t len);
/* The message that the next `len` bytes of the buffer are. */
hs_message hs_app_message(const hs_app_side *side, hs_layer layer, unsigned type, const char *name,
                          size_t len);
/* Adds it as an event; its bytes as far as the budget goes. */
hs_event *hs_app_emit(hs_application *app, const hs_message *message);
/* A detail from the peer's bytes, cut to `max`, escaped. */
void hs_app_add_bytes(hs_application *app, hs_event *event, const char *key, hs_bytes bytes,
                      size_t max);
void hs_app_add_number(hs_application *app, hs_event *event, const char *key, int64_t number);
void hs_app_add_text(hs_application *app, hs_event *event, const char *key, const char *text);
void hs_app_add_fault(hs_application *app, hs_event *event, const hs_fault *fault);
/* A fact from the peer's bytes; NULL when out of memory. */
const char *hs_app_fact(hs_application *app, hs_bytes bytes);
/* Marks the time of the message's last, or first, byte. */
void hs_app_mark_end(hs_application *app, hs_milestone milestone, const hs_message *message);
void hs_app_mark_first(hs_application *app, hs_milestone milestone, const hs_message *message);

/* A run starts at the buffer's next byte, takes bytes, and becomes an event. */
void hs_app_run_begin(hs_app_side *side, hs_layer layer, unsigned type, const char *name);
void hs_app_run_take(hs_app_side *side, size_t len);
/* Takes what there is of run.left; whether any of it was there. */
bool hs_app_run_take_left(hs_app_side *side);
hs_bytes hs_app_run_kept(const hs_app_side *side);
/* Ends the run: the message that it was, whose bytes stay where they are until the next begins. */
hs_message hs_app_run_message(hs_app_side *side);
hs_event *hs_app_run_end(hs_application *app, hs_app_side *side);

/* If `field` tells something about a connection, adds it to the event. Names are matched in any
 * case. */
void hs_app_add_field(hs_application *app, hs_event *event, hs_bytes name, hs_bytes value);

/* The entries of an ORIGIN frame, of HTTP/2 or HTTP/3. */
void hs_app_add_origins(hs_application *app, hs_event *event, hs_bytes content);

/* application_target.c: facts of the first request, unless the trace has a target. */
void hs_app_learn_host(hs_application *app, hs_bytes authority);
void hs_app_learn_path(hs_application *app, hs_bytes target);

/* application_answer.c: facts of the first final response, of a field of the server's. `version` is
 * static; `is_fact`, false at the beginning of a field section, is kept for its other fields. */
/* Of three digits; 0 of others. */
int hs_app_status(hs_bytes value);
void hs_app_learn_answer(hs_application *app, const char *version, bool *is_fact, hs_bytes name,
                         hs_bytes value);

/* One file a protocol: _step as said above; _finish turns what is unfinished into an event. */
bool hs_app_http1_step(hs_application *app, hs_app_side *side);
void hs_app_http1_finish(hs_application *app, hs_app_side *side);
bool hs_app_http2_step(hs_application *app, hs_app_side *side);
void hs_app_http2_finish(hs_application *app, hs_app_side *side);
bool hs_app_websocket_step(hs_application *app, hs_app_side *side);
void hs_app_websocket_finish(hs_application *app, hs_app_side *side);
bool hs_app_data_step(hs_application *app, hs_app_side *side);
void hs_app_data_finish(hs_application *app, hs_app_side *side);

/* application_upgrade.c: requests that change the protocol, and their answers. */

/* Both directions leave HTTP/1.1, each after the message body that is under way. */
void hs_app_switch(hs_application *app, hs_app_protocol protocol);
hs_app_upgrade hs_app_upgrade_of(const hs_http1_head *request);
void hs_app_upgrade_request(hs_application *app, const hs_http1_head *head,
                            const hs_message *message, hs_app_upgrade upgrade);
void hs_app_upgrade_answer(hs_application *app, const hs_http1_head *head,
                           const hs_message *message, hs_app_upgrade upgrade);

/* application_http2_fields.c */
void hs_app_http2_fields_free(hs_app_side *side);
/* Decompresses a field block fragment; what is telling goes to the event. */
void hs_app_http2_fields(hs_application *app, hs_app_side *side, hs_event *event, hs_bytes fragment,
                         bool is_final);
/* The frames that change how fields are decompressed. */
void hs_app_http2_table_size(hs_application *app, hs_app_side *side, const hs_http2_frame *frame);

/* application_http2_detail.c: what there is to tell of a frame. */
void hs_app_http2_detail(hs_application *app, hs_app_side *side, hs_event *event,
                         const hs_http2_frame *frame);
void hs_app_http2_header_detail(hs_application *app, hs_event *event,
                                const hs_http2_header *header);

/* application_http2_websocket.c */
void hs_app_tunnel_free(hs_application *app);
/* A field of the block under way. */
void hs_app_tunnel_field(hs_application *app, hs_app_side *side, hs_bytes name, hs_bytes value);
/* HEADERS or CONTINUATION was read: marks what its block turns out to be. */
void hs_app_http2_headers(hs_application *app, hs_app_side *side, const hs_message *message);
/* A request's block ends here, whole or not. */
void hs_app_http2_headers_end(hs_application *app, hs_app_side *side);
/* Whether the DATA that `side->http2.header` announces has frames of the WebSocket. */
bool hs_app_tunnel_carries(hs_application *app, const hs_app_side *side);
/* Its content, which is within the side's buffer. */
void hs_app_tunnel_data(hs_application *app, hs_app_side *side, hs_bytes content);
/* No more of it can be followed. */
void hs_app_tunnel_stop(hs_application *app, hs_app_side *side);

/* application_sniff.c: which protocol the first bytes are of; HS_APP_UNDECIDED while they may be of
 * several. Fills side->fault where the peer's protocol was expected and is not there. */
hs_app_protocol hs_app_sniff(hs_application *app, hs_app_side *side);

#endif
