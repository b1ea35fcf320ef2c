/* What no draft has an event for: TCP's packets, TLS messages, and the messages of other
 * applications than HTTP/3. A schema of this program's own, which the main schema allows for (8.1):
 * its URI is private and no name of a domain is in it. */
#include "report/json_parts.h"
#include "report/qlog_parts.h"

static const char *event_name(hs_layer layer)
{
    switch (layer) {
    case HS_LAYER_TCP:
        return "handshake:tcp_packet";
    case HS_LAYER_TLS:
        return "handshake:tls_message";
    default:
        return "handshake:application_message";
    }
}

void hs_qlog_message(hs_qlog *q, const hs_event *event)
{
    json_t *data = hs_json_object(&q->json);
    hs_json_text(&q->json, data, "from", event->from == HS_CLIENT ? "client" : "server");
    hs_json_text(&q->json, data, "layer", hs_layer_name(event->layer));
    hs_json_text(&q->json, data, "message", event->name ? event->name : "unknown");
    hs_json_bool(&q->json, data, "encrypted", event->is_protected);
    if (event->layer != HS_LAYER_TCP) {
        hs_qlog_raw(q, data, event->bytes, SIZE_MAX);
    }
    hs_json_set_nonempty(&q->json, data, "details", hs_json_details(&q->json, event));
    q->has_messages = true;
    hs_qlog_add(q, event->moment.at, event_name(event->layer), data);
}
