/* The lab server at the far end of a path: what `compare` and others are tried on in the lab.
 *
 * Its certificate is of a CA of its own, in a file system in memory that only the experiment's
 * processes see, so that all of it is gone with the last of them, however that ends.
 */
#ifndef HS_LAB_FAR_END_H
#define HS_LAB_FAR_END_H

#include <handshake/serve.h>

#include "lab/child.h"
#include "lab/namespaces.h"
#include "lab/relay.h"

enum {
    HS_FAR_END_PATH_MAX = 64,
    HS_FAR_END_SERVERS = 2, /* the second one's QUIC answers with Retry */
};

typedef struct hs_far_end_options {
    hs_path_options path;
    int family;       /* 4 or 6 */
    bool is_deserted; /* no servers: the caller starts its own */
} hs_far_end_options;

typedef struct hs_far_end {
    hs_namespaces namespaces;
    hs_relay relay;
    bool has_relay;
    hs_child servers[HS_FAR_END_SERVERS];
    size_t server_count;
    const char *folder; /* of the CA; only this process and those that it starts see it */
    int family;
    char ca_file[HS_FAR_END_PATH_MAX]; /* of this process and those that it starts */
} hs_far_end;

/* X(service, scheme, port): what the first server listens on; TCP's and UDP's are the same. */
#define HS_FAR_END_PORT_MAP(X)                                                                     \
    X(TCP, 7)                                                                                      \
    X(TLS, 853)                                                                                    \
    X(HTTP, 80)                                                                                    \
    X(HTTPS, 443)                                                                                  \
    X(HTTPS3, 443)                                                                                 \
    X(QUIC, 443)                                                                                   \
    X(WS, 8080)                                                                                    \
    X(WSS, 8443)
enum { HS_FAR_END_RETRY_PORT = 4433 };

/* "[fd99::2]" or "10.99.0.2", as it stands in a URL. */
const char *hs_far_end_host(const hs_far_end *far_end);

/* In a process that was started for it (`parent` is hs_child_body's `fd`), which stands at the
 * client afterwards. HS_INVALID: the path is not sound. HS_SYSTEM with `problem` filled. */
HS_CHECKED hs_result hs_far_end_open(hs_far_end *far_end, const hs_far_end_options *options,
                                     int parent, hs_problem *problem);
/* Another path between the same two; what the one until now measured goes to `report`. */
HS_CHECKED hs_result hs_far_end_set_path(hs_far_end *far_end, const hs_path_options *path,
                                         hs_relay_report *report, hs_problem *problem);
/* HS_SYSTEM with `problem` filled where a server or the relay has ended by itself: nothing that was
 * measured since is of the path. */
HS_CHECKED hs_result hs_far_end_check(const hs_far_end *far_end, hs_problem *problem);
/* Ends everything. What the path measured goes to `report`, which may be NULL. */
HS_CHECKED hs_result hs_far_end_close(hs_far_end *far_end, hs_relay_report *report);

#endif
