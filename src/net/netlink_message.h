/* The kernel's netlink messages (RFC 3549; netlink(7)), read: headers and attributes.
 *
 * Their numbers are in this machine's byte order.
 */
#ifndef HS_NET_NETLINK_MESSAGE_H
#define HS_NET_NETLINK_MESSAGE_H

#include <stdbool.h>

#include <handshake/api.h>

#include "base/reader.h"

/* struct nlmsghdr, and what follows it. */
typedef struct hs_netlink_message {
    uint16_t type;
    uint16_t flags;
    uint32_t sequence;
    uint32_t port;
    hs_bytes payload;
} hs_netlink_message;

/* The next message of a datagram of which something is left. HS_NEED_MORE: it is cut off. */
HS_CHECKED hs_result hs_netlink_message_read(hs_reader *r, hs_netlink_message *out);
/* The errno that NLMSG_ERROR or NLMSG_DONE brings, 0 for none; -1 where there is no number. */
int hs_netlink_error_read(hs_bytes payload);

typedef struct hs_netlink_attribute {
    uint16_t type; /* without its flags */
    hs_bytes value;
} hs_netlink_attribute;

/* struct rtattr, and its value. False at the end, or after a fault. */
bool hs_netlink_attribute_next(hs_reader *r, hs_netlink_attribute *out);

uint16_t hs_netlink_read_u16(hs_reader *r, const char *field);
uint32_t hs_netlink_read_u32(hs_reader *r, const char *field);

#endif
