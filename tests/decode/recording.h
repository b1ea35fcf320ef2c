/* Recordings for the tests of the application layer: read from fuzz/corpus/application, or made. */
#ifndef HS_TESTS_RECORDING_H
#define HS_TESTS_RECORDING_H

#include "../cmocka_headers.h"

#include "conversation.h"

typedef struct recording {
    uint8_t *data; /* ends with free() */
    size_t len;
} recording;

/* A file, with a NUL behind its bytes. */
recording read_file(const char *path);
recording read_recording(const char *name);

/* Adds to a recording, which begins as {0}: bytes that crossed at once, in the clear. */
void add(recording *r, uint8_t flags, const void *bytes, size_t len);
void client(recording *r, const char *text);
void server(recording *r, const char *text);

/* A split into single bytes. */
size_t one_byte(size_t left, void *context);
/* The text of what is decoded; ends with free(). */
char *play(const recording *r, conversation_split split, void *context);
/* The same, after it was seen to be the same in many splittings. */
char *play_all(const recording *r);
/* play_all gives this. Frees the recording. */
void expect(recording *r, const char *expected);

#endif
