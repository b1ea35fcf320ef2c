/* Inside of the HTTP/3 decoder. */
#ifndef HS_DECODE_HTTP3_STATE_H
#define HS_DECODE_HTTP3_STATE_H

#include <nghttp3/nghttp3.h>

#include "base/buffer.h"
#include "decode/application_map.h"
#include "decode/http3.h"
#include "trace/build.h"
#include "wire/http3_frame.h"

/* What a direction of a stream carries. */
typedef enum hs_h3_kind {
    HS_H3_UNKNOWN, /* unidirectional, its type has not come */
    HS_H3_REQUEST, /* frames of a request or its response */
    HS_H3_CONTROL,
    HS_H3_PUSH,
    HS_H3_QPACK_ENCODER,
    HS_H3_IGNORED, /* of a type that is not decoded, or lost count */
} hs_h3_kind;

typedef struct hs_h3_half {
    struct hs_h3_half *next;
    uint64_t stream_id;
    hs_side from;
    hs_h3_kind kind;
    hs_buffer buffer;
    uint64_t consumed; /* bytes that are no longer in `buffer` */
    hs_app_map map;
    bool has_fin;
    bool has_frame; /* the first frame was seen */
    bool has_head;  /* request: a final response's, or a request's, fields were seen */

    /* A frame of which only the beginning is kept, while its payload passes. */
    bool in_long;
    hs_http3_header header;
    uint64_t left;
    hs_message message;
} hs_h3_half;

/* A field section that waits for the encoder's stream. */
typedef struct hs_h3_section {
    struct hs_h3_section *next;
    hs_side from;
    uint64_t stream_id;
    hs_event *event;
    hs_h3_half *half;
    size_t len;
    uint8_t bytes[];
} hs_h3_section;

/* QPACK of the fields that one side sends. */
typedef struct hs_h3_qpack {
    nghttp3_qpack_decoder *decoder; /* NULL until the capacity is known */
    bool is_broken;
    bool has_capacity; /* the receiver's SETTINGS came */
    size_t capacity;
    hs_buffer early; /* of the encoder's stream, before that */
} hs_h3_qpack;

struct hs_http3_decoder {
    hs_trace *trace;
    size_t budget;
    hs_h3_half *halves;
    size_t half_count;
    hs_h3_qpack qpack[2]; /* by the sender of the fields */
    hs_h3_section *sections;
    hs_h3_section **sections_end;
    size_t section_count;
    size_t waiting; /* bytes of `sections` */
    bool has_settings[2];
};

/* http3_stream.c: takes what there is off a stream's buffer. */
void hs_h3_step(hs_http3_decoder *d, hs_h3_half *half);
void hs_h3_finish_half(hs_http3_decoder *d, hs_h3_half *half);

/* http3_message.c: what is told of a frame. */
hs_message hs_h3_message(const hs_h3_half *half, uint64_t type, size_t len);
hs_event *hs_h3_emit(hs_http3_decoder *d, const hs_h3_half *half, const hs_message *message);
void hs_h3_add_text(hs_http3_decoder *d, hs_event *event, const char *key, const char *text);
void hs_h3_add_bytes(hs_http3_decoder *d, hs_event *event, const char *key, hs_bytes bytes);
void hs_h3_add_number(hs_http3_decoder *d, hs_event *event, const char *key, uint64_t number);
/* A whole frame. */
void hs_h3_tell(hs_http3_decoder *d, hs_h3_half *half, hs_event *event, const hs_http3_frame *frame,
                const hs_message *message);
/* Milestones that a frame of this type is. */
void hs_h3_mark(hs_http3_decoder *d, const hs_h3_half *half, uint64_t type,
                const hs_message *message);
/* What is wrong with a frame of this type there, or NULL; the first of a stream is told. */
const char *hs_h3_order_problem(hs_h3_half *half, uint64_t type);

/* http3_facts.c */
void hs_h3_learn_settings(hs_http3_decoder *d, hs_side from, hs_bytes content);
void hs_h3_learn_field(hs_http3_decoder *d, hs_h3_half *half, hs_bytes name, hs_bytes value);

/* http3_qpack.c */
void hs_h3_qpack_free(hs_h3_qpack *qpack);
/* The receiver of what `from` sends allows a dynamic table of so many bytes. */
void hs_h3_qpack_allow(hs_http3_decoder *d, hs_side from, uint64_t capacity);
/* Bytes of the encoder's stream. */
void hs_h3_qpack_encoder(hs_http3_decoder *d, hs_side from, hs_bytes bytes);
/* A field section: its fields go to the event and the facts, now or later. */
void hs_h3_qpack_section(hs_http3_decoder *d, hs_h3_half *half, hs_event *event, hs_bytes section);
/* No more is coming: what waits is said to. */
void hs_h3_qpack_finish(hs_http3_decoder *d);

#endif
