#include "net/netlink_message.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <string.h>

enum { NETLINK_ALIGNMENT = 4 };

uint16_t hs_netlink_read_u16(hs_reader *r, const char *field)
{
    uint16_t value = 0;
    hs_bytes bytes = hs_read_bytes(r, sizeof value, field);
    if (bytes.len == sizeof value) {
        memcpy(&value, bytes.data, sizeof value);
    }
    return value;
}

uint32_t hs_netlink_read_u32(hs_reader *r, const char *field)
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
    uint32_t len = hs_netlink_read_u32(r, "nlmsg_len");
    *out = (hs_netlink_message){.type = hs_netlink_read_u16(r, "nlmsg_type")};
    out->flags = hs_netlink_read_u16(r, "nlmsg_flags");
    out->sequence = hs_netlink_read_u32(r, "nlmsg_seq");
    out->port = hs_netlink_read_u32(r, "nlmsg_pid");
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
    int32_t number = (int32_t)hs_netlink_read_u32(&r, "error");
    return hs_reader_ok(&r) && number <= 0 && number > INT32_MIN ? -number : -1;
}

bool hs_netlink_attribute_next(hs_reader *r, hs_netlink_attribute *out)
{
    if (!hs_reader_ok(r) || hs_reader_left(r) == 0) {
        return false;
    }
    uint16_t len = hs_netlink_read_u16(r, "rta_len");
    out->type = hs_netlink_read_u16(r, "rta_type");
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
