/* Names to addresses: literals, overrides, the hosts file, and a name server of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loopback.h"
#include "name_server.h"
#include "net/resolve.h"

enum { NXDOMAIN = 3, SERVFAIL = 2, REFUSED = 5 };

static const name_server_row rows[] = {
    {"both", {.records = {"192.0.2.1", "192.0.2.2"}}, {.records = {"2001:db8::1", "2001:db8::2"}}},
    {"v4", {.records = {"192.0.2.4"}}, {.rcode = 0}},
    {"v6", {.rcode = 0}, {.records = {"2001:db8::6"}}},
    {"none", {.rcode = 0}, {.rcode = 0}},
    {"nx", {.rcode = NXDOMAIN}, {.rcode = NXDOMAIN}},
    {"servfail", {.rcode = SERVFAIL}, {.rcode = SERVFAIL}},
    {"refused", {.rcode = REFUSED}, {.rcode = REFUSED}},
    {"silent", {.silent = true}, {.silent = true}},
    {"half", {.records = {"192.0.2.5"}}, {.rcode = SERVFAIL}},
    {"mixed", {.rcode = 0}, {.rcode = SERVFAIL}},
    {"quiet", {.rcode = 0}, {.silent = true}},
    {"late", {.records = {"192.0.2.7"}}, {.late = true, .records = {"2001:db8::7"}}},
    {"garbage",
     {.garbage = true, .records = {"192.0.2.8"}},
     {.garbage = true, .records = {"2001:db8::8"}}},
    {NULL, {0}, {0}},
};

typedef struct inquiry {
    uv_loop_t loop;
    name_server server;
    hs_resolver *resolver;
    hs_resolution *resolution;
    bool frees_in_addresses;
    bool frees_in_done;
    bool frees_resolver;
    unsigned calls; /* of `addresses` */
    bool called;
    bool freed;
    hs_address addresses[16];
    size_t count;
    bool done;
    unsigned dones;
    hs_failure_class failure;
    char why[512];
} inquiry;

static void free_all(inquiry *self)
{
    hs_resolution_free(self->resolution);
    self->resolution = NULL;
    self->freed = true;
    if (self->frees_resolver) {
        hs_resolver_free(self->resolver);
        self->resolver = NULL;
    }
}

static void on_addresses(void *context, const hs_address *addresses, size_t count)
{
    inquiry *self = context;
    assert_false(self->done);
    assert_true(count > 0);
    assert_true(self->count + count <= 16);
    memcpy(self->addresses + self->count, addresses, count * sizeof(*addresses));
    self->count += count;
    self->calls++;
    self->called = true;
    if (self->frees_in_addresses)
        free_all(self);
}

static void on_done(void *context, hs_failure_class failure, const char *why)
{
    inquiry *self = context;
    self->done = true;
    self->dones++;
    self->failure = failure;
    snprintf(self->why, sizeof(self->why), "%s", why != NULL ? why : "");
    assert_int_equal(why == NULL, failure == HS_FAILURE_NONE);
    if (self->frees_in_done)
        free_all(self);
}

static const hs_resolution_events *events_of(inquiry *self, hs_resolution_events *events)
{
    *events = (hs_resolution_events){self, on_addresses, on_done};
    return events;
}

static inquiry *inquiry_new(void)
{
    inquiry *self = calloc(1, sizeof(*self));
    uv_loop_init(&self->loop);
    assert_int_equal(hs_resolver_new(&self->loop, &self->resolver), HS_OK);
    name_server_start(&self->server, &self->loop, rows);
    return self;
}

static void inquiry_free(inquiry *self)
{
    hs_resolution_free(self->resolution);
    hs_resolver_free(self->resolver);
    name_server_stop(&self->server);
    loopback_close(&self->loop);
    assert_true(self->dones <= 1);
    free(self);
}

static void begin(inquiry *self, const char *host, int family)
{
    hs_resolution_events events;
    assert_int_equal(hs_resolver_set_servers(self->resolver, self->server.address), HS_OK);
    assert_int_equal(
        hs_resolve(self->resolver, host, 443, family, events_of(self, &events), &self->resolution),
        HS_OK);
}

static inquiry *ask(const char *host, int family)
{
    inquiry *self = inquiry_new();
    begin(self, host, family);
    loopback_run_until(&self->loop, &self->done);
    return self;
}

static void assert_address(const hs_address *address, const char *expected, uint16_t port)
{
    char text[INET6_ADDRSTRLEN + 16];
    hs_address_text(address, text);
    assert_string_equal(text, expected);
    struct sockaddr_in6 name; /* its port lies where sockaddr_in's does */
    memcpy(&name, &address->storage, sizeof(name));
    assert_int_equal(ntohs(name.sin6_port), port);
}

/* --- answers --- */

static void test_both_families(void **state)
{
    (void)state;
    inquiry *self = ask("both.test", 0);
    assert_int_equal(self->failure, HS_FAILURE_NONE);
    assert_int_equal(self->calls, 2);
    assert_int_equal(self->count, 4);
    unsigned seen = 0;
    for (size_t i = 0; i < 4; i++)
        seen += hs_address_family(&self->addresses[i]) == 6 ? 10 : 1;
    assert_int_equal(seen, 22);
    inquiry_free(self);
}

static void test_one_family(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        int family;
        const char *address;
    } cases[] = {{"v4.test", 0, "192.0.2.4"},
                 {"v6.test", 0, "2001:db8::6"},
                 {"v4.test", 4, "192.0.2.4"},
                 {"v6.test", 6, "2001:db8::6"},
                 {"half.test", 0, "192.0.2.5"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        inquiry *self = ask(cases[i].host, cases[i].family);
        assert_int_equal(self->failure, HS_FAILURE_NONE);
        assert_int_equal(self->count, 1);
        assert_address(&self->addresses[0], cases[i].address, 443);
        inquiry_free(self);
    }
}

static void test_only_the_wanted_family_is_asked(void **state)
{
    (void)state;
    inquiry *self = ask("both.test", 4);
    assert_int_equal(self->server.queries, 1);
    assert_int_equal(self->count, 2);
    inquiry_free(self);
    self = ask("both.test", 0);
    assert_int_equal(self->server.queries, 2);
    inquiry_free(self);
}

static void test_each_answer_comes_as_it_arrives(void **state)
{
    (void)state;
    inquiry *self = inquiry_new();
    begin(self, "late.test", 0);
    loopback_run_until(&self->loop, &self->called);
    assert_false(self->done);
    assert_address(&self->addresses[0], "192.0.2.7", 443);
    loopback_run_until(&self->loop, &self->done);
    assert_int_equal(self->count, 2);
    assert_address(&self->addresses[1], "2001:db8::7", 443);
    inquiry_free(self);
}

/* Nothing is remembered: a second measurement asks again. */
static void test_names_are_asked_each_time(void **state)
{
    (void)state;
    inquiry *self = ask("v4.test", 4);
    hs_resolution_free(self->resolution);
    self->done = false;
    self->dones = 0;
    begin(self, "v4.test", 4);
    loopback_run_until(&self->loop, &self->done);
    assert_int_equal(self->server.queries, 2);
    inquiry_free(self);
}

/* --- failures --- */

static void test_failures(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        int family;
        hs_failure_class failure;
        const char *why;
    } cases[] = {
        {"nx.test", 0, HS_FAILURE_DNS_NAME_NOT_RESOLVED, "NXDOMAIN for nx.test (AAAA and A)"},
        {"none.test", 0, HS_FAILURE_DNS_NAME_NOT_RESOLVED,
         "no such record for none.test (AAAA and A)"},
        {"v4.test", 6, HS_FAILURE_DNS_NAME_NOT_RESOLVED, "no such record for v4.test (AAAA)"},
        {"v6.test", 4, HS_FAILURE_DNS_NAME_NOT_RESOLVED, "no such record for v6.test (A)"},
        {"servfail.test", 0, HS_FAILURE_DNS_FAILED, "SERVFAIL for servfail.test (AAAA and A)"},
        {"refused.test", 0, HS_FAILURE_DNS_FAILED, "REFUSED for refused.test (AAAA and A)"},
        {"mixed.test", 0, HS_FAILURE_DNS_FAILED,
         "AAAA: SERVFAIL, A: no such record, for mixed.test"},
        {"silent.test", 0, HS_FAILURE_DNS_TIMED_OUT, "no answer for silent.test (AAAA and A)"},
        {"quiet.test", 0, HS_FAILURE_DNS_TIMED_OUT,
         "AAAA: no answer, A: no such record, for quiet.test"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        inquiry *self = ask(cases[i].host, cases[i].family);
        assert_string_equal(self->why, cases[i].why);
        assert_int_equal(self->failure, cases[i].failure);
        assert_int_equal(self->count, 0);
        assert_int_equal(self->calls, 0);
        inquiry_free(self);
    }
}

static void test_a_malformed_answer(void **state)
{
    (void)state;
    inquiry *self = ask("garbage.test", 0);
    /* Some versions of c-ares give up at a malformed answer, some drop it and wait for another. */
    assert_true(self->failure == HS_FAILURE_DNS_FAILED ||
                self->failure == HS_FAILURE_DNS_TIMED_OUT);
    assert_non_null(strstr(self->why, "garbage.test"));
    inquiry_free(self);
}

static void test_no_server_there(void **state)
{
    (void)state;
    inquiry *self = inquiry_new();
    hs_resolution_events events;
    char servers[32];
    snprintf(servers, sizeof(servers), "127.0.0.1:%u", loopback_closed_port());
    assert_int_equal(hs_resolver_set_servers(self->resolver, servers), HS_OK);
    assert_int_equal(hs_resolve(self->resolver, "both.test", 443, 0, events_of(self, &events),
                                &self->resolution),
                     HS_OK);
    loopback_run_until(&self->loop, &self->done);
    assert_int_equal(self->failure, HS_FAILURE_DNS_FAILED);
    assert_non_null(strstr(self->why, "both.test"));
    inquiry_free(self);
}

static void test_names_that_cannot_be(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    inquiry *self = ask(name, 0);
    assert_int_equal(self->failure, HS_FAILURE_DNS_NAME_NOT_RESOLVED);
    inquiry_free(self);

    self = inquiry_new();
    hs_resolution_events events;
    assert_int_equal(
        hs_resolve(self->resolver, "", 443, 0, events_of(self, &events), &self->resolution),
        HS_INVALID);
    assert_null(self->resolution);
    assert_int_equal(hs_resolver_set_servers(self->resolver, "no address"), HS_INVALID);
    inquiry_free(self);
}

static void test_the_next_server_is_asked(void **state)
{
    (void)state;
    static const name_server_row bad[] = {
        {"v4", {.rcode = SERVFAIL}, {.rcode = SERVFAIL}},
        {NULL, {0}, {0}},
    };
    inquiry *self = inquiry_new();
    name_server other;
    name_server_start(&other, &self->loop, bad);
    char servers[128];
    snprintf(servers, sizeof(servers), "127.0.0.1:%u,%s,%s", loopback_closed_port(), other.address,
             self->server.address);
    assert_int_equal(hs_resolver_set_servers(self->resolver, servers), HS_OK);
    hs_resolution_events events;
    assert_int_equal(
        hs_resolve(self->resolver, "v4.test", 443, 4, events_of(self, &events), &self->resolution),
        HS_OK);
    loopback_run_until(&self->loop, &self->done);
    assert_int_equal(self->failure, HS_FAILURE_NONE);
    assert_int_equal(other.queries, 1);
    assert_address(&self->addresses[0], "192.0.2.4", 443);
    name_server_stop(&other);
    inquiry_free(self);
}

/* --- ends --- */

static void test_free_while_under_way(void **state)
{
    (void)state;
    inquiry *self = inquiry_new();
    begin(self, "silent.test", 0);
    loopback_turns(&self->loop, 10);
    hs_resolution_free(self->resolution);
    self->resolution = NULL;
    /* What nobody waits for does not keep the loop alive. */
    name_server_stop(&self->server);
    bool alive = true;
    for (int i = 0; i < 10 && alive; i++)
        alive = uv_run(&self->loop, UV_RUN_NOWAIT) != 0;
    assert_false(alive);
    hs_resolver_free(self->resolver);
    loopback_close(&self->loop);
    assert_false(self->done);
    free(self);
}

static void test_free_the_resolver_first(void **state)
{
    (void)state;
    inquiry *self = inquiry_new();
    begin(self, "silent.test", 0);
    loopback_turns(&self->loop, 10);
    hs_resolver_free(self->resolver);
    self->resolver = NULL;
    loopback_turns(&self->loop, 10);
    assert_false(self->done);
    inquiry_free(self);
}

static void test_free_within_call_backs(void **state)
{
    (void)state;
    static const char *const hosts[] = {"both.test", "late.test", "localhost", "192.0.2.1"};
    for (unsigned i = 0; i < 16; i++) {
        inquiry *self = inquiry_new();
        self->frees_in_addresses = (i & 1) != 0;
        self->frees_in_done = !self->frees_in_addresses;
        self->frees_resolver = (i & 2) != 0;
        begin(self, hosts[i >> 2], 0);
        loopback_run_until(&self->loop, &self->freed);
        assert_int_equal(self->done, self->frees_in_done);
        loopback_turns(&self->loop, 40);
        assert_int_equal(self->done, self->frees_in_done);
        inquiry_free(self);
    }
}

static void test_two_at_once(void **state)
{
    (void)state;
    inquiry *self = inquiry_new();
    inquiry *other = inquiry_new();
    begin(self, "late.test", 0);
    hs_resolution_events events;
    assert_int_equal(
        hs_resolve(self->resolver, "v4.test", 80, 0, events_of(other, &events), &other->resolution),
        HS_OK);
    loopback_run_until(&self->loop, &other->done);
    assert_false(self->done);
    assert_address(&other->addresses[0], "192.0.2.4", 80);
    hs_resolution_free(other->resolution);
    other->resolution = NULL;
    loopback_run_until(&self->loop, &self->done);
    assert_int_equal(self->count, 2);
    inquiry_free(other);
    inquiry_free(self);
}

/* --- without a server --- */

static void test_localhost(void **state)
{
    (void)state;
    static const char *const hosts[] = {"localhost", "LocalHost.", "a.b.localhost"};
    for (size_t i = 0; i < 3; i++) {
        inquiry *self = ask(hosts[i], 0);
        assert_int_equal(self->failure, HS_FAILURE_NONE);
        assert_int_equal(self->calls, 2);
        assert_address(&self->addresses[0], "::1", 443);
        assert_address(&self->addresses[1], "127.0.0.1", 443);
        assert_int_equal(self->server.queries, 0);
        inquiry_free(self);
    }
    for (int family = 4; family <= 6; family += 2) {
        inquiry *self = ask("localhost", family);
        assert_int_equal(self->count, 1);
        assert_int_equal(hs_address_family(&self->addresses[0]), family);
        inquiry_free(self);
    }
    inquiry *self = ask("notlocalhost", 4);
    assert_int_equal(self->server.queries, 1);
    assert_int_equal(self->failure, HS_FAILURE_DNS_NAME_NOT_RESOLVED);
    inquiry_free(self);
}

static void test_literals_cost_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        int family;
    } cases[] = {{"192.0.2.1", 0}, {"192.0.2.1", 4}, {"2001:db8::1", 0}, {"2001:db8::1", 6}};
    for (size_t i = 0; i < 4; i++) {
        inquiry self = {.done = false};
        hs_resolution_events events;
        uv_loop_init(&self.loop);
        assert_int_equal(hs_resolver_new(&self.loop, &self.resolver), HS_OK);
        assert_int_equal(hs_resolve(self.resolver, cases[i].host, 8443, cases[i].family,
                                    events_of(&self, &events), &self.resolution),
                         HS_OK);
        assert_true(self.done);
        assert_int_equal(self.failure, HS_FAILURE_NONE);
        assert_int_equal(self.count, 1);
        assert_address(&self.addresses[0], cases[i].host, 8443);
        hs_resolution_free(self.resolution);
        hs_resolver_free(self.resolver);
        assert_int_equal(uv_loop_close(&self.loop), 0); /* nothing was ever in the loop */
    }
}

static void test_a_literal_of_the_other_family(void **state)
{
    (void)state;
    inquiry *self = ask("192.0.2.1", 6);
    assert_int_equal(self->failure, HS_FAILURE_DNS_NAME_NOT_RESOLVED);
    assert_string_equal(self->why, "192.0.2.1 is not an IPv6 address");
    assert_int_equal(self->count, 0);
    inquiry_free(self);
}

static void test_addresses_as_text(void **state)
{
    (void)state;
    char loopback[64];
    snprintf(loopback, sizeof(loopback), "fe80::1%%%u", if_nametoindex("lo"));
    const struct {
        const char *in;
        const char *out; /* NULL: not an address */
    } cases[] = {
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"::", "::"},
        {"2001:DB8:0:0::1", "2001:db8::1"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        {"fe80::1%lo", "fe80::1%lo"},
        {loopback, "fe80::1%lo"},
        {"fe80::1%4000000000", "fe80::1%4000000000"},
        {"fe80::1%", NULL},
        {"fe80::1%nosuchif", NULL},
        {"fe80::1%4294967296", NULL},
        {"fe80::1%-1", NULL},
        {"[::1]", NULL},
        {"1.2.3", NULL},
        {"1.2.3.256", NULL},
        {"1.2.3.4%lo", NULL},
        {"", NULL},
        {"%lo", NULL},
        {"localhost", NULL},
        {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hs_address address;
        hs_result result = hs_address_parse(cases[i].in, 7, &address);
        assert_int_equal(result, cases[i].out != NULL ? HS_OK : HS_INVALID);
        if (cases[i].out != NULL)
            assert_address(&address, cases[i].out, 7);
    }
}

/* --- overrides --- */

static void test_overrides(void **state)
{
    (void)state;
    static const struct {
        const char *entry;
        const char *addresses[4];
    } cases[] = {
        {"example.test:443:192.0.2.1", {"192.0.2.1"}},
        {"+example.test:443:192.0.2.1", {"192.0.2.1"}},
        {"EXAMPLE.test:443:[2001:db8::1]", {"2001:db8::1"}},
        {"example.test:443:2001:db8::1", {"2001:db8::1"}},
        {"*:443:192.0.2.1,[::1],192.0.2.3", {"192.0.2.1", "::1", "192.0.2.3"}},
        {"example.test:443:[fe80::1%lo]", {"fe80::1%lo"}},
        {"example.test:444:192.0.2.1", {NULL}},
        {"example.tes:443:192.0.2.1", {NULL}},
        {"[::1]:443:192.0.2.1", {NULL}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hs_address addresses[4];
        size_t count = 99;
        assert_int_equal(
            hs_resolve_override(cases[i].entry, "example.test", 443, addresses, 4, &count), HS_OK);
        size_t expected = 0;
        for (; expected < 4 && cases[i].addresses[expected] != NULL; expected++)
            assert_true(count > expected);
        assert_int_equal(count, expected);
        for (size_t j = 0; j < count; j++)
            assert_address(&addresses[j], cases[i].addresses[j], 443);
    }
    hs_address address;
    size_t count;
    assert_int_equal(hs_resolve_override("[::1]:443:192.0.2.1", "::1", 443, &address, 1, &count),
                     HS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(hs_resolve_override("a:1:192.0.2.1,192.0.2.2", "a", 1, &address, 1, &count),
                     HS_LIMIT);
    assert_int_equal(count, 0);
}

static void test_malformed_overrides(void **state)
{
    (void)state;
    static const char *const entries[] = {
        "",
        "+",
        ":",
        "a",
        "a:1",
        "a:1:",
        "a::192.0.2.1",
        ":1:192.0.2.1",
        "a:0:192.0.2.1",
        "a:65536:192.0.2.1",
        "a:-1:192.0.2.1",
        "a:1x:192.0.2.1",
        "a: 1:192.0.2.1",
        "a:1:192.0.2.1,",
        "a:1:,192.0.2.1",
        "a:1:host",
        "a:1:[::1",
        "a:1:[::1]x",
        "a:1:[]",
        "[a:1:192.0.2.1",
        "-a:1",
    };
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        hs_address addresses[4];
        size_t count = 99;
        assert_int_equal(hs_resolve_override(entries[i], "other", 1, addresses, 4, &count),
                         HS_INVALID);
        assert_int_equal(count, 0);
    }
}

int main(void)
{
    /* Old and new spellings of: ask once, wait for less than a second. */
    setenv("RES_OPTIONS", "retrans:300 retry:1 timeout:1 attempts:1", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_families),
        cmocka_unit_test(test_one_family),
        cmocka_unit_test(test_only_the_wanted_family_is_asked),
        cmocka_unit_test(test_each_answer_comes_as_it_arrives),
        cmocka_unit_test(test_names_are_asked_each_time),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_a_malformed_answer),
        cmocka_unit_test(test_no_server_there),
        cmocka_unit_test(test_the_next_server_is_asked),
        cmocka_unit_test(test_names_that_cannot_be),
        cmocka_unit_test(test_free_while_under_way),
        cmocka_unit_test(test_free_the_resolver_first),
        cmocka_unit_test(test_free_within_call_backs),
        cmocka_unit_test(test_two_at_once),
        cmocka_unit_test(test_localhost),
        cmocka_unit_test(test_literals_cost_nothing),
        cmocka_unit_test(test_a_literal_of_the_other_family),
        cmocka_unit_test(test_addresses_as_text),
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_malformed_overrides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
