/* A dump from the kernel over netlink. */
#ifndef HS_AUDIT_NETLINK_H
#define HS_AUDIT_NETLINK_H

#include "audit/netlink_message.h"

/* One message of the answer; anything but HS_OK ends the dump with it. */
typedef hs_result (*hs_netlink_each)(void *context, const hs_netlink_message *message);

/* Asks `protocol` (NETLINK_ROUTE, NETLINK_SOCK_DIAG) for a dump: `type`, and the `body` that stands
 * after the header. HS_SYSTEM comes with errno: ETIMEDOUT where the kernel took seconds. */
HS_CHECKED hs_result hs_netlink_dump(int protocol, uint16_t type, hs_bytes body,
                                     hs_netlink_each each, void *context);

#endif
