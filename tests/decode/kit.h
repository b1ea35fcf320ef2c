/* Recorded connections for the decoder's tests, and a dump of a trace as text, so that two ways of
 * decoding the same bytes can be compared. */
#ifndef TESTS_DECODE_KIT_H
#define TESTS_DECODE_KIT_H

#include <handshake/trace.h>

#include "secrets/keylog.h"
#include "secrets/tls12_sessions.h"

enum { KIT_STEPS_MAX = 512 };

typedef struct kit_step {
    hs_side from;
    hs_bytes bytes;
} kit_step;

typedef struct kit_recording {
    kit_step steps[KIT_STEPS_MAX];
    size_t count;
    char *keylog; /* lines, or NULL */
} kit_recording;

hs_bytes kit_hex(const char *hex); /* malloc'ed */
kit_recording *kit_recording_new(void);
void kit_recording_free(kit_recording *recording);
/* Takes the bytes over. */
void kit_add(kit_recording *recording, hs_side from, hs_bytes bytes);
void kit_add_hex(kit_recording *recording, hs_side from, const char *hex);
void kit_add_key(kit_recording *recording, const char *line);
/* tests/decode/data/NAME: lines "> HEX" (client), "< HEX" (server), "key LINE", "# comment". */
kit_recording *kit_load(const char *name);

typedef enum kit_chunks { KIT_WHOLE, KIT_BYTES, KIT_RANDOM } kit_chunks;
typedef enum kit_keys {
    KIT_KEYS_FIRST,
    KIT_KEYS_BETWEEN, /* one line after each step */
    KIT_KEYS_LAST,
    KIT_KEYS_NONE,
    KIT_KEYS_NO_LOG, /* the decoder has no key log at all */
} kit_keys;

typedef struct kit_way {
    kit_chunks chunks;
    kit_keys keys;
    unsigned seed;
    bool is_brief; /* keep neither events nor bytes */
    hs_tls12_sessions *sessions;
} kit_way;

/* Decodes; the moment of step N is N + 1 ms. */
hs_trace *kit_decode(const kit_recording *recording, kit_way way);
/* Everything that the trace says; malloc'ed. */
char *kit_dump(const hs_trace *trace);
/* The event names of one side with '*' behind those that crossed protected; malloc'ed. */
char *kit_names(const hs_trace *trace, hs_side from);
const hs_event *kit_event(const hs_trace *trace, const char *name, size_t nth);
/* The text of a detail (numbers too); NULL where it is not there. Static buffer. */
const char *kit_detail(const hs_event *event, const char *key);

/* The same dump whatever the chunks, and wherever the keys come. */
void kit_assert_same_every_way(const kit_recording *recording);

#endif
