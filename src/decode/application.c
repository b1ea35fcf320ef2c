#include "decode/application.h"

#include <stdlib.h>

#include "decode/application_state.h"

enum { SLICE = 32 * 1024 }; /* bytes of a chunk that are taken into the buffer at once */

hs_application *hs_application_new(hs_trace *trace)
{
    hs_application *app = HS_ARENA_NEW(hs_trace_arena(trace), hs_application);
    if (!app) {
        return NULL;
    }
    app->trace = trace;
    app->budget = HS_APP_BUDGET;
    return app;
}

/* Something comes. */
static hs_result open_sides(hs_application *app)
{
    if (app->sides) {
        return HS_OK;
    }
    app->sides = calloc(2, sizeof *app->sides);
    app->requests = calloc(HS_APP_REQUESTS_MAX, sizeof *app->requests);
    app->tunnel = calloc(1, sizeof *app->tunnel);
    if (!app->sides || !app->requests || !app->tunnel) {
        free(app->sides);
        free(app->requests);
        free(app->tunnel);
        app->sides = NULL;
        app->requests = NULL;
        app->tunnel = NULL;
        return HS_NO_MEMORY;
    }
    for (int i = 0; i < 2; i++) {
        app->sides[i].from = i == HS_CLIENT ? HS_CLIENT : HS_SERVER;
        hs_buffer_init(&app->sides[i].buffer, HS_APP_BUFFER_MAX);
    }
    return HS_OK;
}

void hs_application_free(hs_application *application)
{
    if (!application) {
        return;
    }
    for (int i = 0; application->sides && i < 2; i++) {
        hs_buffer_free(&application->sides[i].buffer);
        hs_app_map_free(&application->sides[i].map);
        hs_app_http2_fields_free(&application->sides[i]);
    }
    hs_app_tunnel_free(application);
    free(application->sides);
    free(application->requests);
    free(application->tunnel);
}

static bool step_undecided(hs_application *app, hs_app_side *side)
{
    side->protocol = hs_app_sniff(app, side);
    if (side->protocol == HS_APP_DATA && side->from == HS_SERVER &&
        app->sides[HS_CLIENT].protocol == HS_APP_UNDECIDED &&
        hs_buffer_bytes(&app->sides[HS_CLIENT].buffer).len > 0) {
        /* Answered already, by what is none of our protocols: then it is no request's beginning. */
        app->sides[HS_CLIENT].protocol = HS_APP_DATA;
    }
    return side->protocol != HS_APP_UNDECIDED;
}

static bool step(hs_application *app, hs_app_side *side)
{
    switch (side->protocol) {
    case HS_APP_UNDECIDED:
        return step_undecided(app, side);
    case HS_APP_HTTP1:
        return hs_app_http1_step(app, side);
    case HS_APP_HTTP2:
        return hs_app_http2_step(app, side);
    case HS_APP_WEBSOCKET:
        return hs_app_websocket_step(app, side);
    case HS_APP_DATA:
        return hs_app_data_step(app, side);
    case HS_APP_STOPPED:
        break;
    }
    return false;
}

/* Each direction may be waiting for the other. */
static void run_both(hs_application *app)
{
    bool went_on;
    do {
        went_on = step(app, &app->sides[HS_CLIENT]);
        went_on = step(app, &app->sides[HS_SERVER]) || went_on;
    } while (went_on);
}

/* That direction is no longer decoded; what waits in it is told as data. */
static void stop(hs_application *app, hs_app_side *side, hs_result result, const char *why)
{
    hs_event *event = NULL;
    size_t len = hs_buffer_bytes(&side->buffer).len;
    if (len > 0) {
        hs_app_run_begin(side, HS_LAYER_DATA, 0, "data");
        hs_app_run_take(side, len);
        event = hs_app_run_end(app, side);
        hs_app_add_bytes(app, event, "text", hs_app_run_kept(side), HS_APP_TEXT_MAX);
    }
    hs_app_add_text(app, event, "stopped", why);
    side->protocol = HS_APP_STOPPED;
    side->result = result;
    hs_buffer_free(&side->buffer);
}

/* Data of the other direction is a turn that has ended. */
static void end_turn(hs_application *app, hs_app_side *side)
{
    if (side->protocol == HS_APP_DATA) {
        hs_app_data_finish(app, side);
    }
}

static void take_in(hs_application *app, hs_app_side *side, hs_bytes bytes)
{
    size_t at = 0;
    while (at < bytes.len && side->protocol != HS_APP_STOPPED) {
        size_t room = HS_APP_BUFFER_MAX - hs_buffer_bytes(&side->buffer).len;
        size_t len = bytes.len - at < SLICE ? bytes.len - at : SLICE;
        len = len < room ? len : room;
        if (len == 0) {
            stop(app, side, HS_LIMIT, "more than 256 KiB wait for the other direction");
            return;
        }
        if (hs_buffer_append(&side->buffer, hs_bytes_of(bytes.data + at, len)) != HS_OK) {
            stop(app, side, HS_NO_MEMORY, "out of memory");
            return;
        }
        at += len;
        run_both(app);
    }
}

hs_result hs_application_feed(hs_application *application, const hs_chunk *chunk)
{
    hs_application *app = application;
    if (open_sides(app) != HS_OK) {
        return HS_NO_MEMORY;
    }
    hs_app_side *side = &app->sides[chunk->from];
    if (side->protocol == HS_APP_STOPPED || chunk->bytes.len == 0) {
        return side->result;
    }
    end_turn(app, hs_app_other(app, side));
    if (hs_app_map_add(&side->map, side->received, chunk) != HS_OK) {
        stop(app, side, HS_NO_MEMORY, "out of memory");
        return side->result;
    }
    side->received += chunk->bytes.len;
    take_in(app, side, chunk->bytes);
    end_turn(app, hs_app_other(app, side));
    return side->result;
}

static void finish_side(hs_application *app, hs_app_side *side)
{
    switch (side->protocol) {
    case HS_APP_UNDECIDED:
        side->protocol = HS_APP_DATA;
        break;
    case HS_APP_HTTP1:
        hs_app_http1_finish(app, side);
        break;
    case HS_APP_HTTP2:
        hs_app_http2_finish(app, side);
        break;
    case HS_APP_WEBSOCKET:
        hs_app_websocket_finish(app, side);
        break;
    case HS_APP_DATA:
    case HS_APP_STOPPED:
        break;
    }
    /* What cannot be finished as its protocol has become data. */
    if (side->protocol == HS_APP_DATA) {
        (void)hs_app_data_step(app, side);
        hs_app_data_finish(app, side);
    }
}

void hs_application_finish(hs_application *application)
{
    application->is_finishing = true;
    if (!application->sides) {
        return;
    }
    run_both(application);
    finish_side(application, &application->sides[HS_CLIENT]);
    run_both(application);
    finish_side(application, &application->sides[HS_SERVER]);
}

hs_result hs_application_gap(hs_application *application, hs_side from)
{
    if (open_sides(application) != HS_OK) {
        return HS_NO_MEMORY;
    }
    hs_app_side *side = &application->sides[from];
    if (side->protocol == HS_APP_STOPPED) {
        return side->result;
    }
    finish_side(application, side);
    side->http1.in_body = false;
    side->protocol = HS_APP_DATA;
    run_both(application);
    return side->result;
}

void hs_application_forget_client(hs_application *application)
{
    static const hs_milestone marks[] = {HS_MILESTONE_REQUEST, HS_MILESTONE_UPGRADE_START,
                                         HS_MILESTONE_SETTINGS_START};
    hs_application *app = application;
    hs_app_side *side = app->sides ? &app->sides[HS_CLIENT] : NULL;
    if (!side || side->protocol == HS_APP_STOPPED) {
        return;
    }
    finish_side(app, side);
    hs_app_http2_fields_free(side);
    hs_app_tunnel_free(app);
    side->protocol = HS_APP_UNDECIDED;
    side->next = HS_APP_UNDECIDED;
    side->http1 = (hs_app_http1){0};
    side->http2 = (hs_app_http2){0};
    side->problem = NULL;
    app->trace->websocket.present = false;
    app->request_count = 0;
    app->waits_for_upgrade = false;
    app->has_accept = false;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        hs_trace_unmark_byte(app->trace, marks[i]);
    }
}

static bool is_unknown(const hs_app_side *side)
{
    return side->protocol == HS_APP_UNDECIDED || side->protocol == HS_APP_DATA;
}

bool hs_application_is_unknown(const hs_application *application)
{
    return !application->sides || (is_unknown(&application->sides[HS_CLIENT]) &&
                                   is_unknown(&application->sides[HS_SERVER]));
}
