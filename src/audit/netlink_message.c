#include "audit/netlink_message.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ADDRESS4 = 4, ADDRESS16 = 16, NETLINK_ALIGNMENT = 4 };

/* Integers in the host's byte order. */
static uint16_t read_host16(hs_reader *r, const char *field)
{
    uint16_t value = 0;
    hs_bytes bytes = hs_read_bytes(r, sizeof value, field);
    if (bytes.len == sizeof value) {
        memcpy(&value, bytes.data, sizeof value);
    }
    return value;
}

static uint32_t read_host32(hs_reader *r, const char *field)
{
    uint32_t value = 0;
    hs_bytes bytes = hs_read_bytes(r, sizeof value, field);
    if (bytes.len == sizeof value) {
        memcpy(&value, bytes.data, sizeof value);
    }
    return value;
}

/* Messages and attributes begin at multiples of 4; after the last one nothing need follow. */
static void skip_padding(hs_reader *r, size_t len)
{
    size_t padding = (NETLINK_ALIGNMENT - len % NETLINK_ALIGNMENT) % NETLINK_ALIGNMENT;
    size_t left = hs_reader_left(r);
    (void)hs_read_bytes(r, padding < left ? padding : left, "padding");
}

hs_result hs_netlink_message_read(hs_reader *r, hs_netlink_message *out)
{
    uint32_t len = read_host32(r, "nlmsg_len");
    *out = (hs_netlink_message){.type = read_host16(r, "nlmsg_type")};
    out->flags = read_host16(r, "nlmsg_flags");
    out->sequence = read_host32(r, "nlmsg_seq");
    out->port = read_host32(r, "nlmsg_pid");
    if (hs_reader_ok(r) && len < sizeof(struct nlmsghdr)) {
        hs_reader_fail(r, "nlmsg_len", "is shorter than its header");
    }
    if (hs_reader_ok(r)) {
        out->payload = hs_read_bytes(r, len - sizeof(struct nlmsghdr), "payload");
        skip_padding(r, len);
    }
    return hs_reader_result(r);
}

int hs_netlink_error_read(hs_bytes payload)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, payload, &fault, NULL);
    int32_t number = (int32_t)read_host32(&r, "error");
    return hs_reader_ok(&r) && number <= 0 && number > INT32_MIN ? -number : -1;
}

typedef struct attribute {
    uint16_t type;
    hs_bytes value;
} attribute;

/* struct rtattr, and its value. False at the end, or after a fault. */
static bool next_attribute(hs_reader *r, attribute *out)
{
    if (!hs_reader_ok(r) || hs_reader_left(r) == 0) {
        return false;
    }
    uint16_t len = read_host16(r, "rta_len");
    out->type = read_host16(r, "rta_type");
    if (hs_reader_ok(r) && len < sizeof(struct rtattr)) {
        hs_reader_fail(r, "rta_len", "is shorter than its header");
    }
    if (!hs_reader_ok(r)) {
        return false;
    }
    out->type = (uint16_t)(out->type & NLA_TYPE_MASK);
    out->value = hs_read_bytes(r, len - sizeof(struct rtattr), "value");
    if (hs_reader_ok(r)) {
        skip_padding(r, len);
    }
    return hs_reader_ok(r);
}

static hs_bytes read_address(hs_reader *r, size_t len, const char *field)
{
    hs_bytes whole = hs_read_bytes(r, ADDRESS16, field);
    return (hs_bytes){whole.data, whole.len < len ? whole.len : len};
}

hs_result hs_netlink_listener_read(hs_bytes payload, hs_audit_listener *out, bool *is_listening)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, payload, &fault, NULL);
    *out = (hs_audit_listener){.v6_only = HS_UNSEEN, .fast_open_limit = -1};
    uint8_t family = hs_read_u8(&r, "idiag_family");
    *is_listening = hs_read_u8(&r, "idiag_state") == TCP_LISTEN;
    (void)hs_read_bytes(&r, 2, "idiag_timer, idiag_retrans");
    out->port = hs_read_u16(&r, "idiag_sport");
    (void)hs_read_u16(&r, "idiag_dport");
    out->is_v6 = family == AF_INET6;
    hs_bytes address = read_address(&r, out->is_v6 ? ADDRESS16 : ADDRESS4, "idiag_src");
    (void)hs_read_bytes(&r, ADDRESS16, "idiag_dst");
    out->device = read_host32(&r, "idiag_if");
    (void)hs_read_u64(&r, "idiag_cookie");
    (void)read_host32(&r, "idiag_expires");
    out->queue = read_host32(&r, "idiag_rqueue");
    out->limit = read_host32(&r, "idiag_wqueue");
    out->uid = read_host32(&r, "idiag_uid");
    out->inode = read_host32(&r, "idiag_inode");
    if (hs_reader_ok(&r) && family != AF_INET && family != AF_INET6) {
        hs_reader_fail(&r, "idiag_family", "is neither IPv4 nor IPv6");
    }
    if (hs_reader_ok(&r)) {
        memcpy(out->address, address.data, address.len);
    }
    attribute a;
    while (next_attribute(&r, &a)) {
        if (a.type == INET_DIAG_SKV6ONLY && a.value.len == 1) {
            out->v6_only = a.value.data[0] != 0 ? HS_YES : HS_NO;
        }
    }
    return hs_reader_result(&r);
}

static uint32_t host32_of(hs_bytes value)
{
    uint32_t number = 0;
    if (value.len == sizeof number) {
        memcpy(&number, value.data, sizeof number);
    }
    return number;
}

static hs_result read_metrics(hs_bytes metrics, hs_audit_route *out)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, metrics, &fault, NULL);
    attribute a;
    while (next_attribute(&r, &a)) {
        if (a.type == RTAX_INITCWND && a.value.len == sizeof(uint32_t)) {
            out->initcwnd = host32_of(a.value);
        }
    }
    return hs_reader_result(&r);
}

hs_result hs_netlink_route_read(hs_bytes payload, hs_audit_route *out, bool *is_default)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, payload, &fault, NULL);
    *out = (hs_audit_route){.is_v6 = hs_read_u8(&r, "rtm_family") == AF_INET6};
    uint8_t destination_len = hs_read_u8(&r, "rtm_dst_len");
    (void)hs_read_bytes(&r, 2, "rtm_src_len, rtm_tos");
    out->table = hs_read_u8(&r, "rtm_table");
    (void)hs_read_bytes(&r, 2, "rtm_protocol, rtm_scope");
    uint8_t type = hs_read_u8(&r, "rtm_type");
    (void)read_host32(&r, "rtm_flags");
    *is_default = destination_len == 0 && type == RTN_UNICAST;
    attribute a;
    hs_result inner = HS_OK;
    while (inner == HS_OK && next_attribute(&r, &a)) {
        if (a.type == RTA_OIF) {
            out->device = host32_of(a.value);
        } else if (a.type == RTA_TABLE) {
            out->table = host32_of(a.value);
        } else if (a.type == RTA_METRICS) {
            inner = read_metrics(a.value, out) == HS_OK ? HS_OK : HS_MALFORMED;
        }
    }
    return inner != HS_OK ? inner : hs_reader_result(&r);
}
