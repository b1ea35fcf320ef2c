#include "kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/decoder.h"
#include "trace/build.h"

static unsigned digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

hs_bytes kit_hex(const char *hex)
{
    size_t len = strlen(hex) / 2;
    uint8_t *data = malloc(len + 1);
    assert_non_null(data);
    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t)(digit(hex[2 * i]) * 16 + digit(hex[2 * i + 1]));
    }
    return hs_bytes_of(data, len);
}

kit_recording *kit_recording_new(void)
{
    kit_recording *recording = calloc(1, sizeof *recording);
    assert_non_null(recording);
    return recording;
}

void kit_recording_free(kit_recording *recording)
{
    for (size_t i = 0; i < recording->count; i++) {
        free((void *)(uintptr_t)recording->steps[i].bytes.data);
    }
    free(recording->keylog);
    free(recording);
}

void kit_add(kit_recording *recording, hs_side from, hs_bytes bytes)
{
    assert_true(recording->count < KIT_STEPS_MAX);
    recording->steps[recording->count++] = (kit_step){from, bytes};
}

void kit_add_hex(kit_recording *recording, hs_side from, const char *hex)
{
    kit_add(recording, from, kit_hex(hex));
}

void kit_add_key(kit_recording *recording, const char *line)
{
    size_t old = recording->keylog ? strlen(recording->keylog) : 0;
    size_t size = old + strlen(line) + 2;
    recording->keylog = realloc(recording->keylog, size);
    assert_non_null(recording->keylog);
    snprintf(recording->keylog + old, size - old, "%s\n", line);
}

kit_recording *kit_load(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", DATA_DIR, name);
    FILE *file = fopen(path, "r");
    if (!file) {
        fail_msg("%s: cannot be opened", path);
    }
    kit_recording *recording = kit_recording_new();
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, file) >= 0) {
        line[strcspn(line, "\r\n")] = 0;
        if (line[0] == '>' || line[0] == '<') {
            kit_add_hex(recording, line[0] == '>' ? HS_CLIENT : HS_SERVER, line + 2);
        } else if (strncmp(line, "key ", 4) == 0) {
            kit_add_key(recording, line + 4);
        }
    }
    free(line);
    fclose(file);
    return recording;
}

static void add_keys(hs_keylog *keylog, const char **lines, size_t most)
{
    while (most-- > 0 && *lines && **lines) {
        size_t len = strcspn(*lines, "\n");
        assert_int_equal(hs_keylog_add_line(keylog, hs_bytes_of(*lines, len)), HS_OK);
        *lines += len + ((*lines)[len] == '\n');
    }
}

static void feed(hs_decoder *decoder, const kit_step *step, hs_moment moment, kit_way *way)
{
    size_t at = 0;
    while (at < step->bytes.len) {
        size_t len = step->bytes.len - at;
        if (way->chunks == KIT_BYTES) {
            len = 1;
        } else if (way->chunks == KIT_RANDOM) {
            size_t wanted = 1 + (size_t)rand_r(&way->seed) % 97;
            len = wanted < len ? wanted : len;
        }
        /* A copy of its own, so that a reader past its end is caught. */
        uint8_t *chunk = malloc(len);
        assert_non_null(chunk);
        memcpy(chunk, step->bytes.data + at, len);
        hs_tls_hello hello; /* where there is one, it is read before, as of a capture's packet */
        bool has_hello = hs_tls_hello_read(hs_bytes_of(chunk, len), &hello);
        hs_decoder_set_hello(decoder, has_hello ? &hello : NULL);
        assert_int_equal(hs_decoder_feed(decoder, step->from, hs_bytes_of(chunk, len), moment),
                         HS_OK);
        hs_decoder_set_hello(decoder, NULL);
        free(chunk);
        at += len;
    }
}

hs_trace *kit_decode(const kit_recording *recording, kit_way way)
{
    hs_trace_config config = {.keep_events = !way.is_brief,
                              .keep_bytes = !way.is_brief,
                              .memory_limit = 256 << 20, /* a segment a byte */
                              .segment_limit = 1 << 20};
    hs_trace *trace = hs_trace_new(&config);
    hs_keylog *keylog = hs_keylog_new(0);
    assert_non_null(trace);
    assert_non_null(keylog);
    hs_decoder *decoder = hs_decoder_new(trace, way.keys == KIT_KEYS_NO_LOG ? NULL : keylog);
    assert_non_null(decoder);
    hs_decoder_set_sessions(decoder, way.sessions);
    const char *lines = recording->keylog;
    if (way.keys == KIT_KEYS_FIRST) {
        add_keys(keylog, &lines, SIZE_MAX);
    }
    for (size_t i = 0; i < recording->count; i++) {
        hs_moment moment = {(hs_time)(i + 1) * HS_MILLISECOND, HS_CLOCK_CAPTURE};
        feed(decoder, &recording->steps[i], moment, &way);
        if (way.keys == KIT_KEYS_BETWEEN) {
            add_keys(keylog, &lines, 1);
            assert_int_equal(hs_decoder_keys_changed(decoder), HS_OK);
        }
    }
    if (way.keys == KIT_KEYS_BETWEEN || way.keys == KIT_KEYS_LAST) {
        add_keys(keylog, &lines, SIZE_MAX);
        assert_int_equal(hs_decoder_keys_changed(decoder), HS_OK);
    }
    hs_decoder_end(decoder, HS_CLIENT);
    hs_decoder_end(decoder, HS_SERVER);
    assert_int_equal(hs_decoder_finish(decoder), HS_OK);
    hs_decoder_free(decoder);
    hs_keylog_free(keylog);
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    return trace;
}

static void print_hex(FILE *out, hs_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        fprintf(out, "%02x", bytes.data[i]);
    }
}

static const char *or_none(const char *text)
{
    return text ? text : "-";
}

static void dump_facts(FILE *out, const hs_trace *trace)
{
    const hs_tls_facts *t = &trace->tls;
    fprintf(out, "tls %d version %04x cipher %d %04x group %04x signature %04x\n", t->present,
            t->version, t->has_cipher, t->cipher, t->group, t->signature);
    fprintf(out, "alpn %s server_name %s resumed %d early_data %d hrr %d ocsp %d cert_request %d\n",
            or_none(t->alpn), or_none(t->server_name), t->resumed, t->early_data,
            t->hello_retry_request, t->ocsp_stapled, t->client_certificate_requested);
    fprintf(out, "tickets %d ja3 %s ja3s %s ja4 %s\n", t->tickets, or_none(t->ja3),
            or_none(t->ja3s), or_none(t->ja4));
    fprintf(out, "alert %d from %d level %d description %d\n", t->has_alert, t->alert_from,
            t->alert_level, t->alert_description);
    fprintf(out, "http %d %d websocket %d %d http2 %d\n", trace->http.present, trace->http.status,
            trace->websocket.present, trace->websocket.status, trace->http2.present);
    for (size_t i = 0; i < trace->certificate_count; i++) {
        const hs_certificate *c = &trace->certificates[i];
        fprintf(out, "certificate %s | %s | %s | %lld %lld | %s | %s | %s | %s |", c->subject,
                c->issuer, c->serial, (long long)c->not_before, (long long)c->not_after, c->key,
                c->signature, c->sha256, c->pin);
        for (size_t n = 0; n < c->name_count; n++) {
            fprintf(out, " %s", c->names[n]);
        }
        fprintf(out, "\n");
    }
    for (int i = 0; i < HS_MILESTONE_COUNT; i++) {
        hs_moment moment = trace->milestones[i];
        if (moment.at != HS_TIME_NONE) {
            fprintf(out, "milestone %s %lld\n", hs_milestone_name((hs_milestone)i),
                    (long long)moment.at);
        }
    }
}

char *kit_dump(const hs_trace *trace)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    dump_facts(out, trace);
    for (const hs_event *event = trace->events; event; event = event->next) {
        fprintf(out, "%lld %lld %s %s %04x%s %s %zu", (long long)event->first_at,
                (long long)event->moment.at, event->from == HS_CLIENT ? ">" : "<",
                hs_layer_name(event->layer), event->type, event->is_protected ? "*" : "",
                event->name, event->bytes);
        for (const hs_detail *d = event->details; d; d = d->next) {
            if (d->text) {
                fprintf(out, " %s=%s", d->key, d->text);
            } else {
                fprintf(out, " %s=%lld", d->key, (long long)d->number);
            }
        }
        fprintf(out, " ");
        print_hex(out, event->raw);
        fprintf(out, "\n");
    }
    fclose(out);
    return text;
}

char *kit_names(const hs_trace *trace, hs_side from)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    for (const hs_event *event = trace->events; event; event = event->next) {
        if (event->from == from) {
            fprintf(out, "%s%s ", event->name, event->is_protected ? "*" : "");
        }
    }
    fclose(out);
    if (size > 0) {
        text[size - 1] = 0;
    }
    return text;
}

const hs_event *kit_event(const hs_trace *trace, const char *name, size_t nth)
{
    for (const hs_event *event = trace->events; event; event = event->next) {
        if (strcmp(event->name, name) == 0 && nth-- == 0) {
            return event;
        }
    }
    return NULL;
}

const char *kit_detail(const hs_event *event, const char *key)
{
    static char number[32];
    for (const hs_detail *d = event ? event->details : NULL; d; d = d->next) {
        if (strcmp(d->key, key) == 0) {
            if (d->text) {
                return d->text;
            }
            snprintf(number, sizeof number, "%lld", (long long)d->number);
            return number;
        }
    }
    return NULL;
}

static void assert_same(const char *want, const char *got, kit_way way)
{
    if (strcmp(want, got) == 0) {
        return;
    }
    size_t at = 0;
    while (want[at] == got[at]) {
        at++;
    }
    while (at > 0 && want[at - 1] != '\n') {
        at--;
    }
    fail_msg("chunks %d, keys %d, seed %u give another trace:\n%.300s\ninstead of\n%.300s",
             way.chunks, way.keys, way.seed, got + at, want + at);
}

static char *dump_of(const kit_recording *recording, kit_way way)
{
    hs_trace *trace = kit_decode(recording, way);
    char *text = kit_dump(trace);
    hs_trace_free(trace);
    return text;
}

void kit_assert_same_every_way(const kit_recording *recording)
{
    static const kit_keys with_keys[] = {KIT_KEYS_FIRST, KIT_KEYS_BETWEEN, KIT_KEYS_LAST};
    static const kit_keys without_keys[] = {KIT_KEYS_NONE, KIT_KEYS_NO_LOG};
    for (int keyed = 0; keyed < 2; keyed++) {
        const kit_keys *keys = keyed ? with_keys : without_keys;
        size_t count = keyed ? 3 : 2;
        char *want = dump_of(recording, (kit_way){.chunks = KIT_WHOLE, .keys = keys[0]});
        for (size_t k = 0; k < count; k++) {
            for (unsigned c = 0; c < 7; c++) {
                kit_way way = {.chunks = c == 0   ? KIT_WHOLE
                                         : c == 1 ? KIT_BYTES
                                                  : KIT_RANDOM,
                               .keys = keys[k],
                               .seed = c};
                char *got = dump_of(recording, way);
                assert_same(want, got, way);
                free(got);
            }
        }
        free(want);
    }
}
