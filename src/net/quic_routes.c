/* The table of connection IDs (RFC 9000 5.2). */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "net/quic_server_state.h"

/* FNV-1a over a seed that nobody outside knows. Lists are short in any case: the sessions' number
 * is limited, and so is that of each one's connection IDs. */
static size_t place(const hs_quic_server *server, hs_bytes cid)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ server->seed;
    for (size_t i = 0; i < cid.len; i++) {
        hash = (hash ^ cid.data[i]) * UINT64_C(0x100000001b3);
    }
    return (size_t)(hash >> 32) % HS_QUIC_ROUTES;
}

static hs_bytes bytes_of(const ngtcp2_cid *cid)
{
    return hs_bytes_of(cid->data, cid->datalen);
}

static hs_quic_route *find(const hs_quic_server *server, hs_bytes cid)
{
    hs_quic_route *route = server->routes[place(server, cid)];
    while (route && !hs_bytes_equal(bytes_of(&route->cid), cid)) {
        route = route->next;
    }
    return route;
}

hs_quic_session *hs_quic_route_find(const hs_quic_server *server, hs_bytes cid)
{
    const hs_quic_route *route = find(server, cid);
    return route ? route->session : NULL;
}

void hs_quic_route_add(hs_quic_session *session, const ngtcp2_cid *cid)
{
    hs_quic_server *server = session->link.server;
    hs_quic_route *route = find(server, bytes_of(cid)) ? NULL : calloc(1, sizeof(*route));
    if (route) {
        hs_quic_route **list = &server->routes[place(server, bytes_of(cid))];
        *route = (hs_quic_route){*list, session->link.routes, session, *cid};
        *list = route;
        session->link.routes = route;
    }
}

static void unlink_from_table(hs_quic_server *server, const hs_quic_route *route)
{
    hs_quic_route **at = &server->routes[place(server, bytes_of(&route->cid))];
    while (*at && *at != route) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = route->next;
    }
}

void hs_quic_route_remove(hs_quic_session *session, const ngtcp2_cid *cid)
{
    hs_quic_route **at = &session->link.routes;
    while (*at && !ngtcp2_cid_eq(&(*at)->cid, cid)) {
        at = &(*at)->next_of_session;
    }
    if (*at) {
        hs_quic_route *route = *at;
        *at = route->next_of_session;
        unlink_from_table(session->link.server, route);
        free(route);
    }
}

void hs_quic_routes_clear(hs_quic_session *session)
{
    while (session->link.routes) {
        hs_quic_route *route = session->link.routes;
        session->link.routes = route->next_of_session;
        unlink_from_table(session->link.server, route);
        free(route);
    }
}
