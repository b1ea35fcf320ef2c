/* What a TCP stream must come to: every byte as it came first, whatever came later. */
#ifndef TESTS_DECODE_STREAM_MODEL_H
#define TESTS_DECODE_STREAM_MODEL_H

#include "decode/tcp_stream.h"

enum { MODEL_MAX = 1 << 16 };

typedef struct stream_model {
    uint8_t bytes[MODEL_MAX];
    bool is_there[MODEL_MAX];
    uint64_t conflicts;
    uint64_t end; /* one past the last byte that came */
    /* What the stream gave. */
    uint8_t given[MODEL_MAX];
    bool is_given[MODEL_MAX];
    uint64_t given_end;
    uint64_t gaps;
    hs_time latest;
    bool is_wrong;
} stream_model;

void stream_model_init(stream_model *model);
/* A sink that takes down what it is given. */
hs_tcp_sink stream_model_sink(stream_model *model);
/* The segment's bytes, from `offset` on, come. */
void stream_model_add(stream_model *model, uint64_t offset, hs_bytes bytes);
/* Whether what was given agrees with what came: the same bytes, in order, gaps only where nothing
 * came. */
bool stream_model_agrees(const stream_model *model);

#endif
