/* The default routes, for the window with which connections over them begin. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "audit/audit.h"
#include "audit/messages.h"
#include "net/netlink.h"

static hs_result take_route(void *context, const hs_netlink_message *message)
{
    hs_audit *audit = context;
    hs_audit_route route;
    bool is_default;
    if (message->type != RTM_NEWROUTE) {
        return HS_OK;
    }
    if (hs_audit_route_read(message->payload, &route, &is_default) != HS_OK) {
        return HS_MALFORMED;
    }
    if (!is_default || route.table == RT_TABLE_LOCAL) {
        return HS_OK;
    }
    if (audit->route_count == HS_AUDIT_ROUTES_MAX) {
        return HS_LIMIT;
    }
    audit->routes[audit->route_count++] = route;
    return HS_OK;
}

void hs_audit_routes_read(hs_audit *audit)
{
    static const uint8_t families[] = {AF_INET, AF_INET6};
    audit->has_routes = true;
    for (size_t i = 0; i < sizeof families; i++) {
        struct rtmsg request = {.rtm_family = families[i]};
        hs_netlink_request dump;
        hs_netlink_begin(&dump, RTM_GETROUTE, NLM_F_DUMP, &request, sizeof request);
        hs_result result = hs_netlink_ask_once(NETLINK_ROUTE, &dump, take_route, audit);
        if (result != HS_OK) {
            audit->has_routes = false;
            hs_audit_add_unseen(audit,
                                result == HS_SYSTEM ? strerror(errno) : hs_result_text(result),
                                "default routes of %s", families[i] == AF_INET ? "IPv4" : "IPv6");
        }
    }
}
