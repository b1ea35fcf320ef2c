/* Questions to the kernel over netlink (netlink(7), rtnetlink(7), sock_diag(7)). */
#ifndef HS_NET_NETLINK_H
#define HS_NET_NETLINK_H

#include "net/netlink_message.h"
#include "net/netlink_request.h"

/* One message of the answer; anything but HS_OK ends it with that. */
typedef hs_result (*hs_netlink_each)(void *context, const hs_netlink_message *message);

/* A socket of this protocol (NETLINK_ROUTE, …) in the present network namespace, or -1 and errno.
 */
int hs_netlink_socket(int protocol);
/* Sends, and gives each message of the answer to `each`, which may be NULL, up to its end: an
 * acknowledgment, or the end of a dump (NLM_F_DUMP). HS_SYSTEM comes with errno: the kernel's
 * refusal, or ETIMEDOUT where it took seconds. After anything but HS_OK the socket may hold the
 * rest of an answer. */
HS_CHECKED hs_result hs_netlink_ask(int fd, hs_netlink_request *request, hs_netlink_each each,
                                    void *context);
/* The same on a socket of its own. */
HS_CHECKED hs_result hs_netlink_ask_once(int protocol, hs_netlink_request *request,
                                         hs_netlink_each each, void *context);

#endif
