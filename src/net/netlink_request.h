/* Requests to the kernel over netlink (RFC 3549; netlink(7)), written.
 *
 * All numbers in them are in this machine's byte order, so they are copied as they are.
 */
#ifndef HS_NET_NETLINK_REQUEST_H
#define HS_NET_NETLINK_REQUEST_H

#include <handshake/api.h>

#include "base/reader.h"
#include "base/writer.h"

enum { HS_NETLINK_REQUEST_MAX = 1024, HS_NETLINK_SEQUENCE = 1 };

typedef struct hs_netlink_request {
    uint64_t room[HS_NETLINK_REQUEST_MAX / sizeof(uint64_t)]; /* aligned for every header */
    hs_writer w;
} hs_netlink_request;

/* Begins a request of this type (RTM_…) and these flags (NLM_F_…; REQUEST is added, and ACK but to
 * a dump) whose family's own header is `header`. Its sequence number is HS_NETLINK_SEQUENCE. */
void hs_netlink_begin(hs_netlink_request *request, uint16_t type, uint16_t flags,
                      const void *header, size_t size);
void hs_netlink_put(hs_netlink_request *request, uint16_t attribute, hs_bytes value);
void hs_netlink_put_u32(hs_netlink_request *request, uint16_t attribute, uint32_t value);
/* With its NUL. */
void hs_netlink_put_text(hs_netlink_request *request, uint16_t attribute, const char *text);
/* An attribute that holds attributes, after `header` of the kind's own where it has one. What is
 * given back is for hs_netlink_close. */
size_t hs_netlink_open(hs_netlink_request *request, uint16_t attribute, hs_bytes header);
void hs_netlink_close(hs_netlink_request *request, size_t nest);
/* The request as it goes out; HS_LIMIT where it did not fit. */
HS_CHECKED hs_result hs_netlink_finish(hs_netlink_request *request, hs_bytes *bytes);

#endif
