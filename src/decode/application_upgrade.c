/* Requests that change the protocol of the connection, and their answers: WebSocket (RFC 6455 4),
 * h2c (RFC 7540 3.2), CONNECT and others. */
#include <string.h>

#include "decode/application_state.h"
#include "secrets/websocket_accept.h"

hs_app_upgrade hs_app_upgrade_of(const hs_http1_head *request)
{
    if (hs_http1_has_token(request, "Upgrade", "websocket")) {
        return HS_APP_TO_WEBSOCKET;
    }
    if (hs_http1_has_token(request, "Upgrade", "h2c")) {
        return HS_APP_TO_H2C;
    }
    bool is_other = hs_http1_find(request, "Upgrade") != NULL ||
                    hs_bytes_are(request->method, "CONNECT");
    return is_other ? HS_APP_TO_OTHER : HS_APP_NO_UPGRADE;
}

void hs_app_upgrade_request(hs_application *app, const hs_http1_head *head,
                            const hs_message *message, hs_app_upgrade upgrade)
{
    app->waits_for_upgrade = upgrade != HS_APP_NO_UPGRADE;
    if (upgrade != HS_APP_TO_WEBSOCKET) {
        hs_app_mark_end(app, HS_MILESTONE_REQUEST, message);
        return;
    }
    app->trace->websocket.present = true;
    hs_app_mark_end(app, HS_MILESTONE_UPGRADE_START, message);
    const hs_http1_field *key = hs_http1_find(head, "Sec-WebSocket-Key");
    app->has_accept = key && hs_websocket_accept(key->value, app->accept) == HS_OK;
}

static void set_websocket_facts(hs_application *app, const hs_http1_head *head)
{
    hs_websocket_facts *facts = &app->trace->websocket;
    const hs_http1_field *accept = hs_http1_find(head, "Sec-WebSocket-Accept");
    const hs_http1_field *subprotocol = hs_http1_find(head, "Sec-WebSocket-Protocol");
    const hs_http1_field *extensions = hs_http1_find(head, "Sec-WebSocket-Extensions");
    if (facts->status != 0) {
        return;
    }
    facts->status = head->status;
    if (subprotocol) {
        facts->subprotocol = hs_app_fact(app, subprotocol->value);
    }
    if (extensions) {
        facts->extensions = hs_app_fact(app, extensions->value);
    }
    if (head->status == 101) {
        bool is_right = accept && app->has_accept && hs_bytes_are(accept->value, app->accept);
        facts->accepted = is_right ? HS_YES : HS_NO;
        facts->has_upgrade = hs_websocket_head_upgrades(head) ? HS_YES : HS_NO;
    }
}

void hs_app_switch(hs_application *app, hs_app_protocol protocol)
{
    for (int i = 0; i < 2; i++) {
        hs_app_side *side = &app->sides[i];
        if (side->protocol == HS_APP_HTTP1 && side->http1.in_body) {
            side->next = protocol;
        } else if (side->protocol == HS_APP_HTTP1) {
            side->protocol = protocol;
        }
    }
}

void hs_app_upgrade_answer(hs_application *app, const hs_http1_head *head,
                           const hs_message *message, hs_app_upgrade upgrade)
{
    if (upgrade == HS_APP_NO_UPGRADE) {
        return;
    }
    app->waits_for_upgrade = false;
    if (upgrade == HS_APP_TO_WEBSOCKET) {
        hs_app_mark_end(app, HS_MILESTONE_UPGRADE_DONE, message);
        set_websocket_facts(app, head);
    }
    if (head->status != 101) {
        return;
    }
    if (upgrade == HS_APP_TO_WEBSOCKET) {
        /* Taken at its word even where its fields are wrong: that is told by the facts. */
        if (hs_http1_has_token(head, "Sec-WebSocket-Extensions", "permessage-deflate")) {
            app->rsv_allowed = HS_WEBSOCKET_RSV1;
        }
        hs_app_switch(app, HS_APP_WEBSOCKET);
    } else if (upgrade == HS_APP_TO_H2C) {
        hs_app_switch(app, HS_APP_HTTP2);
    }
}
