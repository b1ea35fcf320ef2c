#include "net/netlink_request.h"

#include <linux/netlink.h>
#include <stddef.h>
#include <string.h>

enum { ALIGNMENT = 4 };

static void pad(hs_writer *w)
{
    while (w->len % ALIGNMENT != 0 && !w->overflow) {
        hs_write_u8(w, 0);
    }
}

void hs_netlink_begin(hs_netlink_request *request, uint16_t type, uint16_t flags,
                      const void *header, size_t size)
{
    /* A dump has an end of its own. */
    const unsigned end = (flags & NLM_F_DUMP) == NLM_F_DUMP ? 0 : NLM_F_ACK;
    const struct nlmsghdr start = {.nlmsg_type = type,
                                   .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST | end),
                                   .nlmsg_seq = HS_NETLINK_SEQUENCE};
    hs_writer_init(&request->w, request->room, sizeof request->room);
    hs_write_bytes(&request->w, hs_bytes_of(&start, sizeof start));
    hs_write_bytes(&request->w, hs_bytes_of(header, size));
    pad(&request->w);
}

size_t hs_netlink_open(hs_netlink_request *request, uint16_t attribute, hs_bytes header)
{
    size_t at = request->w.len;
    const struct nlattr start = {.nla_type = attribute};
    hs_write_bytes(&request->w, hs_bytes_of(&start, sizeof start));
    hs_write_bytes(&request->w, header);
    return at;
}

/* The length counts the header, and not what pads the attribute. */
void hs_netlink_close(hs_netlink_request *request, size_t nest)
{
    hs_writer *w = &request->w;
    if (!w->overflow) {
        uint16_t length = (uint16_t)(w->len - nest);
        memcpy(w->data + nest + offsetof(struct nlattr, nla_len), &length, sizeof length);
    }
    pad(w);
}

void hs_netlink_put(hs_netlink_request *request, uint16_t attribute, hs_bytes value)
{
    hs_netlink_close(request, hs_netlink_open(request, attribute, value));
}

void hs_netlink_put_u32(hs_netlink_request *request, uint16_t attribute, uint32_t value)
{
    hs_netlink_put(request, attribute, hs_bytes_of(&value, sizeof value));
}

void hs_netlink_put_text(hs_netlink_request *request, uint16_t attribute, const char *text)
{
    hs_netlink_put(request, attribute, hs_bytes_of(text, strlen(text) + 1));
}

hs_result hs_netlink_finish(hs_netlink_request *request, hs_bytes *bytes)
{
    hs_writer *w = &request->w;
    hs_result result = hs_writer_result(w);
    if (result != HS_OK) {
        return result;
    }
    uint32_t length = (uint32_t)w->len;
    memcpy(w->data + offsetof(struct nlmsghdr, nlmsg_len), &length, sizeof length);
    *bytes = hs_writer_bytes(w);
    return HS_OK;
}
