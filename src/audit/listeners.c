/* The listening TCP sockets (sock_diag), and the Fast Open queues that only /proc/net/tcp tells. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "audit/audit.h"
#include "audit/messages.h"
#include "net/netlink.h"

enum { CAPACITY_FIRST = 64, LINE_MAX_BYTES = 512 };

bool hs_audit_is_full(const hs_audit_listener *listener)
{
    return listener->queue > listener->limit;
}

static bool is_any(const hs_audit_listener *listener)
{
    static const uint8_t any[HS_AUDIT_ADDRESS];
    return memcmp(listener->address, any, sizeof any) == 0;
}

const char *hs_audit_endpoint(const hs_audit_listener *listener, char out[HS_AUDIT_ENDPOINT])
{
    char address[INET6_ADDRSTRLEN] = "";
    char device[IF_NAMESIZE] = "";
    char zone[IF_NAMESIZE + 1] = "";
    if (listener->device != 0 && if_indextoname(listener->device, device)) {
        snprintf(zone, sizeof zone, "%%%s", device);
    }
    if (listener->is_v6 && is_any(listener) && listener->v6_only == HS_NO) {
        snprintf(out, HS_AUDIT_ENDPOINT, "*%s:%u", zone, listener->port);
        return out;
    }
    (void)inet_ntop(listener->is_v6 ? AF_INET6 : AF_INET, listener->address, address,
                    sizeof address);
    snprintf(out, HS_AUDIT_ENDPOINT, listener->is_v6 ? "[%s%s]:%u" : "%s%s:%u", address, zone,
             listener->port);
    return out;
}

static bool make_room(hs_audit *audit)
{
    size_t count = audit->listener_count;
    /* Full at each power of two. */
    if (count >= CAPACITY_FIRST ? (count & (count - 1)) != 0 : count != 0) {
        return true;
    }
    size_t capacity = count >= CAPACITY_FIRST ? count * 2 : CAPACITY_FIRST;
    hs_audit_listener *larger = reallocarray(audit->listeners, capacity, sizeof *larger);
    if (larger) {
        audit->listeners = larger;
    }
    return larger;
}

static hs_result take_listener(void *context, const hs_netlink_message *message)
{
    hs_audit *audit = context;
    hs_audit_listener listener;
    bool is_listening;
    if (message->type != SOCK_DIAG_BY_FAMILY) {
        return HS_OK;
    }
    if (hs_audit_listener_read(message->payload, &listener, &is_listening) != HS_OK) {
        return HS_MALFORMED;
    }
    if (!is_listening) {
        return HS_OK;
    }
    if (audit->listener_count == HS_AUDIT_LISTENERS_MAX) {
        return HS_LIMIT;
    }
    if (!make_room(audit)) {
        return HS_NO_MEMORY;
    }
    audit->listeners[audit->listener_count++] = listener;
    return HS_OK;
}

static int compare_inodes(const void *a, const void *b)
{
    const hs_audit_listener *x = a;
    const hs_audit_listener *y = b;
    return (x->inode > y->inode) - (x->inode < y->inode);
}

static int compare_ports(const void *a, const void *b)
{
    const hs_audit_listener *x = a;
    const hs_audit_listener *y = b;
    if (x->port != y->port) {
        return x->port < y->port ? -1 : 1;
    }
    if (x->is_v6 != y->is_v6) {
        return x->is_v6 ? 1 : -1;
    }
    int order = memcmp(x->address, y->address, sizeof x->address);
    return order != 0 ? order : compare_inodes(a, b);
}

hs_audit_listener *hs_audit_listener_find(hs_audit *audit, uint64_t inode)
{
    const hs_audit_listener key = {.inode = inode};
    return audit->listener_count > 0
               ? bsearch(&key, audit->listeners, audit->listener_count, sizeof key, compare_inodes)
               : NULL;
}

/* The last number of a line is the Fast Open queue's length; only while its state is LISTEN. The
 * kernel lists the listeners first. */
static bool take_tcp_line(hs_audit *audit, const char *line)
{
    unsigned state;
    unsigned long long inode;
    int fast_open;
    int got = sscanf(line,
                     "%*d: %*[0-9A-Fa-f]:%*x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %llu "
                     "%*d %*x %*u %*u %*u %*u %d",
                     &state, &inode, &fast_open);
    if (got < 1 || state != TCP_LISTEN) {
        return false;
    }
    hs_audit_listener *listener = got == 3 ? hs_audit_listener_find(audit, inode) : NULL;
    if (listener && fast_open >= 0) {
        listener->fast_open_limit = fast_open;
    }
    return true;
}

static void read_fast_open(hs_audit *audit, const char *path)
{
    char line[LINE_MAX_BYTES];
    FILE *file = fopen(path, "re");
    if (!file && errno == ENOENT) {
        return; /* a kernel without IPv6 */
    }
    if (!file) {
        hs_audit_add_unseen(audit, strerror(errno), "Fast Open queues of %s", path);
        return;
    }
    bool more = fgets(line, sizeof line, file) != NULL; /* the heading */
    while (more && fgets(line, sizeof line, file)) {
        more = take_tcp_line(audit, line);
    }
    fclose(file);
}

hs_result hs_audit_listeners_read(hs_audit *audit)
{
    static const uint8_t families[] = {AF_INET, AF_INET6};
    audit->has_listeners = true;
    for (size_t i = 0; i < sizeof families; i++) {
        struct inet_diag_req_v2 request = {.sdiag_family = families[i],
                                           .sdiag_protocol = IPPROTO_TCP,
                                           .idiag_states = 1U << TCP_LISTEN};
        hs_netlink_request dump;
        hs_netlink_begin(&dump, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &request, sizeof request);
        hs_result result = hs_netlink_ask_once(NETLINK_SOCK_DIAG, &dump, take_listener, audit);
        if (result == HS_NO_MEMORY) {
            return result;
        }
        if (result != HS_OK) {
            audit->has_listeners = false;
            const char *why = result != HS_SYSTEM ? hs_result_text(result)
                              : errno == ENOENT   ? "this kernel lacks tcp_diag, or may not load it"
                                                  : strerror(errno);
            hs_audit_add_unseen(audit, why, "listeners of %s",
                                families[i] == AF_INET ? "IPv4" : "IPv6");
        }
    }
    if (audit->listener_count > 0) {
        qsort(audit->listeners, audit->listener_count, sizeof *audit->listeners, compare_inodes);
        read_fast_open(audit, "/proc/net/tcp");
        read_fast_open(audit, "/proc/net/tcp6");
        hs_audit_processes_read(audit);
        qsort(audit->listeners, audit->listener_count, sizeof *audit->listeners, compare_ports);
    }
    return HS_OK;
}
