/* The facts of a handshake that is over, packed: what one line about a connection needs. */
#include <string.h>

#include "base/prefetch.h"
#include "decode/flow.h"
#include "trace/accounting.h"
#include "trace/build.h"

/* Texts stand behind the struct, one after the other; an offset is counted from 1, 0 is none. */
typedef enum text_index {
    TEXT_SERVER_NAME,
    TEXT_ALPN,
    TEXT_HOST,
    TEXT_HTTP_VERSION,
    TEXT_MESSAGE,
    TEXT_LAST_EVENT,
    TEXT_COUNT
} text_index;

struct hs_flow_brief {
    hs_time elapsed; /* of the failure */
    uint32_t size;   /* of all */
    uint32_t marks;  /* one bit a milestone that is in `times` */
    uint16_t texts[TEXT_COUNT];
    uint16_t tls_version;
    uint16_t cipher;
    uint16_t group;
    int16_t alert;
    int16_t http_status;
    int16_t websocket_status;
    uint8_t failure;
    uint8_t phase;
    uint8_t early_data;
    int8_t resumed;
    int8_t hello_retry_request;
    int8_t accepted;
    int8_t round_trips[HS_PHASE_COUNT];
    bool has_tls : 1;
    bool has_cipher : 1;
    bool has_alert : 1;
    bool alert_from_server : 1;
    bool has_http : 1;
    bool has_http2 : 1;
    bool has_websocket : 1;
    bool incomplete : 1;
    uint8_t alert_level;
    uint8_t alert_description;
    hs_time times[]; /* of the milestones, then the texts */
};

static void set_tls(hs_flow_brief *brief, const hs_tls_facts *tls)
{
    brief->has_tls = tls->present;
    brief->tls_version = tls->version;
    brief->has_cipher = tls->has_cipher;
    brief->cipher = tls->cipher;
    brief->group = tls->group;
    brief->early_data = (uint8_t)tls->early_data;
    brief->resumed = (int8_t)tls->resumed;
    brief->hello_retry_request = (int8_t)tls->hello_retry_request;
    brief->has_alert = tls->has_alert;
    brief->alert_from_server = tls->alert_from == HS_SERVER;
    brief->alert_level = tls->alert_level;
    brief->alert_description = tls->alert_description;
}

static int8_t small(int number)
{
    return (int8_t)(number > INT8_MAX ? INT8_MAX : number);
}

static void set_rest(hs_flow_brief *brief, const hs_trace *trace)
{
    brief->failure = (uint8_t)trace->failure.cls;
    brief->phase = (uint8_t)trace->failure.phase;
    brief->elapsed = trace->failure.elapsed;
    brief->alert = (int16_t)trace->failure.alert;
    brief->has_http = trace->http.present;
    brief->http_status = (int16_t)trace->http.status;
    brief->has_http2 = trace->http2.present;
    brief->has_websocket = trace->websocket.present;
    brief->websocket_status = (int16_t)trace->websocket.status;
    brief->accepted = (int8_t)trace->websocket.accepted;
    brief->incomplete = trace->incomplete;
    for (int i = 0; i < HS_PHASE_COUNT; i++) {
        brief->round_trips[i] = small(trace->phases[i].round_trips);
    }
}

/* Its texts, with their sizes, ends included; 0: none, or one that does not fit in. */
typedef struct brief_texts {
    const char *text[TEXT_COUNT];
    size_t size[TEXT_COUNT];
    size_t total;
} brief_texts;

static brief_texts texts_of(const hs_trace *trace)
{
    brief_texts texts = {.text = {
                             [TEXT_SERVER_NAME] = trace->tls.server_name,
                             [TEXT_ALPN] = trace->tls.alpn,
                             [TEXT_HOST] = trace->target.host,
                             [TEXT_HTTP_VERSION] = trace->http.version,
                             [TEXT_MESSAGE] = trace->failure.message,
                             [TEXT_LAST_EVENT] = trace->failure.last_event,
                         }};
    for (int i = 0; i < TEXT_COUNT; i++) {
        size_t size = texts.text[i] ? strlen(texts.text[i]) + 1 : 0;
        texts.size[i] = texts.total + size > UINT16_MAX - 1 ? 0 : size;
        texts.total += texts.size[i];
    }
    return texts;
}

static void set_texts(hs_flow_brief *brief, const brief_texts *texts, char *at)
{
    size_t used = 0;
    for (int i = 0; i < TEXT_COUNT; i++) {
        if (texts->size[i] > 0) {
            memcpy(at + used, texts->text[i], texts->size[i]);
            brief->texts[i] = (uint16_t)(used + 1);
            used += texts->size[i];
        }
    }
}

/* Behind the last of the times. */
static hs_time *set_times(hs_flow_brief *brief, const hs_trace *trace)
{
    hs_time *at = brief->times;
    for (int i = 0; i < HS_MILESTONE_COUNT; i++) {
        if (trace->milestones[i].at != HS_TIME_NONE) {
            brief->marks |= UINT32_C(1) << i;
            *at++ = trace->milestones[i].at;
        }
    }
    return at;
}

hs_flow_brief *hs_flow_brief_new(const hs_trace *trace, hs_flow_store *store)
{
    brief_texts texts = texts_of(trace);
    size_t marks = 0;
    for (int i = 0; i < HS_MILESTONE_COUNT; i++) {
        marks += trace->milestones[i].at != HS_TIME_NONE;
    }
    size_t size = sizeof(hs_flow_brief) + marks * sizeof(hs_time) + texts.total;
    hs_flow_brief *brief = hs_flow_store_facts(store, size);
    if (!brief) {
        return NULL;
    }
    *brief = (hs_flow_brief){.size = (uint32_t)size};
    set_tls(brief, &trace->tls);
    set_rest(brief, trace);
    set_texts(brief, &texts, (char *)set_times(brief, trace));
    return brief;
}

void hs_flow_brief_free(hs_flow_brief *brief, hs_flow_store *store)
{
    if (brief) {
        hs_flow_store_release_facts(store, brief, brief->size);
    }
}

void hs_flow_brief_expect(const hs_flow_brief *brief)
{
    enum { LINES = 4 }; /* as most of them take */
    if (brief) {
        hs_prefetch(brief, LINES * (size_t)HS_CACHE_LINE);
    }
}

size_t hs_flow_brief_memory(const hs_flow_brief *brief)
{
    return brief ? brief->size : 0;
}

static const char *text_of(const hs_flow_brief *brief, size_t mark_count, text_index index,
                           hs_trace *trace)
{
    const char *texts = (const char *)&brief->times[mark_count];
    uint16_t offset = brief->texts[index];
    return offset ? hs_arena_text(hs_trace_arena(trace), texts + offset - 1) : NULL;
}

static void restore_tls(const hs_flow_brief *brief, hs_tls_facts *tls)
{
    tls->present = brief->has_tls;
    tls->version = brief->tls_version;
    tls->has_cipher = brief->has_cipher;
    tls->cipher = brief->cipher;
    tls->group = brief->group;
    tls->early_data = (hs_early_data)brief->early_data;
    tls->resumed = (hs_seen)brief->resumed;
    tls->hello_retry_request = (hs_seen)brief->hello_retry_request;
    tls->has_alert = brief->has_alert;
    tls->alert_from = brief->alert_from_server ? HS_SERVER : HS_CLIENT;
    tls->alert_level = brief->alert_level;
    tls->alert_description = brief->alert_description;
}

static void restore_failure(const hs_flow_brief *brief, hs_trace *trace, const char *message,
                            const char *last_event)
{
    hs_failure_class cls = (hs_failure_class)brief->failure;
    if (cls != HS_FAILURE_NONE) {
        hs_trace_fail(trace, cls, (hs_phase)brief->phase, brief->elapsed, "%s",
                      message ? message : "");
        trace->failure.alert = brief->alert;
        trace->failure.last_event = last_event;
    }
}

void hs_flow_brief_restore(const hs_flow_brief *brief, hs_trace *trace)
{
    size_t count = 0;
    for (int i = 0; i < HS_MILESTONE_COUNT; i++) {
        if (brief->marks & UINT32_C(1) << i) {
            hs_trace_mark(trace, (hs_milestone)i, hs_flow_moment(brief->times[count++]));
        }
    }
    restore_tls(brief, &trace->tls);
    trace->tls.server_name = text_of(brief, count, TEXT_SERVER_NAME, trace);
    trace->tls.alpn = text_of(brief, count, TEXT_ALPN, trace);
    trace->target.host = text_of(brief, count, TEXT_HOST, trace);
    trace->http.present = brief->has_http;
    trace->http.status = brief->http_status;
    trace->http.version = text_of(brief, count, TEXT_HTTP_VERSION, trace);
    trace->http2.present = brief->has_http2;
    trace->websocket.present = brief->has_websocket;
    trace->websocket.status = brief->websocket_status;
    trace->websocket.accepted = (hs_seen)brief->accepted;
    trace->incomplete = brief->incomplete;
    restore_failure(brief, trace, text_of(brief, count, TEXT_MESSAGE, trace),
                    text_of(brief, count, TEXT_LAST_EVENT, trace));
    hs_trace_compute_phases(trace);
    for (int i = 0; i < HS_PHASE_COUNT; i++) {
        trace->phases[i].round_trips = (int)brief->round_trips[i]; /* -1: not counted */
    }
}
