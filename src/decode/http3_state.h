/* What the files of the HTTP/3 decoder share. Internal to http3*.c; hs_h3_ is their prefix.
 *
 * A stream's half is taken apart with what the application-layer decoders share: its buffer, the
 * map of where its bytes crossed, and the run of a long message are those of an hs_app_side. */
#ifndef HS_DECODE_HTTP3_STATE_H
#define HS_DECODE_HTTP3_STATE_H

#include <nghttp3/nghttp3.h>

#include "decode/application_state.h"
#include "decode/http3.h"
#include "wire/http3_frame.h"

typedef enum hs_h3_kind {
    HS_H3_UNDECIDED, /* the head of a unidirectional stream has not come */
    HS_H3_CONTROL,
    HS_H3_REQUEST,
    HS_H3_PUSH,
    HS_H3_ENCODER, /* QPACK */
    HS_H3_DECODER, /* QPACK */
    HS_H3_OTHER,   /* its bytes are counted */
    HS_H3_DATA,    /* bytes are missing, so that no frame's beginning is known any longer */
    HS_H3_STOPPED,
} hs_h3_kind;

enum { HS_H3_HEAD_MAX = 16 }; /* bytes of a stream's head: two variable-length integers */

typedef struct hs_h3_stream {
    struct hs_h3_stream *next; /* in the order in which they were opened */
    hs_app_side side;
    uint64_t id;
    hs_h3_kind kind;
    const char *kind_name; /* of a control or push stream; told by its first event */
    hs_message head;       /* of those, until it is told */
    uint8_t head_bytes[HS_H3_HEAD_MAX];
    const char *problem;    /* static: told by the next event */
    hs_http3_header header; /* of the frame whose payload is under way */
    uint64_t start;         /* of the message under way, among the stream's bytes */
    uint64_t early_end;     /* of the bytes that 0-RTT carried */
    uint64_t missing;       /* bytes of the run that have not come; of other streams, of all */
    hs_event *event;        /* the newest, or NULL */
    bool has_frame;
    bool has_headers;
    bool has_data;
    bool has_trailer;
    uint64_t push_id;     /* of a push stream */
    uint64_t goaway_id;   /* of the newest GOAWAY; all before the first allow any */
    uint64_t max_push_id; /* of the newest MAX_PUSH_ID */
} hs_h3_stream;

/* A field section that cannot be decompressed yet. */
typedef struct hs_h3_section {
    struct hs_h3_section *next;
    hs_event *event; /* NULL where the trace keeps none */
    hs_side from;
    bool is_message; /* of a request or its answer */
    uint64_t needs;  /* insertions */
    size_t len;
    uint8_t bytes[];
} hs_h3_section;

/* The field sections that one side sends. */
typedef struct hs_h3_qpack {
    nghttp3_qpack_decoder *decoder; /* made when it is first needed */
    uint64_t capacity;              /* that the receiving side's SETTINGS allow */
    bool has_capacity;
    const char *broken; /* static: why the dynamic table is not known, or NULL */
    uint64_t inserted;  /* bytes of the encoder stream that went into it */
} hs_h3_qpack;

struct hs_http3_decoder {
    hs_application app; /* for what all protocols tell in the same way: its trace and budget */
    hs_h3_stream *streams[2]; /* by hs_side */
    size_t stream_counts[2];  /* of them */
    bool has_control[2];      /* one of each kind has been opened */
    bool has_encoder[2];
    bool has_decoder[2];
    hs_h3_qpack qpack[2];         /* by the side that sends the fields */
    nghttp3_qpack_decoder *still; /* for sections that need no dynamic table */
    hs_h3_section *sections;      /* oldest first */
    size_t section_count;
    size_t section_bytes;
    bool is_finishing; /* nothing waits for SETTINGS any longer */
    bool is_finished;  /* nor for insertions */
    hs_result result;  /* of the feeding under way */
};

/* http3.c */

/* Something is not decoded. */
void hs_h3_lose(hs_http3_decoder *d, hs_result result);
/* Takes as much off the stream's buffer as can be understood. */
void hs_h3_run(hs_http3_decoder *d, hs_h3_stream *stream);
/* Runs a side's encoder stream: what it waited for has come. */
void hs_h3_run_encoder(hs_http3_decoder *d, hs_side from);

/* http3_stream.c: streams by their type, and what is in none of frames. */

/* Tells the stream's next message, which began at stream->start: its stream, its type once. */
hs_event *hs_h3_emit(hs_http3_decoder *d, hs_h3_stream *stream, const hs_message *message);
bool hs_h3_stream_step(hs_http3_decoder *d, hs_h3_stream *stream);
/* Tells what is unfinished; with `fin` the stream has ended, else no more of it is known. */
void hs_h3_stream_finish(hs_http3_decoder *d, hs_h3_stream *stream, bool fin);
/* The kinds whose end is the end of the connection (RFC 9114 6.2.1, RFC 9204 4.2). */
bool hs_h3_is_critical(const hs_h3_stream *stream);
void hs_h3_stream_gap(hs_http3_decoder *d, hs_h3_stream *stream, uint64_t length);

/* http3_frames.c: as above, of a stream of frames. */
bool hs_h3_frames_step(hs_http3_decoder *d, hs_h3_stream *stream);
void hs_h3_frames_finish(hs_http3_decoder *d, hs_h3_stream *stream, bool fin);
/* Whether it is known where the next frame begins. */
bool hs_h3_frames_gap(hs_http3_decoder *d, hs_h3_stream *stream, uint64_t length);

/* http3_order.c: what RFC 9114 forbids about a frame where it stands, or NULL. Once a frame. */
const char *hs_h3_order_problem(hs_h3_stream *stream, uint64_t type);
/* As that, about the numbers in it. */
const char *hs_h3_id_problem(hs_h3_stream *stream, const hs_http3_frame *frame);

/* http3_facts.c */
void hs_h3_mark(hs_http3_decoder *d, const hs_h3_stream *stream, uint64_t type,
                const hs_message *message);
/* Of a frame of a control stream; `is_first`: of that stream. */
void hs_h3_set_facts(hs_http3_decoder *d, const hs_h3_stream *stream, const hs_http3_frame *frame,
                     bool is_first, const hs_message *message);
/* A field of a message that `from` sent; `is_fact` is the section's own state. */
void hs_h3_field_fact(hs_http3_decoder *d, hs_side from, bool *is_fact, hs_bytes name,
                      hs_bytes value);

/* http3_detail.c: what there is to tell of a frame. */
void hs_h3_detail(hs_http3_decoder *d, const hs_h3_stream *stream, hs_event *event,
                  const hs_http3_frame *frame);

/* http3_fields.c: QPACK */
void hs_h3_qpack_free(hs_http3_decoder *d);
/* The SETTINGS of `from` say how large a table it keeps for what the other side sends. */
void hs_h3_qpack_settings(hs_http3_decoder *d, hs_side from, hs_bytes settings);
/* Whether encoder instructions of `from` must wait, for SETTINGS that say what they mean. */
bool hs_h3_qpack_waits(const hs_http3_decoder *d, hs_side from);
/* Encoder instructions of `from`. HS_MALFORMED: they cannot be. */
HS_CHECKED hs_result hs_h3_qpack_insert(hs_http3_decoder *d, hs_side from, hs_bytes bytes);
/* The dynamic table of what `from` sends is not known any longer. */
void hs_h3_qpack_break(hs_http3_decoder *d, hs_side from, const char *why);
/* Decompresses the field section of HEADERS or PUSH_PROMISE, now or later; what is telling goes to
 * the event. */
void hs_h3_fields(hs_http3_decoder *d, const hs_h3_stream *stream, hs_event *event,
                  const hs_http3_frame *frame);
/* Sections that wait are looked at again; at the finish, for the last time. */
void hs_h3_retry_sections(hs_http3_decoder *d);

#endif
