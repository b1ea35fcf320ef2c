/* Each rule on a trace where it applies, and on its nearest neighbour where it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "findings/findings.h"
#include "trace/build.h"

enum { DAY = 86400 };
#define NOW INT64_C(1767225600)
#define MS HS_MILLISECOND

static hs_moment kernel(hs_time at)
{
    return (hs_moment){at, HS_CLOCK_KERNEL};
}

/* A full handshake of TLS 1.3 over a path of 50 ms with nothing to remark on. */
static hs_trace *good_from(const hs_allocator *allocator)
{
    static const hs_certificate leaf = {.subject = "CN=leaf",
                                        .issuer = "CN=ca",
                                        .not_before = NOW - 30 * DAY,
                                        .not_after = NOW + 60 * DAY,
                                        .key = "EC P-256",
                                        .signature = "ecdsa-with-SHA256",
                                        .der = {(const uint8_t *)"der", 3}};
    hs_trace_config config = {.allocator = allocator};
    hs_trace *trace = hs_trace_new(&config);
    if (!trace) {
        return NULL;
    }
    trace->at = NOW * HS_SECOND;
    trace->target.scheme = "https";
    trace->target.address = "192.0.2.1";
    hs_trace_mark(trace, HS_MILESTONE_DNS_START, kernel(0));
    hs_trace_mark(trace, HS_MILESTONE_DNS_DONE, kernel(5 * MS));
    hs_trace_mark(trace, HS_MILESTONE_SYN, kernel(5 * MS));
    hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, kernel(55 * MS));
    hs_trace_add_segment(trace, HS_CLIENT, 300, kernel(56 * MS));
    hs_trace_add_segment(trace, HS_SERVER, 3000, kernel(106 * MS));
    hs_trace_add_segment(trace, HS_CLIENT, 100, kernel(107 * MS));
    hs_trace_add_segment(trace, HS_SERVER, 500, kernel(157 * MS));
    hs_trace_mark_byte(trace, HS_MILESTONE_TLS_START, HS_CLIENT, 0);
    hs_trace_mark_byte(trace, HS_MILESTONE_TLS_DONE, HS_CLIENT, 300);
    hs_trace_mark_byte(trace, HS_MILESTONE_REQUEST, HS_CLIENT, 350);
    hs_trace_mark_byte(trace, HS_MILESTONE_FIRST_RESPONSE, HS_SERVER, 3100);
    hs_trace_mark(trace, HS_MILESTONE_END, kernel(158 * MS));
    trace->tcp.present = true;
    trace->tcp.mss = 1460;
    trace->tcp.window_scale = HS_YES;
    trace->tcp.sack = HS_YES;
    trace->tcp.fast_open = "not_used";
    trace->tls = (hs_tls_facts){.present = true,
                                .version = 0x0304,
                                .has_cipher = true,
                                .cipher = 0x1301,
                                .group = 0x001d,
                                .alpn = "h2",
                                .resumed = HS_NO,
                                .early_data = HS_EARLY_DATA_NOT_OFFERED,
                                .hello_retry_request = HS_NO,
                                .ocsp_stapled = HS_YES,
                                .client_certificate_requested = HS_NO,
                                .tickets = 2,
                                .ja4 = "t13d1516h2_8daaf6152771_b186095e22b6"};
    trace->certificates = &leaf;
    trace->certificate_count = 1;
    trace->http = (hs_http_facts){.present = true, .version = "HTTP/2", .status = 200};
    return trace;
}

static hs_trace *good(void)
{
    return good_from(NULL);
}

/* Finishes and judges; the finding of that id, or NULL. */
static const hs_finding *judge(hs_trace *trace, const char *id)
{
    assert_int_equal(hs_trace_finish(trace), HS_OK);
    assert_int_equal(hs_findings_run(trace), HS_OK);
    for (const hs_finding *finding = trace->findings; finding; finding = finding->next) {
        assert_true(finding->title[0] && finding->evidence[0] && finding->advice[0]);
        assert_true(!finding->next || finding->next->severity <= finding->severity);
        if (strcmp(finding->id, id) == 0) {
            return finding;
        }
    }
    return NULL;
}

static void expect(hs_trace *trace, const char *id, hs_severity severity, const char *evidence)
{
    const hs_finding *finding = judge(trace, id);
    assert_non_null(finding);
    assert_int_equal(finding->severity, severity);
    if (!strstr(finding->evidence, evidence)) {
        print_error("evidence: %s\n", finding->evidence);
        fail();
    }
    hs_trace_free(trace);
}

static void expect_none(hs_trace *trace, const char *id)
{
    assert_null(judge(trace, id));
    hs_trace_free(trace);
}

static void test_nothing_to_remark(void **state)
{
    (void)state;
    hs_trace *trace = good();
    assert_null(judge(trace, ""));
    assert_null(trace->findings);
    hs_trace_free(trace);
}

/* A trace in which nothing was seen says nothing. */
static void test_unseen_is_silent(void **state)
{
    (void)state;
    hs_trace_config config = {0};
    hs_trace *trace = hs_trace_new(&config);
    assert_null(judge(trace, ""));
    assert_null(trace->findings);
    hs_trace_free(trace);
}

static void test_tls12(void **state)
{
    (void)state;
    hs_trace *trace = good();
    trace->tls.version = 0x0303;
    trace->tls.cipher = 0xc02f;
    const hs_finding *finding = judge(trace, "tls12_costs_a_round_trip");
    assert_non_null(finding);
    assert_int_equal(finding->cost_round_trips, 1);
    assert_int_equal(finding->cost, 50 * MS);
    assert_non_null(strstr(finding->evidence, "TLSv1.3 was offered"));
    hs_trace_free(trace);

    trace = good();
    trace->tls.version = 0x0303;
    trace->tls.ja4 = "t12d1516h2_8daaf6152771_b186095e22b6";
    expect(trace, "tls12_costs_a_round_trip", HS_SEVERITY_NOTICE, "not offered");

    trace = good();
    trace->tls.version = 0x0303;
    trace->tls.resumed = HS_YES;
    expect_none(trace, "tls12_costs_a_round_trip");

    trace = good();
    trace->tls.version = 0x0301;
    expect(trace, "old_tls_version", HS_SEVERITY_WARNING, "TLSv1.0");
}

static void test_hello_retry_request(void **state)
{
    (void)state;
    hs_trace *trace = good();
    trace->tls.hello_retry_request = HS_YES;
    trace->tls.group = 0x0018;
    const hs_finding *finding = judge(trace, "hello_retry_request");
    assert_non_null(finding);
    assert_int_equal(finding->cost_round_trips, 1);
    assert_non_null(strstr(finding->advice, "secp384r1"));
    hs_trace_free(trace);
}

static void test_ciphers(void **state)
{
    (void)state;
    hs_trace *trace = good();
    trace->tls.cipher = 0x002f; /* TLS_RSA_WITH_AES_128_CBC_SHA */
    expect(trace, "no_forward_secrecy", HS_SEVERITY_WARNING, "TLS_RSA_WITH_AES_128_CBC_SHA");
    trace = good();
    trace->tls.cipher = 0xc013; /* TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA */
    expect(trace, "cbc_cipher", HS_SEVERITY_NOTICE, "CBC");
    trace = good();
    trace->tls.cipher = 0xc013;
    expect_none(trace, "no_forward_secrecy");
    trace = good();
    trace->tls.cipher = 0x000a; /* TLS_RSA_WITH_3DES_EDE_CBC_SHA */
    expect(trace, "weak_cipher", HS_SEVERITY_WARNING, "3DES");
    trace = good();
    trace->tls.cipher = 0x0005; /* TLS_RSA_WITH_RC4_128_SHA */
    expect(trace, "weak_cipher", HS_SEVERITY_WARNING, "RC4");
}

static void test_alpn(void **state)
{
    (void)state;
    hs_trace *trace = good();
    trace->tls.alpn = NULL;
    expect(trace, "no_alpn", HS_SEVERITY_NOTICE, "none");
    trace = good();
    trace->tls.alpn = NULL;
    trace->tls.ja4 = "t13d151600_8daaf6152771_b186095e22b6";
    expect_none(trace, "no_alpn");

    /* From a capture without keys: what the server chose is not known. */
    trace = good();
    trace->tls.alpn = NULL;
    trace->tls.client_certificate_requested = HS_UNSEEN;
    expect_none(trace, "no_alpn");
}

static void test_tickets_and_early_data(void **state)
{
    (void)state;
    hs_trace *trace = good();
    trace->tls.tickets = 0;
    expect(trace, "no_session_ticket", HS_SEVERITY_INFO, "NewSessionTicket");
    trace = good();
    trace->tls.early_data = HS_EARLY_DATA_REJECTED;
    trace->tls.resumed = HS_YES;
    expect(trace, "early_data_rejected", HS_SEVERITY_NOTICE, "although the session was resumed");
    trace = good();
    trace->tls.early_data = HS_EARLY_DATA_ACCEPTED;
    expect_none(trace, "early_data_rejected");
    trace = good();
    trace->tls.ocsp_stapled = HS_NO;
    expect(trace, "ocsp_not_stapled", HS_SEVERITY_INFO, "status_request");
}

static hs_trace *with_leaf(const hs_certificate *chain, size_t count)
{
    hs_trace *trace = good();
    trace->certificates = chain;
    trace->certificate_count = count;
    return trace;
}

static hs_trace *expiring(int64_t life, int64_t left)
{
    static hs_certificate leaf;
    leaf = (hs_certificate){.subject = "CN=leaf",
                            .issuer = "CN=ca",
                            .key = "EC P-256",
                            .not_before = NOW + left - life,
                            .not_after = NOW + left};
    return with_leaf(&leaf, 1);
}

static void test_expiry(void **state)
{
    (void)state;
    expect_none(expiring(365 * DAY, 31 * DAY), "certificate_expires_soon");
    expect(expiring(365 * DAY, 29 * DAY), "certificate_expires_soon", HS_SEVERITY_NOTICE,
           "29 days");
    expect(expiring(365 * DAY, 6 * DAY), "certificate_expires_soon", HS_SEVERITY_WARNING, "6 days");
    expect(expiring(365 * DAY, DAY), "certificate_expires_soon", HS_SEVERITY_WARNING, "24 hours");
    /* One that lives for six days is young with four left. */
    expect_none(expiring(6 * DAY, 4 * DAY), "certificate_expires_soon");
    expect(expiring(6 * DAY, DAY), "certificate_expires_soon", HS_SEVERITY_NOTICE, "24 hours");
    expect(expiring(90 * DAY, -3 * DAY), "certificate_outside_dates", HS_SEVERITY_WARNING,
           "expired 3 days ago");
    expect_none(expiring(90 * DAY, -3 * DAY), "certificate_expires_soon");
    expect(expiring(90 * DAY, 95 * DAY), "certificate_outside_dates", HS_SEVERITY_WARNING,
           "not valid for 5 more days");
}

static void test_keys_and_signatures(void **state)
{
    (void)state;
    static hs_certificate chain[2];
    chain[0] = (hs_certificate){.subject = "CN=leaf",
                                .issuer = "CN=ca",
                                .key = "RSA 1024",
                                .not_before = NOW - DAY,
                                .not_after = NOW + 300 * DAY,
                                .signature = "sha1WithRSAEncryption"};
    expect(with_leaf(chain, 1), "weak_key", HS_SEVERITY_WARNING, "RSA 1024");
    expect(with_leaf(chain, 1), "weak_signature", HS_SEVERITY_WARNING, "sha1WithRSAEncryption");
    static const char *const strong[] = {"RSA 2048", "RSA 4096", "EC P-256",          "EC P-224",
                                         "Ed25519",  "Ed448",    "EC brainpoolP256r1"};
    for (size_t i = 0; i < sizeof strong / sizeof strong[0]; i++) {
        chain[0].key = strong[i];
        expect_none(with_leaf(chain, 1), "weak_key");
    }
    chain[0].key = "EC P-192";
    expect(with_leaf(chain, 1), "weak_key", HS_SEVERITY_WARNING, "P-192");
    /* A root's own signature does not matter. */
    chain[0].signature = "sha256WithRSAEncryption";
    chain[1] = (hs_certificate){.subject = "CN=ca",
                                .issuer = "CN=ca",
                                .key = "RSA 2048",
                                .not_before = NOW - DAY,
                                .not_after = NOW + 300 * DAY,
                                .signature = "sha1WithRSAEncryption",
                                .der = {(const uint8_t *)"12345", 5}};
    expect_none(with_leaf(chain, 2), "weak_signature");
    expect(with_leaf(chain, 2), "root_sent", HS_SEVERITY_INFO, "5 bytes");
    /* A self-signed leaf is not a root sent needlessly. */
    expect_none(with_leaf(chain + 1, 1), "root_sent");
}

static void test_verification_ignored(void **state)
{
    (void)state;
    hs_trace *trace = good();
    trace->tls.verify_code = 18;
    trace->tls.verify = "self-signed certificate";
    expect(trace, "verification_ignored", HS_SEVERITY_WARNING, "18: self-signed certificate");
    trace = good();
    trace->tls.verify_code = 18;
    hs_trace_fail(trace, HS_FAILURE_TLS_CERT_SELF_SIGNED, HS_PHASE_TLS, MS, "self-signed");
    expect_none(trace, "verification_ignored");
}

static hs_trace *with_flight(uint32_t first, uint32_t rest, hs_time pause)
{
    hs_trace_config config = {0};
    hs_trace *trace = hs_trace_new(&config);
    static const hs_certificate leaf = {.subject = "CN=leaf"};
    trace->certificates = &leaf;
    trace->certificate_count = 1;
    trace->tls.present = true;
    hs_trace_mark(trace, HS_MILESTONE_SYN, kernel(0));
    hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, kernel(50 * MS));
    hs_trace_mark(trace, HS_MILESTONE_END, kernel(300 * MS));
    hs_trace_add_segment(trace, HS_CLIENT, 300, kernel(51 * MS));
    hs_trace_add_segment(trace, HS_SERVER, first, kernel(101 * MS));
    hs_trace_add_segment(trace, HS_SERVER, rest, kernel(101 * MS + pause));
    hs_trace_add_segment(trace, HS_CLIENT, 90, kernel(200 * MS));
    return trace;
}

static void test_flight(void **state)
{
    (void)state;
    hs_trace *trace = with_flight(14600, 1400, 50 * MS);
    const hs_finding *finding = judge(trace, "flight_exceeds_window");
    assert_non_null(finding);
    assert_int_equal(finding->severity, HS_SEVERITY_NOTICE);
    assert_int_equal(finding->cost_round_trips, 1);
    hs_trace_free(trace);
    /* A larger window at the server: nothing was lost. */
    trace = with_flight(14600, 1400, MS);
    finding = judge(trace, "flight_exceeds_window");
    assert_non_null(finding);
    assert_int_equal(finding->severity, HS_SEVERITY_INFO);
    assert_int_equal(finding->cost_round_trips, -1);
    hs_trace_free(trace);
    expect_none(with_flight(10000, 4600, 50 * MS), "flight_exceeds_window");
}

static void test_loss(void **state)
{
    (void)state;
    hs_trace *trace = good();
    trace->tcp.syn_retransmits = 1;
    trace->tcp.rtt_us = 20000;
    const hs_finding *finding = judge(trace, "syn_retransmitted");
    assert_non_null(finding);
    assert_string_equal(finding->evidence, "sent again 1 time");
    assert_int_equal(finding->cost, 30 * MS);
    hs_trace_free(trace);
    trace = good();
    trace->tcp.retransmits = 2;
    expect(trace, "data_retransmitted", HS_SEVERITY_NOTICE, "2 segments");
}

static void test_addresses(void **state)
{
    (void)state;
    static const hs_attempt fell_back[] = {
        {.address = "2001:db8::1", .family = 6, .start = 0, .end = HS_TIME_NONE},
        {.address = "192.0.2.1", .family = 4, .start = 250 * MS, .end = 300 * MS, .won = true},
    };
    hs_trace *trace = good();
    trace->target.attempts = fell_back;
    trace->target.attempt_count = 2;
    const hs_finding *finding = judge(trace, "family_fell_back");
    assert_non_null(finding);
    assert_int_equal(finding->cost, 250 * MS);
    assert_string_equal(finding->evidence, "2001:db8::1: no answer in time; 192.0.2.1 answered");
    hs_trace_free(trace);

    static const hs_attempt failed[] = {
        {.address = "192.0.2.9",
         .family = 4,
         .start = 0,
         .end = 9 * MS,
         .failure = HS_FAILURE_TCP_REFUSED},
        {.address = "192.0.2.1", .family = 4, .start = 10 * MS, .end = 60 * MS, .won = true},
    };
    trace = good();
    trace->target.attempts = failed;
    trace->target.attempt_count = 2;
    expect(trace, "address_failed", HS_SEVERITY_NOTICE, "192.0.2.9: tcp.refused");
}

static void test_dominating_parts(void **state)
{
    (void)state;
    hs_trace *trace = good();
    trace->milestones[HS_MILESTONE_DNS_START].at = -200 * MS;
    expect(trace, "name_resolution_dominates", HS_SEVERITY_NOTICE, "205.000 ms, and 102.000 ms");

    hs_trace_config config = {0};
    trace = hs_trace_new(&config);
    hs_trace_mark(trace, HS_MILESTONE_SYN, kernel(0));
    hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, kernel(10 * MS));
    hs_trace_mark(trace, HS_MILESTONE_REQUEST, kernel(10 * MS));
    hs_trace_add_segment(trace, HS_CLIENT, 90, kernel(10 * MS));
    hs_trace_add_segment(trace, HS_SERVER, 90, kernel(400 * MS));
    hs_trace_mark_byte(trace, HS_MILESTONE_FIRST_RESPONSE, HS_SERVER, 0);
    hs_trace_mark(trace, HS_MILESTONE_END, kernel(400 * MS));
    expect(trace, "server_time_dominates", HS_SEVERITY_NOTICE,
           "380.000 of 400.000 ms (95 %); the response phase took 380.000 ms");
}

/* What the client of a capture does in between is its own affair. */
static void test_client_time(void **state)
{
    (void)state;
    for (int is_capture = 0; is_capture < 2; is_capture++) {
        hs_trace_config config = {0};
        hs_trace *trace = hs_trace_new(&config);
        hs_trace_mark(trace, HS_MILESTONE_SYN, kernel(0));
        hs_trace_mark(trace, HS_MILESTONE_ESTABLISHED, kernel(10 * MS));
        hs_trace_add_segment(trace, HS_CLIENT, 90, kernel(400 * MS));
        hs_trace_add_segment(trace, HS_SERVER, 90, kernel(410 * MS));
        hs_trace_mark(trace, HS_MILESTONE_END, kernel(410 * MS));
        trace->capture.present = is_capture;
        if (is_capture) {
            expect_none(trace, "client_time_dominates");
        } else {
            expect(trace, "client_time_dominates", HS_SEVERITY_INFO, "390.000 of 410.000 ms");
        }
    }
}

static void test_tcp_options(void **state)
{
    (void)state;
    hs_trace *trace = good();
    trace->tcp.window_scale = HS_NO;
    expect(trace, "no_window_scale", HS_SEVERITY_NOTICE, "RFC 7323");
    trace = good();
    trace->tcp.sack = HS_NO;
    expect(trace, "no_sack", HS_SEVERITY_NOTICE, "RFC 2018");
    trace = good();
    trace->tcp.fast_open = "cookie_requested";
    expect(trace, "fast_open_not_used", HS_SEVERITY_INFO, "cookie_requested");
    trace = good();
    trace->tcp.fast_open = "syn_data_acknowledged";
    expect_none(trace, "fast_open_not_used");
}

/* A full QUIC handshake over a path of 50 ms with nothing to remark on. */
static hs_trace *good_quic(void)
{
    hs_trace_config config = {0};
    hs_trace *trace = hs_trace_new(&config);
    trace->at = NOW * HS_SECOND;
    trace->target.scheme = "https";
    trace->target.address = "192.0.2.1";
    hs_trace_add_segment(trace, HS_CLIENT, 1200, kernel(5 * MS));
    hs_trace_add_segment(trace, HS_SERVER, 1200, kernel(55 * MS));
    hs_trace_add_segment(trace, HS_CLIENT, 1200, kernel(56 * MS));
    hs_trace_mark_byte(trace, HS_MILESTONE_QUIC_START, HS_CLIENT, 0);
    hs_trace_mark_byte(trace, HS_MILESTONE_QUIC_DONE, HS_CLIENT, 1200);
    hs_trace_mark(trace, HS_MILESTONE_END, kernel(57 * MS));
    trace->tls = (hs_tls_facts){.present = true, .version = 0x0304, .alpn = "h3", .tickets = 1};
    trace->tls.ocsp_stapled = HS_UNSEEN;
    trace->quic.present = true;
    trace->quic.version = trace->quic.original_version = 1;
    trace->quic.retry = trace->quic.version_negotiation = HS_NO;
    trace->quic.amplification_limited = HS_NO;
    trace->quic.retransmits = trace->quic.probe_timeouts = 0;
    return trace;
}

static void test_quic(void **state)
{
    (void)state;
    hs_trace *trace = good_quic();
    assert_null(judge(trace, ""));
    assert_null(trace->findings);
    hs_trace_free(trace);

    trace = good_quic();
    trace->quic.retry = HS_YES;
    const hs_finding *finding = judge(trace, "quic_retry");
    assert_non_null(finding);
    assert_int_equal(finding->cost_round_trips, 1);
    hs_trace_free(trace);

    trace = good_quic();
    trace->quic.version_negotiation = HS_YES;
    trace->quic.version = 0x6b3343cf;
    expect(trace, "quic_version_negotiation", HS_SEVERITY_NOTICE, "v1 was tried first, v2");
    trace = good_quic();
    trace->quic.version = 0x6b3343cf; /* a compatible upgrade costs nothing */
    expect_none(trace, "quic_version_negotiation");

    trace = good_quic();
    trace->quic.amplification_limited = HS_YES;
    expect(trace, "quic_amplification_limited", HS_SEVERITY_NOTICE, "waited");

    trace = good_quic();
    trace->quic.retransmits = 2;
    trace->quic.probe_timeouts = 1;
    expect(trace, "quic_packets_lost", HS_SEVERITY_NOTICE,
           "2 packets sent again, 1 probe time-out");
}

static void test_http3_offered(void **state)
{
    (void)state;
    hs_trace *trace = good();
    trace->http.alt_svc = "h3=\":443\"; ma=86400";
    expect(trace, "http3_offered", HS_SEVERITY_INFO, "h3=\":443\"");
    trace = good();
    trace->http.alt_svc = "h2=\":444\", h3=\":443\"";
    expect(trace, "http3_offered", HS_SEVERITY_INFO, "h3=");
    trace = good();
    trace->http.alt_svc = "xh3=\":443\", h3-29=\":443\"";
    expect_none(trace, "http3_offered");
    trace = good_quic();
    trace->http.alt_svc = "h3=\":443\"";
    expect_none(trace, "http3_offered");
}

static void test_application(void **state)
{
    (void)state;
    hs_trace *trace = good();
    trace->http.status = 301;
    trace->http.location = "https://www.example.test/";
    expect(trace, "redirect", HS_SEVERITY_INFO, "301 to https://www.example.test/");
    trace = good();
    trace->http.status = 503;
    expect(trace, "server_error", HS_SEVERITY_NOTICE, "503");
    trace = good();
    trace->http2.has_goaway = true;
    trace->http2.goaway_error = 11;
    expect(trace, "goaway", HS_SEVERITY_NOTICE, "error code 11");
    trace = good();
    trace->tls.present = false;
    trace->milestones[HS_MILESTONE_TLS_START].at = HS_TIME_NONE;
    trace->target.scheme = "ws";
    trace->milestones[HS_MILESTONE_READY] = kernel(60 * MS);
    expect(trace, "no_tls", HS_SEVERITY_NOTICE, "ws sends everything");
}

/* Gives out memory `left` times. */
static void *scarce_allocate(void *context, size_t size)
{
    int *left = context;
    return (*left)-- > 0 ? malloc(size) : NULL;
}

static void scarce_release(void *context, void *memory)
{
    (void)context;
    free(memory);
}

/* Where memory runs out, what was found until then is kept and the caller is told. */
static void test_memory_runs_out(void **state)
{
    (void)state;
    static char long_name[200 * 1024];
    memset(long_name, 'x', sizeof long_name - 1);
    bool failed = false;
    bool passed = false;
    for (int calls = 1; calls < 40 && !passed; calls++) {
        int left = calls;
        hs_allocator allocator = {scarce_allocate, scarce_release, &left};
        hs_trace *trace = good_from(&allocator);
        if (!trace) {
            continue;
        }
        trace->http.status = 301;
        trace->http.location = long_name;
        trace->tls.ocsp_stapled = HS_NO;
        if (hs_trace_finish(trace) == HS_OK) {
            hs_result result = hs_findings_run(trace);
            size_t count = 0;
            for (const hs_finding *f = trace->findings; f; f = f->next) {
                assert_non_null(f->evidence);
                count++;
            }
            failed = failed || (result == HS_NO_MEMORY && count < 2);
            passed = result == HS_OK && count == 2;
        }
        hs_trace_free(trace);
    }
    assert_true(failed && passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_remark),
        cmocka_unit_test(test_unseen_is_silent),
        cmocka_unit_test(test_tls12),
        cmocka_unit_test(test_hello_retry_request),
        cmocka_unit_test(test_ciphers),
        cmocka_unit_test(test_alpn),
        cmocka_unit_test(test_tickets_and_early_data),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_keys_and_signatures),
        cmocka_unit_test(test_verification_ignored),
        cmocka_unit_test(test_flight),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_dominating_parts),
        cmocka_unit_test(test_client_time),
        cmocka_unit_test(test_tcp_options),
        cmocka_unit_test(test_quic),
        cmocka_unit_test(test_http3_offered),
        cmocka_unit_test(test_application),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
