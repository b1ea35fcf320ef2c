/* Milestones, and facts of the server's SETTINGS, its GOAWAY, the first request and the first final
 * answer. */
#include "decode/http3_state.h"

void hs_h3_mark(hs_http3_decoder *d, const hs_h3_stream *stream, uint64_t type,
                const hs_message *message)
{
    if (type != HS_HTTP3_HEADERS || stream->kind != HS_H3_REQUEST) {
        return;
    }
    if (stream->side.from == HS_CLIENT) {
        hs_app_mark_end(&d->app, HS_MILESTONE_REQUEST, message);
    } else {
        hs_app_mark_first(&d->app, HS_MILESTONE_FIRST_RESPONSE, message);
    }
}

static void set_settings(hs_http3_decoder *d, hs_bytes content)
{
    hs_http3_facts *facts = &d->app.trace->http3;
    hs_bytes rest = content;
    hs_http3_setting setting;
    size_t count = 0;
    facts->present = true;
    while (count < HS_HTTP3_SETTINGS_MAX && hs_http3_next_setting(&rest, &setting)) {
        count++;
    }
    hs_http3_setting_fact *settings = hs_arena_alloc(hs_trace_arena(d->app.trace),
                                                     (count + 1) * sizeof *settings);
    if (!settings) {
        return;
    }
    for (size_t i = 0; i < count && hs_http3_next_setting(&content, &setting); i++) {
        settings[i] = (hs_http3_setting_fact){setting.id, setting.value};
    }
    facts->settings = settings;
    facts->setting_count = count;
}

void hs_h3_set_facts(hs_http3_decoder *d, const hs_h3_stream *stream, const hs_http3_frame *frame,
                     bool is_first, const hs_message *message)
{
    hs_http3_facts *facts = &d->app.trace->http3;
    bool is_server = stream->side.from == HS_SERVER;
    if (frame->header.type == HS_HTTP3_SETTINGS && is_first) {
        hs_app_mark_end(
            &d->app, is_server ? HS_MILESTONE_SETTINGS_DONE : HS_MILESTONE_SETTINGS_START, message);
        if (is_server) {
            set_settings(d, frame->content);
        }
        hs_h3_qpack_settings(d, stream->side.from, frame->content);
    } else if (frame->header.type == HS_HTTP3_GOAWAY && is_server) {
        facts->has_goaway = true;
        facts->goaway_id = frame->id;
    }
}

void hs_h3_field_fact(hs_http3_decoder *d, hs_side from, bool *is_fact, hs_bytes name,
                      hs_bytes value)
{
    if (from == HS_SERVER) {
        hs_app_learn_answer(&d->app, "HTTP/3", is_fact, name, value);
    } else if (hs_bytes_are(name, ":authority")) {
        hs_app_learn_host(&d->app, value);
    } else if (hs_bytes_are(name, ":path")) {
        hs_app_learn_path(&d->app, value);
    }
}
