#include "recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDING_MAX = 1 << 20 };

void add(recording *r, uint8_t flags, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    if (!r->data) {
        r->data = malloc(RECORDING_MAX);
        assert_non_null(r->data);
    }
    while (len > 0) {
        size_t part = len < 0xffff ? len : 0xffff;
        assert_true(r->len + 3 + part <= RECORDING_MAX);
        uint8_t head[] = {flags, (uint8_t)(part >> 8), (uint8_t)(part & 0xff)};
        memcpy(r->data + r->len, head, 3);
        memcpy(r->data + r->len + 3, at, part);
        r->len += 3 + part;
        at += part;
        len -= part;
    }
}

void client(recording *r, const char *text)
{
    add(r, 0, text, strlen(text));
}

void server(recording *r, const char *text)
{
    add(r, FROM_SERVER, text, strlen(text));
}

size_t one_byte(size_t left, void *context)
{
    (void)left;
    (void)context;
    return 1;
}

static size_t some_bytes(size_t left, void *context)
{
    uint32_t *seed = context;
    *seed = *seed * 1664525U + 1013904223U;
    size_t most = left < 64 ? left : 64;
    return 1 + (*seed >> 16) % most;
}

char *play(const recording *r, conversation_split split, void *context)
{
    hs_trace *trace = conversation_play((hs_bytes){r->data, r->len}, split, context);
    assert_non_null(trace);
    char *text = conversation_text(trace);
    assert_non_null(text);
    hs_trace_free(trace);
    return text;
}

/* The text of a recording, the same in every splitting. */
char *play_all(const recording *r)
{
    char *whole = play(r, NULL, NULL);
    char *bytes = play(r, one_byte, NULL);
    assert_string_equal(whole, bytes);
    free(bytes);
    for (uint32_t i = 1; i <= 5; i++) {
        uint32_t seed = i;
        char *random = play(r, some_bytes, &seed);
        assert_string_equal(whole, random);
        free(random);
    }
    return whole;
}

void expect(recording *r, const char *expected)
{
    char *text = play_all(r);
    assert_string_equal(text, expected);
    free(text);
    free(r->data);
    *r = (recording){0};
}

recording read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    recording r = {malloc(RECORDING_MAX + 1), 0};
    assert_non_null(r.data);
    r.len = fread(r.data, 1, RECORDING_MAX, file);
    r.data[r.len] = 0;
    fclose(file);
    return r;
}

recording read_recording(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, HS_SOURCE_ROOT "/fuzz/corpus/application/%s", name);
    return read_file(path);
}
