/* The tables of what is taught, of the topics and of TLS's states. */
#include "../cmocka_headers.h"

#include <stdlib.h>
#include <string.h>

#include "explain/lore.h"
#include "explain/tls_machine.h"
#include "explain/topics.h"

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_sentence(const char *text)
{
    size_t len = strlen(text);
    return len > 10 && text[0] >= 'A' && text[0] <= 'Z' && text[len - 1] == '.';
}

static void messages_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < hs_lore_message_count; i++) {
        const hs_lore_message *row = &hs_lore_messages[i];
        assert_true(is_sentence(row->why));
        assert_memory_equal(row->reference, "RFC ", 4);
        /* None before it takes all that it is for. */
        for (size_t j = 0; j < i; j++) {
            const hs_lore_message *before = &hs_lore_messages[j];
            bool takes = before->layer == row->layer && strcmp(before->name, row->name) == 0 &&
                         (before->sender == HS_LORE_EITHER || before->sender == row->sender) &&
                         (before->version == 0 || before->version == row->version) &&
                         (!before->after || is_same(before->after, row->after)) &&
                         (!before->with || is_same(before->with, row->with));
            assert_false(takes);
        }
    }
}

static void fields_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < hs_lore_field_count; i++) {
        const hs_lore_field *row = &hs_lore_fields[i];
        assert_true(strlen(row->meaning) > 5 && row->meaning[strlen(row->meaning) - 1] != '.');
        assert_memory_equal(row->reference, "RFC ", 4);
        for (size_t j = 0; j < i; j++) {
            const hs_lore_field *before = &hs_lore_fields[j];
            bool takes = before->layer == row->layer && strcmp(before->name, row->name) == 0 &&
                         (before->sender == HS_LORE_EITHER || before->sender == row->sender) &&
                         (before->version == 0 || before->version == row->version) &&
                         (!before->message || is_same(before->message, row->message));
            assert_false(takes);
        }
    }
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < hs_lore_message_count; i++) {
        if (strcmp(hs_lore_messages[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void topics_are_whole(void **state)
{
    (void)state;
    assert_int_equal(hs_topic_count, 16);
    for (size_t i = 0; i < hs_topic_count; i++) {
        const hs_topic *topic = &hs_topics[i];
        assert_ptr_equal(hs_topic_find(topic->name), topic);
        assert_true(strlen(topic->summary) <= 80 && strlen(topic->title) <= 60);
        assert_true(is_sentence(topic->intro) || strstr(topic->intro, "handshake lab"));
        assert_true(hs_topic_act_count(topic) >= 1);
        for (size_t a = 0; a < hs_topic_act_count(topic); a++) {
            const hs_act *act = &topic->acts[a];
            assert_true(is_sentence(act->intro));
            assert_non_null(act->scheme);
            assert_non_null(act->expects[0]);
            for (size_t e = 0; e < HS_ACT_EXPECTS_MAX && act->expects[e]; e++) {
                assert_true(is_known(act->expects[e]));
            }
        }
    }
    assert_null(hs_topic_find("tls"));
    assert_null(hs_topic_find(""));
}

static const hs_tls_rule *leaving(hs_side side, const char *state)
{
    for (size_t i = 0; i < hs_tls_rule_count; i++) {
        if (hs_tls_rules[i].side == side && strcmp(hs_tls_rules[i].from, state) == 0) {
            return &hs_tls_rules[i];
        }
    }
    return NULL;
}

/* Every state but the last one can be left, every one but the first one is come to. */
static void the_machine_of_tls_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < hs_tls_rule_count; i++) {
        const hs_tls_rule *rule = &hs_tls_rules[i];
        bool is_come_to = strcmp(rule->from, "START") == 0;
        for (size_t j = 0; j < hs_tls_rule_count; j++) {
            is_come_to = is_come_to || (hs_tls_rules[j].side == rule->side &&
                                        strcmp(hs_tls_rules[j].to, rule->from) == 0);
        }
        assert_true(is_come_to);
        assert_true(strcmp(rule->to, "CONNECTED") == 0 || leaving(rule->side, rule->to));
        assert_true(!rule->message || is_known(rule->message));
    }
    assert_null(leaving(HS_CLIENT, "CONNECTED"));
    assert_null(leaving(HS_SERVER, "CONNECTED"));
}

static void a_rule_fits_its_handshake(void **state)
{
    (void)state;
    hs_trace trace = {.tls = {.resumed = HS_NO, .early_data = HS_EARLY_DATA_ACCEPTED}};
    const hs_event finished = {.from = HS_SERVER, .name = "Finished"};
    const hs_event extensions = {.from = HS_SERVER, .name = "EncryptedExtensions"};
    const hs_event clients = {.from = HS_CLIENT, .name = "EncryptedExtensions"};
    const hs_tls_rule *rule = hs_tls_rule_find(&trace, HS_SERVER, "NEGOTIATED", &finished);
    assert_string_equal(rule->to, "WAIT_EOED");
    trace.quic.present = true; /* RFC 9001 8.3 */
    rule = hs_tls_rule_find(&trace, HS_SERVER, "NEGOTIATED", &finished);
    assert_string_equal(rule->to, "WAIT_FLIGHT2");
    rule = hs_tls_rule_find(&trace, HS_CLIENT, "WAIT_EE", &extensions);
    assert_string_equal(rule->to, "WAIT_CERT_CR");
    trace.tls.resumed = HS_YES;
    rule = hs_tls_rule_find(&trace, HS_CLIENT, "WAIT_EE", &extensions);
    assert_string_equal(rule->to, "WAIT_FINISHED");
    assert_null(hs_tls_rule_find(&trace, HS_CLIENT, "WAIT_EE", &clients));
    assert_null(hs_tls_rule_find(&trace, HS_CLIENT, "CONNECTED", &finished));
}

/* RFC 8446 4.4.2: a client that was asked and has none says so, and proves nothing. */
static void an_empty_certificate_is_not_proved(void **state)
{
    (void)state;
    const hs_trace trace = {.tls = {.resumed = HS_NO, .client_certificate_requested = HS_YES}};
    hs_detail count = {.key = "certificates", .number = 0};
    hs_event certificate = {.from = HS_CLIENT, .name = "Certificate", .details = &count};
    const hs_tls_rule *rule = hs_tls_rule_find(&trace, HS_SERVER, "WAIT_CERT", &certificate);
    assert_string_equal(rule->to, "WAIT_FINISHED");
    count.number = 1;
    rule = hs_tls_rule_find(&trace, HS_SERVER, "WAIT_CERT", &certificate);
    assert_string_equal(rule->to, "WAIT_CV");
    certificate.from = HS_SERVER;
    assert_null(hs_tls_rule_find(&trace, HS_SERVER, "WAIT_CERT", &certificate));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_whole),
        cmocka_unit_test(fields_are_whole),
        cmocka_unit_test(topics_are_whole),
        cmocka_unit_test(the_machine_of_tls_is_whole),
        cmocka_unit_test(a_rule_fits_its_handshake),
        cmocka_unit_test(an_empty_certificate_is_not_proved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
