/* Messages to the kernel's netlink (RFC 3549; rtnetlink(7), sock_diag(7)): written, sent, answered.
 *
 * All numbers in them are in this machine's byte order, so they are copied as they are.
 */
#ifndef HS_LAB_NETLINK_H
#define HS_LAB_NETLINK_H

#include <stdbool.h>

#include <handshake/api.h>

#include "base/reader.h"
#include "base/writer.h"

enum { HS_NETLINK_MESSAGE_MAX = 1024 };

typedef struct hs_netlink_message {
    uint64_t room[HS_NETLINK_MESSAGE_MAX / sizeof(uint64_t)]; /* aligned for every header */
    hs_writer w;
} hs_netlink_message;

/* Begins a request of this type (RTM_…) and these flags (NLM_F_…, REQUEST and ACK are added) whose
 * family's own header is `header`. */
void hs_netlink_begin(hs_netlink_message *message, uint16_t type, uint16_t flags,
                      const void *header, size_t size);
void hs_netlink_put(hs_netlink_message *message, uint16_t attribute, hs_bytes value);
void hs_netlink_put_u32(hs_netlink_message *message, uint16_t attribute, uint32_t value);
/* With its NUL. */
void hs_netlink_put_text(hs_netlink_message *message, uint16_t attribute, const char *text);
/* An attribute that holds attributes, after `header` of the kind's own where it has one. What is
 * given back is for hs_netlink_close. */
size_t hs_netlink_open(hs_netlink_message *message, uint16_t attribute, hs_bytes header);
void hs_netlink_close(hs_netlink_message *message, size_t nest);
/* The message as it goes out; HS_LIMIT where it did not fit. */
HS_CHECKED hs_result hs_netlink_finish(hs_netlink_message *message, hs_bytes *bytes);

/* A socket of this protocol (NETLINK_ROUTE, …) in the present network namespace, or -1 and errno.
 */
int hs_netlink_socket(int protocol);
/* Sends and waits for the kernel's answer, which is immediate. HS_SYSTEM with errno where it
 * refuses. */
HS_CHECKED hs_result hs_netlink_ask(int fd, hs_netlink_message *message);
/* The same for a dump (NLM_F_DUMP): the number of messages that it consists of. */
HS_CHECKED hs_result hs_netlink_count(int fd, hs_netlink_message *message, uint64_t *count);

/* What a datagram from the kernel says: how many messages stand in it before an end, and whether
 * that end came: an acknowledgment, the end of a dump, or an error, whose number goes to `error`.
 * HS_MALFORMED where lengths do not fit. */
typedef struct hs_netlink_answer {
    uint64_t messages;
    bool is_over;
    int error; /* 0: none */
} hs_netlink_answer;
HS_CHECKED hs_result hs_netlink_read(hs_bytes bytes, hs_netlink_answer *answer);

#endif
