/* What holds for any bytes that are played to a decoder as a recording: decoded whole, each byte
 * alone and split at random, they give the same trace, and every event can be annotated. */
#ifndef HS_FUZZ_RECORDING_H
#define HS_FUZZ_RECORDING_H

#include <stdlib.h>
#include <string.h>

#include "../tests/decode/conversation.h"
#include "decode/annotate_application.h"

typedef hs_trace *(*recording_player)(hs_bytes recording, conversation_split split, void *context);

static size_t one_byte(size_t left, void *context)
{
    (void)left;
    (void)context;
    return 1;
}

static size_t some_bytes(size_t left, void *context)
{
    uint32_t *seed = context;
    *seed = *seed * 1664525U + 1013904223U;
    return 1 + (*seed >> 16) % left;
}

static void annotate(const hs_trace *trace)
{
    for (const hs_event *event = trace->events; event; event = event->next) {
        hs_note items[64];
        hs_notes notes = {.items = items, .capacity = sizeof items / sizeof items[0]};
        hs_fault fault;
        hs_reader r;
        hs_reader_init(&r, event->raw, &fault, &notes);
        if (hs_annotate_application(event, &r) == HS_INVALID) {
            abort();
        }
    }
}

static char *play(recording_player player, hs_bytes recording, conversation_split split,
                  void *context)
{
    hs_trace *trace = player(recording, split, context);
    if (!trace) {
        return NULL;
    }
    annotate(trace);
    char *text = conversation_text(trace);
    hs_trace_free(trace);
    return text;
}

/* Aborts where one of these does not hold. */
static void check_recording(recording_player player, hs_bytes recording)
{
    uint32_t seed = (uint32_t)recording.len;
    char *whole = play(player, recording, NULL, NULL);
    char *bytes = play(player, recording, one_byte, NULL);
    char *random = play(player, recording, some_bytes, &seed);
    if (!whole || !bytes || !random || strcmp(whole, bytes) != 0 || strcmp(whole, random) != 0) {
        abort();
    }
    free(whole);
    free(bytes);
    free(random);
}

#endif
