#include "http3_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/annotate.h"
#include "decode/http3.h"

enum { RECORDING_MAX = 1 << 20 };

static uint8_t h3_recording_bytes[RECORDING_MAX];
size_t h3_recording_len;

int h3_begin(void **state)
{
    (void)state;
    h3_recording_len = 0;
    return 0;
}

void h3_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    h3_recording_len = fread(h3_recording_bytes, 1, RECORDING_MAX, file);
    fclose(file);
    assert_true(h3_recording_len > 0);
}

void h3_add(uint8_t flags, unsigned stream, hs_bytes bytes)
{
    hs_writer w;
    hs_writer_init(&w, h3_recording_bytes + h3_recording_len, RECORDING_MAX - h3_recording_len);
    hs_write_u8(&w, flags);
    hs_write_u8(&w, (uint8_t)stream);
    hs_write_u16(&w, (uint16_t)bytes.len);
    hs_write_bytes(&w, bytes);
    assert_int_equal(hs_writer_result(&w), HS_OK);
    h3_recording_len += w.len;
}

void h3_add_gap(uint8_t flags, unsigned stream, uint16_t length)
{
    uint8_t record[] = {(uint8_t)(flags | STREAMS_GAP), (uint8_t)stream, (uint8_t)(length >> 8),
                        (uint8_t)length};
    memcpy(h3_recording_bytes + h3_recording_len, record, sizeof record);
    h3_recording_len += sizeof record;
}

void h3_add_frame(uint8_t flags, unsigned stream, hs_http3_frame frame)
{
    static uint8_t out[1 << 17];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    assert_int_equal(hs_http3_write_frame(&w, &frame), HS_OK);
    h3_add(flags, stream, hs_writer_bytes(&w));
}

void h3_add_headers(uint8_t flags, unsigned stream, hs_bytes section)
{
    h3_add_frame(flags, stream,
                 (hs_http3_frame){.header = {.type = HS_HTTP3_HEADERS}, .content = section});
}

/* A control stream with SETTINGS. */
void h3_add_settings(uint8_t flags, unsigned stream, uint64_t capacity)
{
    const hs_http3_setting settings[] = {{HS_HTTP3_SETTING_QPACK_MAX_TABLE_CAPACITY, capacity},
                                         {HS_HTTP3_SETTING_QPACK_BLOCKED_STREAMS, 16},
                                         {0x4040, 7}};
    uint8_t out[64];
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    hs_write_u8(&w, HS_HTTP3_STREAM_CONTROL);
    assert_int_equal(hs_http3_write_settings(&w, settings, 3), HS_OK);
    h3_add(flags, stream, hs_writer_bytes(&w));
}

static size_t take(uint8_t *out, size_t room, nghttp3_buf *buf)
{
    size_t len = nghttp3_buf_len(buf);
    assert_true(len <= room);
    if (len > 0) {
        memcpy(out, buf->pos, len);
    }
    nghttp3_buf_free(buf, nghttp3_mem_default());
    return len;
}

/* `fields`: name, value, … NULL. */
h3_encoded h3_encode(nghttp3_qpack_encoder *encoder, int64_t stream, const char *const *fields)
{
    nghttp3_nv list[16];
    size_t count = 0;
    for (; fields[2 * count]; count++) {
        const char *name = fields[2 * count];
        const char *value = fields[2 * count + 1];
        list[count] = (nghttp3_nv){.name = (const uint8_t *)name,
                                   .value = (const uint8_t *)value,
                                   .namelen = strlen(name),
                                   .valuelen = strlen(value)};
    }
    nghttp3_buf prefix;
    nghttp3_buf lines;
    nghttp3_buf instructions;
    nghttp3_buf_init(&prefix);
    nghttp3_buf_init(&lines);
    nghttp3_buf_init(&instructions);
    assert_int_equal(
        nghttp3_qpack_encoder_encode(encoder, &prefix, &lines, &instructions, stream, list, count),
        0);
    h3_encoded result = {.section_len = 0};
    size_t len = take(result.section, sizeof result.section, &prefix);
    result.section_len = len + take(result.section + len, sizeof result.section - len, &lines);
    result.instructions_len = take(result.instructions, sizeof result.instructions, &instructions);
    return result;
}

nghttp3_qpack_encoder *h3_encoder_new(size_t capacity)
{
    nghttp3_qpack_encoder *encoder;
    assert_int_equal(nghttp3_qpack_encoder_new(&encoder, capacity, nghttp3_mem_default()), 0);
    nghttp3_qpack_encoder_set_max_dtable_capacity(encoder, capacity);
    nghttp3_qpack_encoder_set_max_blocked_streams(encoder, 16);
    return encoder;
}

hs_bytes h3_section_of(const h3_encoded *e)
{
    return hs_bytes_of(e->section, e->section_len);
}

hs_bytes h3_instructions_of(const h3_encoded *e)
{
    return hs_bytes_of(e->instructions, e->instructions_len);
}

const char *const h3_request_fields[] = {":method",    "GET",    ":scheme", "https",
                                         ":authority", "a.test", ":path",   "/x",
                                         "user-agent", "me/1",   NULL};
const char *const h3_answer_fields[] = {":status",   "200",     "server", "them/2", "alt-svc",
                                        "h3=\":1\"", "x-other", "1",      NULL};

size_t h3_one_byte(size_t left, void *context)
{
    (void)left;
    (void)context;
    return 1;
}

static size_t some_bytes(size_t left, void *context)
{
    uint32_t *seed = context;
    *seed = *seed * 1664525U + 1013904223U;
    return 1 + (*seed >> 16) % (left < 64 ? left : 64);
}

/* Every event's bytes can be read again with names. */
static void annotate_all(const hs_trace *trace)
{
    static hs_note items[4096];
    for (const hs_event *event = trace->events; event; event = event->next) {
        hs_notes notes = {.items = items, .capacity = sizeof items / sizeof items[0]};
        hs_fault fault;
        assert_int_not_equal(hs_annotate(trace, event, &notes, &fault), HS_INVALID);
        assert_true(notes.count > 0);
    }
}

char *h3_play(size_t len, conversation_split split, void *context)
{
    hs_trace *trace = streams_play(hs_bytes_of(h3_recording_bytes, len), split, context);
    assert_non_null(trace);
    annotate_all(trace);
    char *text = conversation_text(trace);
    assert_non_null(text);
    hs_trace_free(trace);
    return text;
}

/* The same in every splitting. */
char *h3_play_all(void)
{
    char *whole = h3_play(h3_recording_len, NULL, NULL);
    char *bytes = h3_play(h3_recording_len, h3_one_byte, NULL);
    assert_string_equal(whole, bytes);
    free(bytes);
    for (uint32_t i = 1; i <= 5; i++) {
        uint32_t seed = i;
        char *random = h3_play(h3_recording_len, some_bytes, &seed);
        assert_string_equal(whole, random);
        free(random);
    }
    return whole;
}

void h3_expect(const char *expected)
{
    char *text = h3_play_all();
    assert_string_equal(text, expected);
    free(text);
}
