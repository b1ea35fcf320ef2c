/* The kernel's messages that an audit reads: listening sockets (inet_diag) and routes (rtnetlink).
 * Addresses and ports are in the network's byte order, all else in this machine's.
 */
#ifndef HS_AUDIT_MESSAGES_H
#define HS_AUDIT_MESSAGES_H

#include "audit/audit.h"

/* The payload of SOCK_DIAG_BY_FAMILY for a TCP socket. `is_listening`: whether it listens. */
HS_CHECKED hs_result hs_audit_listener_read(hs_bytes payload, hs_audit_listener *out,
                                            bool *is_listening);
/* The payload of RTM_NEWROUTE. `is_default`: whether it leads everywhere, by a device. */
HS_CHECKED hs_result hs_audit_route_read(hs_bytes payload, hs_audit_route *out, bool *is_default);

#endif
