/* Conversations decoded, and what came of it as text. */
#include "quic_talk.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/quic.h"
#include "trace/build.h"

/* One line of the key log after the other. */
static bool add_line(hs_keylog *keylog, const char **at)
{
    const char *end = strchr(*at, '\n');
    if (!end) {
        return false;
    }
    assert_int_equal(hs_keylog_add_line(keylog, hs_bytes_of(*at, (size_t)(end - *at))), HS_OK);
    *at = end + 1;
    return true;
}

static hs_trace *decode(const quic_talk *talk, talk_keys keys, const size_t *order, bool judge,
                        bool is_silent)
{
    hs_trace_config config = {.keep_bytes = true};
    hs_trace *trace = hs_trace_new(&config);
    hs_keylog *keylog = hs_keylog_new(0);
    hs_quic_decoder *decoder = hs_quic_decoder_new(trace, keys == TALK_KEYS_NO_LOG ? NULL : keylog,
                                                   talk->crypto);
    assert_non_null(decoder);
    const char *at = talk->keylog;
    while (keys == TALK_KEYS_FIRST && add_line(keylog, &at)) {
    }
    hs_time last = 0;
    for (size_t i = 0; i < talk->count; i++) {
        const talk_step *step = &talk->steps[order ? order[i] : i];
        hs_moment moment = {step->at, HS_CLOCK_CAPTURE};
        assert_int_equal(
            hs_quic_decoder_feed_marked(decoder, step->from, step->bytes, moment, step->ecn),
            HS_OK);
        last = step->at > last ? step->at : last;
        if (keys == TALK_KEYS_BETWEEN && add_line(keylog, &at)) {
            assert_int_equal(hs_quic_decoder_keys_changed(decoder), HS_OK);
        }
    }
    while ((keys == TALK_KEYS_BETWEEN || keys == TALK_KEYS_LAST) && add_line(keylog, &at)) {
        assert_int_equal(hs_quic_decoder_keys_changed(decoder), HS_OK);
    }
    assert_int_equal(hs_quic_decoder_finish(decoder), HS_OK);
    hs_trace_mark(trace, HS_MILESTONE_END, (hs_moment){last, HS_CLOCK_CAPTURE});
    if (judge) {
        (void)hs_quic_decoder_fail(decoder, last, is_silent);
    }
    hs_quic_decoder_free(decoder);
    hs_keylog_free(keylog);
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    return trace;
}

hs_trace *talk_decode(const quic_talk *talk, talk_keys keys, const size_t *order)
{
    return decode(talk, keys, order, false, false);
}

hs_trace *talk_judge(const quic_talk *talk, talk_keys keys, bool is_silent)
{
    return decode(talk, keys, NULL, true, is_silent);
}

static void dump_events(const hs_trace *trace, FILE *out)
{
    for (const hs_event *event = trace->events; event; event = event->next) {
        fprintf(out, "%" PRId64 " %" PRId64 " %d %s %s %04x%s %zu raw %zu", event->first_at,
                event->moment.at, event->from, hs_layer_name(event->layer), event->name,
                event->type, event->is_protected ? "*" : "", event->bytes, event->raw.len);
        for (const hs_detail *detail = event->details; detail; detail = detail->next) {
            if (detail->text) {
                fprintf(out, " %s=%s", detail->key, detail->text);
            } else {
                fprintf(out, " %s=%" PRId64, detail->key, detail->number);
            }
        }
        fputc('\n', out);
    }
}

static void dump_quic(const hs_quic_facts *quic, FILE *out)
{
    fprintf(out, "version %08x of %08x retry %d vn %d early %d token %d\n", quic->version,
            quic->original_version, quic->retry, quic->version_negotiation, quic->early_data,
            quic->token);
    fprintf(out, "ids %s %s %s\n", quic->original_dcid ? quic->original_dcid : "-",
            quic->client_cid ? quic->client_cid : "-", quic->server_cid ? quic->server_cid : "-");
    fprintf(out, "parameters %zu %zu limited %d confirmed %d tokens %d updates %d\n",
            quic->client_parameters.bytes.len, quic->server_parameters.bytes.len,
            quic->amplification_limited, quic->handshake_confirmed, quic->new_tokens,
            quic->key_updates);
    fprintf(out, "retransmits %d lost %d timeouts %d rtt %" PRId64 " %" PRId64 " reset %d\n",
            quic->retransmits, quic->lost, quic->probe_timeouts, quic->rtt_server, quic->rtt_client,
            quic->stateless_reset);
    fprintf(out, "close %d %d %d %" PRIu64 " %" PRIu64 " %s\n", quic->close.present,
            quic->close.from, quic->close.is_application, quic->close.error, quic->close.frame_type,
            quic->close.reason ? quic->close.reason : "-");
}

static void dump_facts(const hs_trace *trace, FILE *out)
{
    dump_quic(&trace->quic, out);
    const hs_tls_facts *tls = &trace->tls;
    fprintf(out, "tls %04x %04x %s %s ja4 %s tickets %d resumed %d\n", tls->version, tls->cipher,
            tls->alpn ? tls->alpn : "-", tls->server_name ? tls->server_name : "-",
            tls->ja4 ? tls->ja4 : "-", tls->tickets, tls->resumed);
}

char *talk_facts(const hs_trace *trace)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    dump_facts(trace, out);
    fclose(out);
    return text;
}

char *talk_dump(const hs_trace *trace)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    dump_events(trace, out);
    dump_facts(trace, out);
    for (int i = 0; i < HS_MILESTONE_COUNT; i++) {
        if (trace->milestones[i].at != HS_TIME_NONE) {
            fprintf(out, "%s %" PRId64 "\n", hs_milestone_name((hs_milestone)i),
                    trace->milestones[i].at);
        }
    }
    fprintf(out, "failure %d %s\n", trace->failure.cls,
            trace->failure.message ? trace->failure.message : "-");
    fclose(out);
    return text;
}

char *talk_names(const hs_trace *trace, hs_side from, hs_layer layer)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    const char *between = "";
    assert_non_null(out);
    for (const hs_event *event = trace->events; event; event = event->next) {
        if (event->from == from && event->layer == layer) {
            fprintf(out, "%s%s", between, event->name);
            between = " ";
        }
    }
    fclose(out);
    return text;
}

const hs_event *talk_event(const hs_trace *trace, const char *name, size_t nth)
{
    for (const hs_event *event = trace->events; event; event = event->next) {
        if (strcmp(event->name, name) == 0 && nth-- == 0) {
            return event;
        }
    }
    return NULL;
}

const char *talk_detail(const hs_event *event, const char *key)
{
    static char number[32];
    assert_non_null(event);
    for (const hs_detail *detail = event->details; detail; detail = detail->next) {
        if (strcmp(detail->key, key) == 0) {
            if (detail->text) {
                return detail->text;
            }
            snprintf(number, sizeof number, "%" PRId64, detail->number);
            return number;
        }
    }
    return NULL;
}
