/* RFC 8448's traces: given the records of both sides and the traffic secrets, the decoder finds the
 * published messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"
#include "data/rfc8448.h"
#include "kit.h"

static kit_recording *recording_of(const rfc8448_trace *trace)
{
    kit_recording *recording = kit_recording_new();
    for (const rfc8448_record *record = trace->records; record->hex; record++) {
        kit_add_hex(recording, record->from, record->hex);
    }
    /* The random follows the record's header, the message's and the version. */
    char random[65];
    snprintf(random, sizeof random, "%.64s", trace->records[0].hex + 2 * (5 + 4 + 2));
    for (const rfc8448_secret *secret = trace->secrets; secret->label; secret++) {
        char line[256];
        snprintf(line, sizeof line, "%s %s %s", secret->label, random, secret->hex);
        kit_add_key(recording, line);
    }
    return recording;
}

static void assert_names(const hs_trace *trace, hs_side from, const char *want)
{
    char *names = kit_names(trace, from);
    assert_string_equal(names, want);
    free(names);
}

static void assert_published_messages(const hs_trace *trace, const rfc8448_value *messages)
{
    for (; messages->name; messages++) {
        /* Client and server both send some of these: the published ones are the server's. */
        const hs_event *event = trace->events;
        while (event && (event->from != HS_SERVER || strcmp(event->name, messages->name) != 0)) {
            event = event->next;
        }
        assert_non_null(event);
        hs_bytes want = kit_hex(messages->hex);
        assert_int_equal(event->raw.len, want.len);
        assert_memory_equal(event->raw.data, want.data, want.len);
        assert_int_equal(event->bytes, want.len);
        free((void *)(uintptr_t)want.data);
    }
}

static hs_trace *decode_published(const rfc8448_trace *published, const char *client,
                                  const char *server)
{
    kit_recording *recording = recording_of(published);
    hs_trace *trace = kit_decode(recording, (kit_way){.chunks = KIT_WHOLE, .keys = KIT_KEYS_FIRST});
    assert_names(trace, HS_CLIENT, client);
    assert_names(trace, HS_SERVER, server);
    assert_published_messages(trace, published->messages);
    kit_assert_same_every_way(recording);
    kit_recording_free(recording);
    return trace;
}

static void simple_1rtt(void **state)
{
    (void)state;
    hs_trace *trace = decode_published(
        &rfc8448_traces[0], "ClientHello Finished* data* Alert*",
        "ServerHello EncryptedExtensions* Certificate* CertificateVerify* Finished* "
        "NewSessionTicket* data* Alert*");
    const hs_tls_facts *t = &trace->tls;
    assert_int_equal(t->version, 0x0304);
    assert_int_equal(t->cipher, 0x1301);
    assert_int_equal(t->group, 0x001d);
    assert_int_equal(t->signature, 0x0804);
    assert_string_equal(t->server_name, "server");
    assert_int_equal(t->resumed, HS_NO);
    assert_int_equal(t->early_data, HS_EARLY_DATA_NOT_OFFERED);
    assert_int_equal(t->hello_retry_request, HS_NO);
    assert_int_equal(t->client_certificate_requested, HS_NO);
    assert_int_equal(t->tickets, 1);
    assert_false(t->has_alert);
    assert_int_equal(trace->certificate_count, 1);
    assert_string_equal(trace->certificates[0].subject, "CN=rsa");
    assert_string_equal(trace->certificates[0].key, "RSA 1024");
    assert_string_equal(trace->certificates[0].signature, "sha256WithRSAEncryption");
    /* Step 4 is the client's Finished. */
    assert_int_equal(trace->milestones[HS_MILESTONE_TLS_START].at, 1 * HS_MILLISECOND);
    assert_int_equal(trace->milestones[HS_MILESTONE_TLS_DONE].at, 4 * HS_MILLISECOND);
    assert_string_equal(kit_detail(kit_event(trace, "NewSessionTicket", 0), "max_early_data_size"),
                        "1024");
    assert_string_equal(kit_detail(kit_event(trace, "Alert", 0), "description"), "close_notify");
    hs_trace_free(trace);
}

static void resumed_0rtt(void **state)
{
    (void)state;
    hs_trace *trace = decode_published(&rfc8448_traces[1],
                                       "ClientHello EndOfEarlyData* Finished* data* Alert*",
                                       "ServerHello EncryptedExtensions* Finished* data* Alert*");
    assert_int_equal(trace->tls.resumed, HS_YES);
    assert_int_equal(trace->tls.early_data, HS_EARLY_DATA_ACCEPTED);
    const hs_event *data = kit_event(trace, "data", 0);
    assert_non_null(data);
    assert_int_equal(data->from, HS_CLIENT);
    /* No data of the server lies between the early six bytes and the fifty after the handshake. */
    assert_int_equal(data->raw.len, 6 + 50);
    assert_memory_equal(data->raw.data, "ABCDEF", 6);
    assert_int_equal(data->first_at, 2 * HS_MILLISECOND);
    hs_trace_free(trace);
}

static void hello_retry_request(void **state)
{
    (void)state;
    hs_trace *trace = decode_published(
        &rfc8448_traces[2], "ClientHello ClientHello Finished* Alert*",
        "HelloRetryRequest ServerHello EncryptedExtensions* Certificate* CertificateVerify* "
        "Finished* Alert*");
    assert_int_equal(trace->tls.hello_retry_request, HS_YES);
    assert_int_equal(trace->tls.group, 0x0017);
    assert_string_equal(kit_detail(kit_event(trace, "HelloRetryRequest", 0), "group"), "secp256r1");
    assert_int_equal(trace->milestones[HS_MILESTONE_TLS_START].at, 1 * HS_MILLISECOND);
    hs_trace_free(trace);
}

static void client_authentication(void **state)
{
    (void)state;
    hs_trace *trace = decode_published(
        &rfc8448_traces[3], "ClientHello Certificate* CertificateVerify* Finished* Alert*",
        "ServerHello EncryptedExtensions* CertificateRequest* Certificate* CertificateVerify* "
        "Finished* Alert*");
    assert_int_equal(trace->tls.client_certificate_requested, HS_YES);
    assert_int_equal(trace->certificate_count, 1);
    assert_string_equal(trace->certificates[0].key, "EC P-256");
    assert_int_equal(trace->tls.signature, 0x0403);
    hs_trace_free(trace);
}

static void compatibility_mode(void **state)
{
    (void)state;
    hs_trace *trace = decode_published(
        &rfc8448_traces[4], "ClientHello ChangeCipherSpec Finished* Alert*",
        "ServerHello ChangeCipherSpec EncryptedExtensions* Certificate* CertificateVerify* "
        "Finished* Alert*");
    assert_int_equal(trace->tls.version, 0x0304);
    hs_trace_free(trace);
}

/* Without keys each encrypted record is shown, and nothing is made up. */
static void without_keys(void **state)
{
    (void)state;
    kit_recording *recording = recording_of(&rfc8448_traces[0]);
    hs_trace *trace = kit_decode(recording, (kit_way){.chunks = KIT_WHOLE, .keys = KIT_KEYS_NONE});
    assert_names(trace, HS_CLIENT,
                 "ClientHello encrypted record* encrypted record* encrypted record*");
    assert_names(trace, HS_SERVER,
                 "ServerHello encrypted record* encrypted record* encrypted record* "
                 "encrypted record*");
    assert_int_equal(trace->tls.version, 0x0304);
    assert_int_equal(trace->tls.signature, 0);
    assert_int_equal(trace->tls.client_certificate_requested, HS_UNSEEN);
    assert_int_equal(trace->certificate_count, 0);
    /* The client's Finished is known by its place and its length. */
    hs_trace *whole = kit_decode(recording, (kit_way){.chunks = KIT_WHOLE, .keys = KIT_KEYS_FIRST});
    assert_int_not_equal(whole->milestones[HS_MILESTONE_TLS_DONE].at, HS_TIME_NONE);
    assert_int_equal(trace->milestones[HS_MILESTONE_TLS_DONE].at,
                     whole->milestones[HS_MILESTONE_TLS_DONE].at);
    hs_trace_free(whole);
    hs_trace_free(trace);
    kit_recording_free(recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple_1rtt),         cmocka_unit_test(resumed_0rtt),
        cmocka_unit_test(hello_retry_request), cmocka_unit_test(client_authentication),
        cmocka_unit_test(compatibility_mode),  cmocka_unit_test(without_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
