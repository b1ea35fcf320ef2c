/* The application-layer decoder over recorded conversations with real peers
 * (fuzz/corpus/application), in many splittings, against what was seen to be right
 * (data/application). */
#include "recording.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/annotate_application.h"

static void recordings_of_real_peers(void **state)
{
    (void)state;
    DIR *folder = opendir(HS_SOURCE_ROOT "/tests/decode/data/application");
    assert_non_null(folder);
    int count = 0;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        const char *end = strstr(entry->d_name, ".txt");
        char path[1024];
        if (!end) {
            continue;
        }
        snprintf(path, sizeof path, HS_SOURCE_ROOT "/tests/decode/data/application/%s",
                 entry->d_name);
        recording expected = read_file(path);
        snprintf(path, sizeof path, "%.*s", (int)(end - entry->d_name), entry->d_name);
        recording r = read_recording(path);
        expect(&r, (const char *)expected.data);
        free(expected.data);
        count++;
    }
    closedir(folder);
    assert_true(count >= 20);
}

static void every_message_of_the_recordings_is_annotated(void **state)
{
    (void)state;
    DIR *folder = opendir(HS_SOURCE_ROOT "/fuzz/corpus/application");
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        recording r = read_recording(entry->d_name);
        hs_trace *trace = conversation_play((hs_bytes){r.data, r.len}, NULL, NULL);
        assert_non_null(trace);
        for (const hs_event *event = trace->events; event; event = event->next) {
            hs_note items[256];
            hs_notes notes = {.items = items, .capacity = 256};
            hs_fault fault;
            hs_reader reader;
            hs_reader_init(&reader, event->raw, &fault, &notes);
            assert_int_equal(hs_annotate_application(event, &reader), HS_OK);
            assert_int_equal(hs_reader_left(&reader), 0);
            assert_true(notes.count > 0);
        }
        hs_trace_free(trace);
        free(r.data);
    }
    closedir(folder);
}

static void tls_events_are_not_annotated_here(void **state)
{
    (void)state;
    hs_event event = {.layer = HS_LAYER_TLS};
    hs_fault fault;
    hs_reader reader;
    hs_reader_init(&reader, event.raw, &fault, NULL);
    assert_int_equal(hs_annotate_application(&event, &reader), HS_INVALID);
}

/* Every truncation of every recording: it ends, and what was there before is still told. */
static void recordings_cut_anywhere(void **state)
{
    (void)state;
    static const char *const names[] = {"http1_chunked_answer", "http1_post_chunked_100",
                                        "http2_node_goaway",    "ws_echo",
                                        "http2_ws_echo",        "http2_ws_refused"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        recording r = read_recording(names[i]);
        size_t len = r.len;
        for (r.len = 0; r.len < len; r.len++) {
            char *whole = play(&r, NULL, NULL);
            char *bytes = play(&r, one_byte, NULL);
            assert_string_equal(whole, bytes);
            if (r.len > 3) {
                assert_true(whole[0] == '>' || whole[0] == '<');
            }
            free(whole);
            free(bytes);
        }
        free(r.data);
    }
}

/* The facts are the same where nobody wants the events. */
static void facts_do_not_need_events(void **state)
{
    (void)state;
    static const char *const names[] = {"http1_head_redirect", "http2_node_goaway", "ws_deflate"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        recording r = read_recording(names[i]);
        char *with = play(&r, NULL, NULL);
        hs_trace_config config = {.keep_events = false};
        hs_trace *trace = conversation_play_into(&config, (hs_bytes){r.data, r.len}, NULL, NULL);
        assert_non_null(trace);
        assert_int_equal(trace->event_count, 0);
        char *without = conversation_text(trace);
        assert_non_null(without);
        assert_true(strlen(without) > 0 && strlen(without) < strlen(with));
        assert_string_equal(with + strlen(with) - strlen(without), without);
        hs_trace_free(trace);
        free(with);
        free(without);
        free(r.data);
    }
}

typedef struct allowance {
    size_t left;
} allowance;

static void *allocate_within(void *context, size_t size)
{
    allowance *a = context;
    if (a->left == 0) {
        return NULL;
    }
    a->left--;
    return malloc(size);
}

static void release(void *context, void *memory)
{
    (void)context;
    free(memory);
}

/* Memory of the trace ends at every allocation in turn, and at many limits: what is there stays
 * sound. */
static void the_trace_may_run_out_of_memory(void **state)
{
    (void)state;
    recording r = read_recording("http2_node_big");
    for (size_t n = 0; n < 64; n++) {
        allowance a = {n};
        hs_allocator allocator = {allocate_within, release, &a};
        hs_trace_config config = {.allocator = &allocator, .keep_bytes = true};
        hs_trace *trace = conversation_play_into(&config, (hs_bytes){r.data, r.len}, NULL, NULL);
        char *text = trace ? conversation_text(trace) : NULL;
        free(text);
        hs_trace_free(trace);
    }
    for (size_t limit = 1024; limit < 64 * 1024; limit += 512) {
        hs_trace_config config = {.memory_limit = limit, .keep_bytes = true};
        hs_trace *trace = conversation_play_into(&config, (hs_bytes){r.data, r.len}, NULL, NULL);
        char *text = trace ? conversation_text(trace) : NULL;
        free(text);
        hs_trace_free(trace);
    }
    free(r.data);
}

static void nothing_was_fed(void **state)
{
    (void)state;
    hs_trace *trace = conversation_play((hs_bytes){0}, NULL, NULL);
    assert_non_null(trace);
    assert_int_equal(trace->event_count, 0);
    assert_false(trace->http.present);
    assert_false(trace->websocket.present);
    hs_trace_free(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_of_real_peers),
        cmocka_unit_test(every_message_of_the_recordings_is_annotated),
        cmocka_unit_test(tls_events_are_not_annotated_here),
        cmocka_unit_test(recordings_cut_anywhere),
        cmocka_unit_test(facts_do_not_need_events),
        cmocka_unit_test(the_trace_may_run_out_of_memory),
        cmocka_unit_test(nothing_was_fed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
