/* What the files of the QUIC server share. */
#ifndef HS_NET_QUIC_SERVER_STATE_H
#define HS_NET_QUIC_SERVER_STATE_H

#include "net/quic_state.h"

enum {
    HS_QUIC_ROUTES = 4096,        /* lists of the table */
    HS_QUIC_STATELESS_RATE = 200, /* answers without a session, a second */
};

struct hs_quic_server {
    hs_quic_context *context;
    hs_quic_server_events events;
    hs_quic_session *sessions;
    size_t count;
    bool is_shut;
    bool is_busy; /* within a call */
    hs_quic_retry_policy retry;
    hs_time now;
    hs_time rate_from; /* the second that is counted */
    unsigned rate_count;
    uint64_t seed; /* of the table */
    hs_quic_route *routes[HS_QUIC_ROUTES];
};

/* quic_routes.c */
hs_quic_session *hs_quic_route_find(const hs_quic_server *server, hs_bytes cid);
void hs_quic_route_add(hs_quic_session *session, const ngtcp2_cid *cid);
void hs_quic_route_remove(hs_quic_session *session, const ngtcp2_cid *cid);
void hs_quic_routes_clear(hs_quic_session *session);

/* quic_stateless.c: answers that need no session. */
void hs_quic_send_version_negotiation(hs_quic_server *server, const hs_quic_path *path,
                                      const ngtcp2_version_cid *header);
void hs_quic_send_stateless_reset(hs_quic_server *server, const hs_quic_path *path, hs_bytes dcid,
                                  size_t len);
void hs_quic_send_retry(hs_quic_server *server, const hs_quic_path *path,
                        const ngtcp2_pkt_hd *header);
void hs_quic_send_refusal(hs_quic_server *server, const hs_quic_path *path,
                          const ngtcp2_pkt_hd *header, uint64_t error);
/* What the token of an Initial says; false: it was of a Retry and is not good. */
bool hs_quic_read_token(hs_quic_server *server, const hs_quic_path *path,
                        const ngtcp2_pkt_hd *header, hs_quic_arrival *arrival);

#endif
