/* Stories from recorded traces: which messages are told, the states beside them, and what is left
 * out. What is recorded here, tshark and the peers' own logs have vouched for (tests/captures). */
#include "../cmocka_headers.h"

#include <stdlib.h>
#include <string.h>

#include "stories.h"
#include "trace/build.h"

enum { PATH_TEXT = 1024 };

/* The states that a side goes through, "CLOSED SYN-SENT ESTABLISHED". */
static void path_of(const hs_story_act *act, hs_machine machine, hs_side side, char out[PATH_TEXT])
{
    size_t len = 0;
    const char *state = hs_story_first_state(act, machine, side);
    out[0] = '\0';
    if (!state) {
        return;
    }
    len += (size_t)snprintf(out, PATH_TEXT, "%s", state);
    for (size_t i = 0; i < act->step_count; i++) {
        const hs_story_step *step = &act->steps[i];
        for (size_t m = 0; m < step->move_count; m++) {
            const hs_story_move *move = &step->moves[m];
            if (move->machine == machine && move->side == side) {
                assert_string_equal(move->from, state);
                assert_non_null(move->cause);
                state = move->to;
                len += (size_t)snprintf(out + len, PATH_TEXT - len, " %s", state);
                assert_true(len < PATH_TEXT);
            }
        }
    }
}

static const hs_story_step *find_step(const hs_story_act *act, const char *name)
{
    for (size_t i = 0; i < act->step_count; i++) {
        if (strcmp(act->steps[i].name, name) == 0) {
            return &act->steps[i];
        }
    }
    return NULL;
}

static const char *value_of(const hs_story_step *step, const char *name)
{
    for (size_t i = 0; step && i < step->field_count; i++) {
        if (strcmp(step->fields[i].name, name) == 0) {
            return step->fields[i].value;
        }
    }
    return NULL;
}

typedef struct expected_path {
    const char *file;
    hs_machine machine;
    bool resumed; /* of connections that are resumed, or of all others */
    const char *client;
    const char *server;
} expected_path;

typedef struct path_check {
    const expected_path *expected;
    size_t seen;
} path_check;

static void check_path(void *context, const hs_trace *trace)
{
    path_check *check = context;
    const expected_path *expected = check->expected;
    char path[PATH_TEXT];
    hs_test_story test;
    if ((trace->tls.resumed == HS_YES) != expected->resumed) {
        return;
    }
    check->seen++;
    hs_test_story_begin(&test, trace, HS_ACT_WHOLE);
    path_of(&test.story.acts[0], expected->machine, HS_CLIENT, path);
    assert_string_equal(path, expected->client);
    path_of(&test.story.acts[0], expected->machine, HS_SERVER, path);
    assert_string_equal(path, expected->server);
    hs_test_story_end(&test);
}

static void states_are_those_of_the_tables(void **state)
{
    (void)state;
    static const expected_path paths[] = {
        {"tcp-client-closes.pcap", HS_MACHINE_TCP, false,
         "CLOSED SYN-SENT ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT",
         "LISTEN SYN-RECEIVED ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED"},
        {"tcp-server-closes.pcap", HS_MACHINE_TCP, false,
         "CLOSED SYN-SENT ESTABLISHED CLOSE-WAIT LAST-ACK CLOSED",
         "LISTEN SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT"},
        {"tcp-refused.pcap", HS_MACHINE_TCP, false, "CLOSED SYN-SENT CLOSED", ""},
        {"tcp-silence.pcap", HS_MACHINE_TCP, false, "CLOSED SYN-SENT", ""},
        {"openssl-tls13.pcap", HS_MACHINE_TLS, false,
         "START WAIT_SH WAIT_EE WAIT_CERT_CR WAIT_CV WAIT_FINISHED CONNECTED",
         "START RECVD_CH NEGOTIATED WAIT_FLIGHT2 WAIT_FINISHED CONNECTED"},
        {"openssl-tls13.pcap", HS_MACHINE_TLS, true,
         "START WAIT_SH WAIT_EE WAIT_FINISHED CONNECTED",
         "START RECVD_CH NEGOTIATED WAIT_FLIGHT2 WAIT_FINISHED CONNECTED"},
        {"openssl-tls13-early-data.pcap", HS_MACHINE_TLS, true,
         "START WAIT_SH WAIT_EE WAIT_FINISHED CONNECTED",
         "START RECVD_CH NEGOTIATED WAIT_EOED WAIT_FLIGHT2 WAIT_FINISHED CONNECTED"},
        {"openssl-tls13-retry.pcap", HS_MACHINE_TLS, false,
         "START WAIT_SH START WAIT_SH WAIT_EE WAIT_CERT_CR WAIT_CV WAIT_FINISHED CONNECTED",
         "START RECVD_CH START RECVD_CH NEGOTIATED WAIT_FLIGHT2 WAIT_FINISHED CONNECTED"},
        {"openssl-tls13-client-certificate.pcap", HS_MACHINE_TLS, false,
         "START WAIT_SH WAIT_EE WAIT_CERT_CR WAIT_CERT WAIT_CV WAIT_FINISHED CONNECTED",
         "START RECVD_CH NEGOTIATED WAIT_FLIGHT2 WAIT_CERT WAIT_CV WAIT_FINISHED CONNECTED"},
        {"nginx-curl-tls12.pcap", HS_MACHINE_TLS, false, "", ""},
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        path_check check = {&paths[i], 0};
        hs_test_each_connection(paths[i].file, check_path, &check);
        assert_true(check.seen > 0);
    }
}

/* A server asks the client for a certificate, and the client has none (RFC 8446 4.4.2). */
static hs_trace *without_client_certificate(hs_failure_class cls)
{
    static const struct {
        hs_side from;
        const char *name;
        int certificates; /* -1: it is no Certificate */
    } messages[] = {
        {HS_CLIENT, "ClientHello", -1},
        {HS_SERVER, "ServerHello", -1},
        {HS_SERVER, "EncryptedExtensions", -1},
        {HS_SERVER, "CertificateRequest", -1},
        {HS_SERVER, "Certificate", 1},
        {HS_SERVER, "CertificateVerify", -1},
        {HS_SERVER, "Finished", -1},
        {HS_CLIENT, "Certificate", 0},
        {HS_CLIENT, "Finished", -1},
    };
    const hs_trace_config config = {.keep_events = true};
    hs_trace *trace = hs_trace_new(&config);
    uint64_t sent[2] = {0, 0};
    assert_non_null(trace);
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        hs_side from = messages[i].from;
        hs_moment moment = {(hs_time)i * HS_MILLISECOND, HS_CLOCK_CAPTURE};
        hs_trace_add_segment(trace, from, 1, moment);
        hs_event *event = hs_trace_add_event(trace, &(hs_message){.from = from,
                                                                  .layer = HS_LAYER_TLS,
                                                                  .name = messages[i].name,
                                                                  .bytes = 1,
                                                                  .first = sent[from],
                                                                  .end = sent[from] + 1});
        assert_non_null(event);
        sent[from]++;
        if (messages[i].certificates >= 0) {
            hs_event_add_number(trace, event, "certificates", messages[i].certificates);
        }
    }
    trace->tls.present = true;
    trace->tls.version = 0x0304;
    trace->tls.resumed = HS_NO;
    trace->tls.client_certificate_requested = HS_YES;
    if (cls != HS_FAILURE_NONE) {
        hs_trace_fail(trace, cls, HS_PHASE_TLS, HS_SECOND, "a certificate is required");
    }
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    return trace;
}

/* The server may go on without it, or refuse (RFC 8446 4.4.2.4). */
static void a_client_without_certificate_is_taken_or_refused(void **state)
{
    (void)state;
    static const struct {
        hs_failure_class cls;
        const char *server;
    } cases[] = {
        {HS_FAILURE_NONE,
         "START RECVD_CH NEGOTIATED WAIT_FLIGHT2 WAIT_CERT WAIT_FINISHED CONNECTED"},
        {HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT,
         "START RECVD_CH NEGOTIATED WAIT_FLIGHT2 WAIT_CERT WAIT_FINISHED"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[PATH_TEXT];
        hs_test_story test;
        hs_trace *trace = without_client_certificate(cases[i].cls);
        hs_test_story_begin(&test, trace, HS_ACT_WHOLE);
        path_of(&test.story.acts[0], HS_MACHINE_TLS, HS_CLIENT, path);
        assert_string_equal(
            path, "START WAIT_SH WAIT_EE WAIT_CERT_CR WAIT_CERT WAIT_CV WAIT_FINISHED CONNECTED");
        path_of(&test.story.acts[0], HS_MACHINE_TLS, HS_SERVER, path);
        assert_string_equal(path, cases[i].server);
        hs_test_story_end(&test);
        hs_trace_free(trace);
    }
}

/* As in figures 6 and 12 of RFC 9293: a state stands with the packet that brings it. */
static void check_places(void *context, const hs_trace *trace)
{
    (void)context;
    hs_test_story test;
    hs_test_story_begin(&test, trace, HS_ACT_WHOLE);
    const hs_story_act *act = &test.story.acts[0];
    const hs_story_step *syn = find_step(act, "SYN");
    const hs_story_step *syn_ack = find_step(act, "SYN-ACK");
    const hs_story_step *ack = find_step(act, "ACK");
    assert_string_equal(hs_story_state(syn, HS_MACHINE_TCP, HS_CLIENT, 0), "SYN-SENT");
    assert_string_equal(hs_story_state(syn, HS_MACHINE_TCP, HS_SERVER, 0), "SYN-RECEIVED");
    assert_string_equal(hs_story_state(syn_ack, HS_MACHINE_TCP, HS_CLIENT, 0), "ESTABLISHED");
    assert_null(hs_story_state(syn_ack, HS_MACHINE_TCP, HS_SERVER, 0));
    assert_string_equal(hs_story_state(ack, HS_MACHINE_TCP, HS_SERVER, 0), "ESTABLISHED");
    assert_null(hs_story_state(ack, HS_MACHINE_TCP, HS_SERVER, 1));
    hs_test_story_end(&test);
}

static void states_stand_with_the_packet_that_brings_them(void **state)
{
    (void)state;
    hs_test_each_connection("tcp-client-closes.pcap", check_places, NULL);
}

static void check_parts(void *context, const hs_trace *trace)
{
    (void)context;
    static const hs_act_part parts[] = {HS_ACT_OPENING, HS_ACT_CLOSING};
    static const char *const first[] = {"SYN", "FIN-ACK"};
    size_t told = 0;
    hs_test_story whole;
    hs_test_story_begin(&whole, trace, HS_ACT_WHOLE);
    for (size_t i = 0; i < 2; i++) {
        hs_test_story test;
        hs_test_story_begin(&test, trace, parts[i]);
        const hs_story_act *act = &test.story.acts[0];
        assert_true(act->step_count > 0);
        assert_string_equal(act->steps[0].name, first[i]);
        assert_true((act->before > 0) == (parts[i] == HS_ACT_CLOSING));
        assert_true((act->behind > 0) == (parts[i] == HS_ACT_OPENING));
        assert_true(act->outcome == NULL || parts[i] == HS_ACT_OPENING);
        told += act->step_count;
        hs_test_story_end(&test);
    }
    assert_true(told <= whole.story.acts[0].step_count);
    hs_test_story_end(&whole);
}

static void a_part_is_told(void **state)
{
    (void)state;
    hs_test_each_connection("tcp-client-closes.pcap", check_parts, NULL);
}

static void check_tls12(void *context, const hs_trace *trace)
{
    (void)context;
    hs_test_story test;
    hs_test_story_begin(&test, trace, HS_ACT_ABOVE_TCP);
    const hs_story_act *act = &test.story.acts[0];
    const hs_story_step *hello = find_step(act, "ClientHello");
    const hs_story_step *certificate = find_step(act, "Certificate");
    const hs_story_step *finished = find_step(act, "Finished");
    assert_true(find_step(act, "SYN")->is_brief);
    assert_false(hello->is_brief);
    assert_string_equal(hello->reference, "RFC 5246 7.4.1.2");
    assert_non_null(value_of(hello, "server_name"));
    assert_non_null(value_of(hello, "random"));
    assert_int_equal(certificate->sight, HS_SIGHT_PLAIN);
    assert_int_equal(finished->sight, HS_SIGHT_SEALED);
    assert_non_null(value_of(finished, "verify_data"));
    assert_int_equal(act->remark_count, 1);
    assert_non_null(strstr(act->remarks[0], "RFC 5246"));
    hs_test_story_end(&test);
}

static void tls12_has_its_own_words(void **state)
{
    (void)state;
    hs_test_each_connection("nginx-curl-tls12.pcap", check_tls12, NULL);
}

/* A second act repeats no meaning, and the data of both are whole. */
static void check_taught(void *context, const hs_trace *trace)
{
    (void)context;
    hs_test_story test;
    hs_test_story_begin(&test, trace, HS_ACT_WHOLE);
    assert_int_equal(hs_story_add(&test.story, &test.topic.acts[0], trace, NULL), HS_OK);
    const hs_story_step *first = find_step(&test.story.acts[0], "ClientHello");
    const hs_story_step *second = find_step(&test.story.acts[1], "ClientHello");
    assert_false(first->is_taught);
    assert_true(second->is_taught);
    assert_string_equal(first->why, second->why);
    assert_int_equal(first->field_count, second->field_count);
    for (size_t i = 0; i < second->field_count; i++) {
        assert_true(!second->fields[i].meaning || second->fields[i].is_taught);
        assert_string_equal(first->fields[i].value, second->fields[i].value);
    }
    for (size_t i = 2; i < HS_STORY_ACTS_MAX; i++) {
        assert_int_equal(hs_story_add(&test.story, &test.topic.acts[0], trace, NULL), HS_OK);
    }
    assert_int_equal(hs_story_add(&test.story, &test.topic.acts[0], trace, NULL), HS_LIMIT);
    hs_test_story_end(&test);
}

static void a_meaning_is_told_once(void **state)
{
    (void)state;
    hs_test_each_connection("openssl-tls13.pcap", check_taught, NULL);
}

static void check_missing(void *context, const hs_trace *trace)
{
    (void)context;
    static const hs_act act = {
        .title = "An act",
        .intro = "It begins.",
        .expects = {"Finished", "ServerHello", "Finished", "Finished", "Retry"}};
    hs_test_story test;
    hs_test_story_begin(&test, trace, HS_ACT_WHOLE);
    assert_int_equal(test.story.acts[0].missing_count, 0);
    assert_int_equal(hs_story_add(&test.story, &act, trace, NULL), HS_OK);
    assert_int_equal(test.story.acts[1].missing_count, 2);
    assert_string_equal(test.story.acts[1].missing[0], "Finished");
    assert_string_equal(test.story.acts[1].missing[1], "Retry");
    hs_test_story_end(&test);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    hs_test_each_connection("openssl-tls13.pcap", check_missing, NULL);
}

static void check_savings(void *context, const hs_trace *trace)
{
    (void)context;
    char text[128];
    hs_test_story test;
    hs_test_story_begin(&test, trace, HS_ACT_WHOLE);
    const hs_story_act *act = &test.story.acts[0];
    const hs_story_step *hello = find_step(act, "ClientHello");
    const hs_story_step *retry = find_step(act, "HelloRetryRequest");
    bool has_retry = false;
    for (size_t i = 0; i < act->saving_count; i++) {
        if (strstr(act->savings[i].text, "A key share of the group")) {
            has_retry = true;
            assert_int_equal(act->savings[i].time, retry->at - hello->at);
            assert_non_null(hs_story_saving_text(&act->savings[i], text, sizeof text));
            assert_memory_equal(text, "Saves 1 round trip, which took ", 31);
        }
    }
    assert_true(has_retry);
    hs_test_story_end(&test);
}

static void a_saving_has_the_time_that_it_took(void **state)
{
    (void)state;
    hs_test_each_connection("openssl-tls13-retry.pcap", check_savings, NULL);
}

static void check_failure(void *context, const hs_trace *trace)
{
    (void)context;
    hs_test_story test;
    hs_test_story_begin(&test, trace, HS_ACT_WHOLE);
    const hs_story_act *act = &test.story.acts[0];
    assert_true(act->remark_count >= 2);
    assert_non_null(strstr(act->remarks[0], "tcp.refused"));
    assert_null(act->outcome);
    assert_int_equal(act->saving_count, 0);
    hs_test_story_end(&test);
}

static void a_failure_is_diagnosed(void **state)
{
    (void)state;
    hs_test_each_connection("tcp-refused.pcap", check_failure, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_those_of_the_tables),
        cmocka_unit_test(a_client_without_certificate_is_taken_or_refused),
        cmocka_unit_test(states_stand_with_the_packet_that_brings_them),
        cmocka_unit_test(a_part_is_told),
        cmocka_unit_test(tls12_has_its_own_words),
        cmocka_unit_test(a_meaning_is_told_once),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(a_saving_has_the_time_that_it_took),
        cmocka_unit_test(a_failure_is_diagnosed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
