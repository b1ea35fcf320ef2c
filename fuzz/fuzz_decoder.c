/* Both directions of a connection, with key log lines between them: decoded as they come, and again
 * byte by byte with all keys known before; both must say the same. Then twice more, the second time
 * with the sessions that the first has left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "decode/decoder.h"
#include "trace/build.h"

static void feed(hs_decoder *decoder, const step *s, bool by_bytes, hs_time at)
{
    size_t len = by_bytes ? 1 : s->bytes.len;
    hs_moment moment = {at, HS_CLOCK_CAPTURE};
    for (size_t i = 0; i < s->bytes.len; i += len) {
        (void)!hs_decoder_feed(decoder, s->kind == CLIENT ? HS_CLIENT : HS_SERVER,
                               hs_bytes_of(s->bytes.data + i, len), moment);
    }
}

static void add_keys(hs_keylog *keylog, hs_bytes input)
{
    hs_fault fault;
    hs_reader r;
    step s;
    hs_reader_init(&r, input, &fault, NULL);
    while (next_step(&r, &s)) {
        if (s.kind == KEY) {
            (void)!hs_keylog_add_line(keylog, s.bytes);
        }
    }
}

static hs_trace *decode(hs_bytes input, bool keys_first, bool by_bytes, hs_tls12_sessions *sessions)
{
    hs_trace_config config = {.keep_bytes = true, .segment_limit = 1 << 20};
    hs_trace *trace = hs_trace_new(&config);
    hs_keylog *keylog = hs_keylog_new(0);
    hs_decoder *decoder = trace && keylog ? hs_decoder_new(trace, keylog) : NULL;
    if (!decoder) {
        abort();
    }
    hs_decoder_set_sessions(decoder, sessions);
    if (keys_first) {
        add_keys(keylog, input);
    }
    hs_fault fault;
    hs_reader r;
    step s;
    hs_time at = 0;
    hs_reader_init(&r, input, &fault, NULL);
    while (next_step(&r, &s)) {
        if (s.kind != KEY) {
            feed(decoder, &s, by_bytes, ++at);
        } else if (!keys_first) {
            (void)!hs_keylog_add_line(keylog, s.bytes);
            (void)!hs_decoder_keys_changed(decoder);
        }
    }
    hs_decoder_end(decoder, HS_CLIENT);
    (void)!hs_decoder_finish(decoder);
    hs_decoder_free(decoder);
    hs_keylog_free(keylog);
    (void)!hs_trace_finish(trace);
    return trace;
}

static void decode_again(hs_bytes input)
{
    static const uint64_t seed[2] = {1, 2};
    hs_tls12_sessions *sessions = hs_tls12_sessions_new(0, seed);
    if (!sessions) {
        abort();
    }
    for (int i = 0; i < 2; i++) {
        hs_trace_free(decode(input, true, false, sessions));
    }
    hs_tls12_sessions_free(sessions);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_details(const hs_detail *a, const hs_detail *b)
{
    for (; a && b; a = a->next, b = b->next) {
        if (!same_text(a->key, b->key) || !same_text(a->text, b->text) || a->number != b->number) {
            return false;
        }
    }
    return !a && !b;
}

static void must_be(bool same, const char *what, const hs_event *a, const hs_event *b)
{
    if (!same) {
        fprintf(stderr, "%s: %s and %s\n", what, a ? a->name : "-", b ? b->name : "-");
        abort();
    }
}

static void must_agree(const hs_trace *one, const hs_trace *two)
{
    const hs_event *a = one->events;
    const hs_event *b = two->events;
    for (; a && b; a = a->next, b = b->next) {
        must_be(same_text(a->name, b->name), "name", a, b);
        must_be(a->from == b->from && a->type == b->type && a->bytes == b->bytes &&
                    a->is_protected == b->is_protected,
                "kind", a, b);
        must_be(a->moment.at == b->moment.at && a->first_at == b->first_at, "time", a, b);
        must_be(hs_bytes_equal(a->raw, b->raw), "bytes", a, b);
        must_be(same_details(a->details, b->details), "details", a, b);
    }
    must_be(!a && !b, "count", a, b);
    const hs_tls_facts *s = &one->tls;
    const hs_tls_facts *t = &two->tls;
    must_be(s->version == t->version && s->cipher == t->cipher && s->group == t->group &&
                s->signature == t->signature && s->resumed == t->resumed &&
                s->early_data == t->early_data && s->tickets == t->tickets &&
                s->has_alert == t->has_alert && s->alert_from == t->alert_from &&
                s->alert_description == t->alert_description && same_text(s->alpn, t->alpn) &&
                same_text(s->ja4, t->ja4) && one->certificate_count == two->certificate_count,
            "facts", NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hs_bytes input = hs_bytes_of(data, size);
    hs_trace *late = decode(input, false, false, NULL);
    hs_trace *early = decode(input, true, true, NULL);
    annotate_all(late);
    must_agree(late, early);
    hs_trace_free(late);
    hs_trace_free(early);
    decode_again(input);
    return 0;
}
