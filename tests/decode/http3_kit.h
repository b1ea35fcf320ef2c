/* Recordings for the tests of the decoder of HTTP/3, made with the codec and an encoder of QPACK.
 */
#ifndef HS_TESTS_HTTP3_KIT_H
#define HS_TESTS_HTTP3_KIT_H

#include "../cmocka_headers.h"

#include <nghttp3/nghttp3.h>

#include "streams.h"
#include "wire/http3_frame.h"

enum { CAPACITY = 4096 }; /* of a dynamic table */

/* The recording under way. */
extern size_t h3_recording_len;
/* A cmocka setup: begins a new one. */
int h3_begin(void **state);
/* The recording is that file's. */
void h3_read(const char *path);

/* Adds a record (streams.h), a gap, or a record of one frame. */
void h3_add(uint8_t flags, unsigned stream, hs_bytes bytes);
#define H3_ADD(flags, stream, text) h3_add((flags), (stream), hs_bytes_of((text), sizeof(text) - 1))
void h3_add_gap(uint8_t flags, unsigned stream, uint16_t length);
void h3_add_frame(uint8_t flags, unsigned stream, hs_http3_frame frame);
void h3_add_headers(uint8_t flags, unsigned stream, hs_bytes section);
/* A control stream with SETTINGS. */
void h3_add_settings(uint8_t flags, unsigned stream, uint64_t capacity);

/* A field section, and what goes to the encoder stream for it. */
typedef struct h3_encoded {
    uint8_t section[2048];
    size_t section_len;
    uint8_t instructions[2048];
    size_t instructions_len;
} h3_encoded;

/* Its dynamic table may be used at once. */
nghttp3_qpack_encoder *h3_encoder_new(size_t capacity);
/* `fields`: name, value, … NULL. */
h3_encoded h3_encode(nghttp3_qpack_encoder *encoder, int64_t stream, const char *const *fields);
hs_bytes h3_section_of(const h3_encoded *e);
hs_bytes h3_instructions_of(const h3_encoded *e);
extern const char *const h3_request_fields[];
extern const char *const h3_answer_fields[];

/* A split into single bytes. */
size_t h3_one_byte(size_t left, void *context);
/* The text of what is decoded of the first `len` bytes; every event can be annotated. */
char *h3_play(size_t len, conversation_split split, void *context);
/* The text of all, the same in every splitting. */
char *h3_play_all(void);
void h3_expect(const char *expected);

#endif
