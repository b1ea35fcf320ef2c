/* The kernel's netlink messages that an audit reads: listening sockets (inet_diag) and routes
 * (rtnetlink). Their numbers are in the host's own byte order, addresses and ports in the
 * network's.
 */
#ifndef HS_AUDIT_NETLINK_MESSAGE_H
#define HS_AUDIT_NETLINK_MESSAGE_H

#include "audit/audit.h"
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
/* The payload of SOCK_DIAG_BY_FAMILY for a TCP socket. `is_listening`: whether it listens. */
HS_CHECKED hs_result hs_netlink_listener_read(hs_bytes payload, hs_audit_listener *out,
                                              bool *is_listening);
/* The payload of RTM_NEWROUTE. `is_default`: whether it leads everywhere, by a device. */
HS_CHECKED hs_result hs_netlink_route_read(hs_bytes payload, hs_audit_route *out, bool *is_default);

#endif
