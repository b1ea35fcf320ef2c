/* A QUIC client and a QUIC server with a path between them, in memory, under a clock that only the
 * test moves: the same run every time, but for keys and connection IDs. */
#ifndef HS_TESTS_NET_QUIC_WORLD_H
#define HS_TESTS_NET_QUIC_WORLD_H

#include <stdbool.h>

#include "base/buffer.h"
#include "net/quic_session.h"
#include "tls_fixture.h"

enum { WORLD_STREAM_BYTES = 1 << 20, WORLD_VERSIONS = 4 };

#define WORLD_DELAY (25 * HS_MILLISECOND)

typedef struct world world;

/* What one end told. */
typedef struct world_end {
    struct world_end *next; /* the server's older one */
    world *world;
    hs_quic_session *session; /* NULL once it ended */
    int completed;
    int confirmed;
    int accepted_early; /* `early_data` with true */
    int rejected_early;
    int tickets;
    int tokens;
    int keylog_lines;
    int closed;
    int ended;
    int streams_closed;
    int streams_reset;
    int streams_stopped;
    int early_chunks; /* stream_data with is_early */
    hs_quic_end end;
    hs_buffer data; /* of all streams, in order of arrival */
    int fins;
    bool echo;           /* answers what comes, with its end */
    uint32_t negotiated; /* by Version Negotiation */
    hs_time completed_at;
    hs_time confirmed_at;
    hs_time closed_at;
} world_end;

typedef struct world_datagram {
    struct world_datagram *next;
    hs_time at;
    bool to_server;
    size_t len;
    uint8_t bytes[HS_QUIC_DATAGRAM_MAX];
} world_datagram;

struct world {
    hs_quic_context *client_context;
    hs_quic_context *server_context;
    hs_tls_context *verifier;
    hs_quic_server *server;
    hs_quic_session *client;
    hs_quic_session *accepted; /* the server's newest; NULL once it ended */
    world_end c;
    world_end *s; /* of `accepted`, or an empty one */
    hs_time now;
    world_datagram *queue;
    int sent[2]; /* datagrams: by the client, by the server */
    size_t sent_bytes[2];
    int sessions;
    int stateless;
    char last_stateless[32];
    /* What the path does to a datagram: false loses it. `number` counts from 1 in each direction.
     */
    bool (*filter)(world *w, bool from_client, int number, uint8_t *bytes, size_t *len);
    int lost_number; /* for filters */
    bool lost_from_client;
    uint64_t random;
    hs_quic_path path; /* the client's view */
    hs_quic_path seen; /* as the server sees it: a translated address may differ */
    void (*on_accepted)(hs_quic_session *session);
};

typedef struct world_options {
    const char *cert; /* NULL: the fixture's */
    const char *cacert;
    const char *client_cert;
    bool insecure;
    const char *pins;
    const char *ciphers;
    const char *groups;
    const char *server_alpn; /* NULL: "h3,echo" */
    const uint32_t *server_versions;
    size_t server_version_count;
    hs_quic_retry_policy retry;
    bool no_tickets;
    bool no_early_data;
    bool no_new_tokens;
    uint8_t secret; /* all of its bytes */
    size_t sessions_max;
    hs_time idle_timeout;
} world_options;

void world_open(world *w, const tls_fixture *fixture, const world_options *options);
/* A new server of the same context, without the sessions of the old one. */
void world_restart_server(world *w);
void world_close(world *w);

/* A new client, not started. NULLs: "host.example", "h3". */
void world_client(world *w, const char *name, const char *alpn, const uint32_t *versions,
                  size_t version_count);
void world_drop_client(world *w);
/* The address translator forgets: the server sees another port. */
void world_rebind(world *w);
void world_start(world *w);
/* Moves time and datagrams until `until`, or until neither has anything left to do. */
void world_run(world *w, hs_time until);
/* Until the client has confirmed the handshake or is closed, at most that long from now. */
void world_shake_hands(world *w, hs_time at_most);
/* The client starts, and has a second for that. */
void world_connect(world *w);
/* For a second: what is under way arrives. */
void world_settle(world *w);
/* Client: opens a stream and sends. */
int64_t world_ask(world *w, const char *text, bool fin);
const char *world_text(world_end *end); /* what came, as a C string */
/* A copy that the caller frees. */
hs_bytes world_ticket(world *w);
/* The client, not started, takes this ticket, which has to say whether early data may be sent. */
void world_offer(world *w, hs_bytes ticket, bool early);
void world_expect_failure(const world *w, hs_failure_class cls, const char *part);

#endif
