#include "audit/messages.h"

#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "net/netlink_message.h"

enum { ADDRESS4 = 4, ADDRESS16 = 16 };

static hs_bytes read_address(hs_reader *r, size_t len, const char *field)
{
    hs_bytes whole = hs_read_bytes(r, ADDRESS16, field);
    return (hs_bytes){whole.data, whole.len < len ? whole.len : len};
}

hs_result hs_audit_listener_read(hs_bytes payload, hs_audit_listener *out, bool *is_listening)
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
    out->device = hs_netlink_read_u32(&r, "idiag_if");
    (void)hs_read_u64(&r, "idiag_cookie");
    (void)hs_netlink_read_u32(&r, "idiag_expires");
    out->queue = hs_netlink_read_u32(&r, "idiag_rqueue");
    out->limit = hs_netlink_read_u32(&r, "idiag_wqueue");
    out->uid = hs_netlink_read_u32(&r, "idiag_uid");
    out->inode = hs_netlink_read_u32(&r, "idiag_inode");
    if (hs_reader_ok(&r) && family != AF_INET && family != AF_INET6) {
        hs_reader_fail(&r, "idiag_family", "is neither IPv4 nor IPv6");
    }
    if (hs_reader_ok(&r)) {
        memcpy(out->address, address.data, address.len);
    }
    hs_netlink_attribute a;
    while (hs_netlink_attribute_next(&r, &a)) {
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
    hs_netlink_attribute a;
    while (hs_netlink_attribute_next(&r, &a)) {
        if (a.type == RTAX_INITCWND && a.value.len == sizeof(uint32_t)) {
            out->initcwnd = host32_of(a.value);
        }
    }
    return hs_reader_result(&r);
}

hs_result hs_audit_route_read(hs_bytes payload, hs_audit_route *out, bool *is_default)
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
    (void)hs_netlink_read_u32(&r, "rtm_flags");
    *is_default = destination_len == 0 && type == RTN_UNICAST;
    hs_netlink_attribute a;
    hs_result inner = HS_OK;
    while (inner == HS_OK && hs_netlink_attribute_next(&r, &a)) {
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
