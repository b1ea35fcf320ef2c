/* Two private networks, a client's and a server's, and the path between them.
 *
 * They belong to the process that opened them and to those that it starts, and vanish with the last
 * of these: nothing has to be tidied up, however they end. Addresses are fixed here, so that no
 * experiment can name a machine outside.
 */
#ifndef HS_LAB_NAMESPACES_H
#define HS_LAB_NAMESPACES_H

#include <stdbool.h>

#include <handshake/api.h>
#include <handshake/probe.h> /* hs_problem */

typedef enum hs_lab_side {
    HS_SIDE_CLIENT,
    HS_SIDE_SERVER,
    HS_SIDE_PATH,
    HS_SIDE_COUNT
} hs_lab_side;

/* Which right made them possible. */
typedef enum hs_namespace_way {
    HS_WAY_USER, /* a user namespace: no privilege is needed */
    HS_WAY_ROOT, /* CAP_SYS_ADMIN of the host */
} hs_namespace_way;

#define HS_LAB_CLIENT_IPV4 "10.99.0.1"
#define HS_LAB_SERVER_IPV4 "10.99.0.2"
#define HS_LAB_CLIENT_IPV6 "fd99::1"
#define HS_LAB_SERVER_IPV6 "fd99::2"
#define HS_LAB_CLIENT_LINK "hs-client"
#define HS_LAB_SERVER_LINK "hs-server"
/* The ends of the path that a relay joins, in HS_SIDE_PATH. */
#define HS_LAB_PATH_CLIENT_LINK "to-client"
#define HS_LAB_PATH_SERVER_LINK "to-server"

typedef struct hs_namespaces {
    int networks[HS_SIDE_COUNT]; /* open files of the namespaces */
    hs_namespace_way way;
    bool is_relayed;
    uint64_t outside; /* inode of the network that the process came from */
} hs_namespaces;

/* "user namespace", "root" */
const char *hs_namespace_way_name(hs_namespace_way way);

/* Why the kernel, by errno, made no namespace. */
const char *hs_namespaces_why(void);

/* Moves this process, which has one thread and was started for it, into new namespaces for good and
 * joins them: by one veth pair, or with `relayed` by two whose inner ends are in HS_SIDE_PATH,
 * where nothing passes until a relay runs. On return the process stands at the client. HS_SYSTEM
 * with `problem` filled where the kernel forbids it. */
HS_CHECKED hs_result hs_namespaces_open(hs_namespaces *namespaces, bool relayed,
                                        hs_problem *problem);
/* From now on sockets, and files of /proc/sys/net, are this side's. */
HS_CHECKED hs_result hs_namespaces_enter(const hs_namespaces *namespaces, hs_lab_side side);
/* Whether this process stands at `side`, which is not the network that it came from. */
bool hs_namespaces_is_inside(const hs_namespaces *namespaces, hs_lab_side side);
/* Sets /proc/sys/net/NAME of the present side. */
HS_CHECKED hs_result hs_namespaces_set(const char *name, int value, hs_problem *problem);

#endif
