#include "stories.h"

#include "../cmocka_headers.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <handshake/read.h>

enum { PATH_MAX_HERE = 512, STORY_MEMORY = 32 * 1024 * 1024 };

const char *const hs_test_captures[] = {"nginx-curl-tls12.pcap",
                                        "nginx-curl-h2.pcap",
                                        "node-ws.pcap",
                                        "openssl-alert-expired.pcap",
                                        "openssl-tls13.pcap",
                                        "openssl-tls13-client-certificate.pcap",
                                        "openssl-tls13-early-data.pcap",
                                        "openssl-tls13-psk.pcap",
                                        "openssl-tls13-retry.pcap",
                                        "tcp-client-closes.pcap",
                                        "tcp-fast-open.pcap",
                                        "tcp-half-close.pcap",
                                        "tcp-refused.pcap",
                                        "tcp-reset-by-client.pcap",
                                        "tcp-server-closes.pcap",
                                        "tcp-silence.pcap",
                                        "tcp-simultaneous-close.pcap",
                                        "tcp-simultaneous-open.pcap",
                                        "tcp-syn-ack-again.pcap",
                                        "tcp-syn-again.pcap",
                                        NULL};

void hs_test_story_begin(hs_test_story *test, const hs_trace *trace, hs_act_part part)
{
    *test = (hs_test_story){
        .topic = {.name = "test",
                  .title = "A <test> & \"more\"",
                  .summary = "a test",
                  .intro = "What is it about?",
                  .whole_machine = true,
                  .acts = {{.title = "An act", .intro = "It begins.", .part = part}}}};
    test->story = (hs_story){.topic = &test->topic,
                             .arena = hs_arena_new(NULL, STORY_MEMORY),
                             .where = "in a test",
                             .because = "there is <no> path"};
    assert_non_null(test->story.arena);
    assert_int_equal(hs_story_add(&test->story, &test->topic.acts[0], trace, NULL), HS_OK);
    assert_int_equal(test->story.act_count, 1);
}

void hs_test_story_end(hs_test_story *test)
{
    hs_arena_free(test->story.arena);
}

void hs_test_each_connection(const char *file, void (*tell)(void *context, const hs_trace *trace),
                             void *context)
{
    char path[PATH_MAX_HERE];
    char keys[PATH_MAX_HERE];
    const char *const files[] = {path};
    hs_capture_options options;
    hs_capture *capture = NULL;
    hs_problem problem = {""};
    (void)snprintf(path, sizeof path, "%s/%s", HS_CAPTURES_DIR, file);
    (void)snprintf(keys, sizeof keys, "%s/%.*s.keylog", HS_CAPTURES_DIR,
                   (int)(strrchr(file, '.') - file), file);
    hs_capture_options_init(&options);
    options.files = files;
    options.file_count = 1;
    options.keylog = access(keys, R_OK) == 0 ? keys : NULL;
    options.keep_events = true;
    options.keep_bytes = true;
    options.connection = tell;
    options.context = context;
    assert_int_equal(hs_capture_new(&options, &capture, &problem), HS_OK);
    assert_int_equal(hs_capture_run(capture, &problem), HS_OK);
    hs_capture_free(capture);
}
