/* What HTTP/3 says about the connection. */
#include "decode/http3_state.h"

enum { SETTINGS_MAX = 256, FACT_MAX = 1024 };

static void keep_settings(hs_http3_decoder *d, hs_bytes content)
{
    hs_http3_facts *facts = &d->trace->http3;
    hs_http3_setting setting;
    hs_bytes left = content;
    size_t count = 0;
    while (count < SETTINGS_MAX && hs_http3_next_setting(&left, &setting)) {
        count++;
    }
    hs_http3_setting_fact *kept = hs_arena_alloc(hs_trace_arena(d->trace),
                                                 (count + 1) * sizeof *kept);
    facts->present = true;
    if (!kept) {
        return;
    }
    for (size_t i = 0; i < count && hs_http3_next_setting(&content, &setting); i++) {
        kept[i] = (hs_http3_setting_fact){setting.id, setting.value};
    }
    facts->settings = kept;
    facts->setting_count = count;
}

void hs_h3_learn_settings(hs_http3_decoder *d, hs_side from, hs_bytes content)
{
    uint64_t capacity = 0; /* RFC 9204 5: the default */
    hs_http3_setting setting;
    hs_bytes left = content;
    while (hs_http3_next_setting(&left, &setting)) {
        if (setting.id == HS_HTTP3_SETTING_QPACK_MAX_TABLE_CAPACITY) {
            capacity = setting.value;
        }
    }
    if (from == HS_SERVER) {
        keep_settings(d, content);
    }
    hs_h3_qpack_allow(d, from == HS_CLIENT ? HS_SERVER : HS_CLIENT, capacity);
}

static bool is_named(hs_bytes name, const char *text)
{
    return hs_bytes_are(name, text);
}

static const char *fact(hs_http3_decoder *d, hs_bytes value)
{
    value.len = value.len < FACT_MAX ? value.len : FACT_MAX;
    return hs_arena_escaped(hs_trace_arena(d->trace), value);
}

static int status_of(hs_bytes value)
{
    int status = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.len != 3 || value.data[i] < '0' || value.data[i] > '9') {
            return 0;
        }
        status = status * 10 + (value.data[i] - '0');
    }
    return status;
}

static void learn_response(hs_http3_decoder *d, hs_h3_half *half, hs_bytes name, hs_bytes value)
{
    hs_http_facts *http = &d->trace->http;
    if (is_named(name, ":status")) {
        int status = status_of(value);
        if (status >= 200 && http->status == 0) {
            *http = (hs_http_facts){.present = true, .version = "HTTP/3", .status = status};
            half->has_head = true;
        }
    } else if (half->has_head && !http->server && is_named(name, "server")) {
        http->server = fact(d, value);
    } else if (half->has_head && !http->location && is_named(name, "location")) {
        http->location = fact(d, value);
    } else if (half->has_head && !http->alt_svc && is_named(name, "alt-svc")) {
        http->alt_svc = fact(d, value);
    }
}

/* Of the first request, unless the trace has a target. */
static void learn_request(hs_http3_decoder *d, hs_bytes name, hs_bytes value)
{
    hs_target *target = &d->trace->target;
    if (is_named(name, ":path") && !target->path) {
        target->path = fact(d, value);
    } else if (is_named(name, ":authority") && !target->host) {
        target->host = fact(d, value);
    }
}

void hs_h3_learn_field(hs_http3_decoder *d, hs_h3_half *half, hs_bytes name, hs_bytes value)
{
    if (half->kind != HS_H3_REQUEST) {
        return;
    }
    if (half->from == HS_SERVER) {
        learn_response(d, half, name, value);
    } else {
        learn_request(d, name, value);
    }
}
