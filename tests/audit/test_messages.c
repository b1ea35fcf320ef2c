#include "../cmocka_headers.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <netinet/tcp.h>
#include <string.h>

#include "audit/messages.h"
#include "base/reader.h"

typedef struct message {
    uint8_t bytes[512];
    size_t len;
} message;

static void add(message *m, const void *data, size_t len)
{
    memcpy(m->bytes + m->len, data, len);
    m->len += len;
    while (m->len % 4 != 0) {
        m->bytes[m->len++] = 0;
    }
}

static void add_attribute(message *m, uint16_t type, const void *data, size_t len)
{
    const struct rtattr header = {(uint16_t)(sizeof header + len), type};
    add(m, &header, sizeof header);
    add(m, data, len);
}

static hs_bytes bytes_of(const message *m)
{
    return hs_bytes_of(m->bytes, m->len);
}

static message make_listener(uint8_t family)
{
    message m = {.len = 0};
    struct inet_diag_msg body = {.idiag_family = family,
                                 .idiag_state = TCP_LISTEN,
                                 .idiag_rqueue = 2,
                                 .idiag_wqueue = 1,
                                 .idiag_uid = 1000,
                                 .idiag_inode = 4242};
    const uint8_t v6_only = 1;
    const uint8_t unknown[] = {1, 2, 3, 4, 5};
    body.id.idiag_sport = htons(8443);
    inet_pton(family, family == AF_INET ? "192.0.2.1" : "2001:db8::1", body.id.idiag_src);
    add(&m, &body, sizeof body);
    add_attribute(&m, 60, unknown, sizeof unknown);
    add_attribute(&m, INET_DIAG_SKV6ONLY, &v6_only, sizeof v6_only);
    return m;
}

static void listeners_are_read(void **state)
{
    hs_audit_listener listener;
    char text[HS_AUDIT_ENDPOINT];
    bool is_listening;
    (void)state;
    message m = make_listener(AF_INET);
    assert_int_equal(hs_audit_listener_read(bytes_of(&m), &listener, &is_listening), HS_OK);
    assert_true(is_listening);
    assert_string_equal(hs_audit_endpoint(&listener, text), "192.0.2.1:8443");
    assert_int_equal(listener.queue, 2);
    assert_int_equal(listener.limit, 1);
    assert_int_equal(listener.uid, 1000);
    assert_int_equal(listener.inode, 4242);
    assert_int_equal(listener.v6_only, HS_YES);
    assert_true(hs_audit_is_full(&listener));
    listener.queue = 1;
    assert_false(hs_audit_is_full(&listener));
    m = make_listener(AF_INET6);
    assert_int_equal(hs_audit_listener_read(bytes_of(&m), &listener, &is_listening), HS_OK);
    assert_string_equal(hs_audit_endpoint(&listener, text), "[2001:db8::1]:8443");
    memset(listener.address, 0, sizeof listener.address);
    assert_string_equal(hs_audit_endpoint(&listener, text), "[::]:8443");
    listener.v6_only = HS_NO;
    assert_string_equal(hs_audit_endpoint(&listener, text), "*:8443");
}

static void truncated_listeners_are_refused(void **state)
{
    const message m = make_listener(AF_INET6);
    (void)state;
    for (size_t len = 0; len < m.len; len++) {
        hs_audit_listener listener;
        bool is_listening;
        uint8_t cut[512];
        memcpy(cut, m.bytes, len);
        hs_result result = hs_audit_listener_read(hs_bytes_of(cut, len), &listener, &is_listening);
        /* Between two attributes nothing is missing; padding after the last may be. */
        bool is_whole = len == sizeof(struct inet_diag_msg) ||
                        (len >= sizeof(struct inet_diag_msg) + 9 &&
                         len <= sizeof(struct inet_diag_msg) + 12) ||
                        len >= sizeof(struct inet_diag_msg) + 17;
        assert_int_equal(result, is_whole ? HS_OK : HS_NEED_MORE);
    }
}

static void other_families_and_short_attributes_are_malformed(void **state)
{
    hs_audit_listener listener;
    bool is_listening;
    (void)state;
    message m = make_listener(AF_INET);
    m.bytes[0] = AF_UNIX;
    assert_int_equal(hs_audit_listener_read(bytes_of(&m), &listener, &is_listening), HS_MALFORMED);
    m = make_listener(AF_INET);
    m.bytes[sizeof(struct inet_diag_msg)] = 3;
    m.bytes[sizeof(struct inet_diag_msg) + 1] = 0;
    assert_int_equal(hs_audit_listener_read(bytes_of(&m), &listener, &is_listening), HS_MALFORMED);
    m = make_listener(AF_INET);
    m.bytes[1] = TCP_ESTABLISHED;
    assert_int_equal(hs_audit_listener_read(bytes_of(&m), &listener, &is_listening), HS_OK);
    assert_false(is_listening);
}

static message make_route(uint8_t destination_len, uint8_t type)
{
    message m = {.len = 0};
    message metrics = {.len = 0};
    const struct rtmsg body = {.rtm_family = AF_INET,
                               .rtm_dst_len = destination_len,
                               .rtm_table = RT_TABLE_MAIN,
                               .rtm_type = type};
    const uint32_t device = 7;
    const uint32_t window = 4;
    const uint32_t table = 1000;
    add_attribute(&metrics, RTAX_MTU, &device, sizeof device);
    add_attribute(&metrics, RTAX_INITCWND, &window, sizeof window);
    add(&m, &body, sizeof body);
    add_attribute(&m, RTA_TABLE, &table, sizeof table);
    add_attribute(&m, RTA_OIF, &device, sizeof device);
    add_attribute(&m, RTA_METRICS | NLA_F_NESTED, metrics.bytes, metrics.len);
    return m;
}

static void default_routes_are_read(void **state)
{
    hs_audit_route route;
    bool is_default;
    (void)state;
    message m = make_route(0, RTN_UNICAST);
    assert_int_equal(hs_audit_route_read(bytes_of(&m), &route, &is_default), HS_OK);
    assert_true(is_default);
    assert_int_equal(route.initcwnd, 4);
    assert_int_equal(route.device, 7);
    assert_int_equal(route.table, 1000);
    m = make_route(24, RTN_UNICAST);
    assert_int_equal(hs_audit_route_read(bytes_of(&m), &route, &is_default), HS_OK);
    assert_false(is_default);
    m = make_route(0, RTN_UNREACHABLE);
    assert_int_equal(hs_audit_route_read(bytes_of(&m), &route, &is_default), HS_OK);
    assert_false(is_default);
    /* A metric that is longer than its list. */
    m.bytes[m.len - 8] = 9;
    assert_int_equal(hs_audit_route_read(bytes_of(&m), &route, &is_default), HS_MALFORMED);
}

static void truncated_routes_are_refused(void **state)
{
    const message m = make_route(0, RTN_UNICAST);
    (void)state;
    for (size_t len = 0; len < m.len; len++) {
        hs_audit_route route;
        bool is_default;
        bool is_whole = len == 12 || len == 20 || len == 28;
        assert_int_equal(hs_audit_route_read(hs_bytes_of(m.bytes, len), &route, &is_default),
                         is_whole ? HS_OK : HS_NEED_MORE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listeners_are_read),
        cmocka_unit_test(truncated_listeners_are_refused),
        cmocka_unit_test(other_families_and_short_attributes_are_malformed),
        cmocka_unit_test(default_routes_are_read),
        cmocka_unit_test(truncated_routes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
