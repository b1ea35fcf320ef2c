/* HTTP, HTTP/2 and WebSocket. */
#include "report/facts.h"
#include "report/json_parts.h"

json_t *hs_json_http(hs_json *json, const hs_http_facts *http)
{
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "version", http->version);
    if (http->status > 0) {
        hs_json_integer(json, object, "status", http->status);
    }
    hs_json_text(json, object, "server", http->server);
    hs_json_text(json, object, "location", http->location);
    hs_json_text(json, object, "alt_svc", http->alt_svc);
    return object;
}

json_t *hs_json_http2(hs_json *json, const hs_http2_facts *http2)
{
    char text[HS_FACT_TEXT_MAX];
    json_t *object = hs_json_object(json);
    if (http2->present) {
        json_t *settings = hs_json_object(json);
        for (size_t i = 0; i < http2->setting_count; i++) {
            const hs_setting *setting = &http2->settings[i];
            hs_json_integer(json, settings, hs_fact_http2_setting(setting->id, text),
                            setting->value);
        }
        hs_json_set(json, object, "settings", settings);
    }
    if (http2->has_goaway) {
        hs_json_text(json, object, "goaway", hs_fact_http2_error(http2->goaway_error, text));
    }
    return object;
}

json_t *hs_json_websocket(hs_json *json, const hs_websocket_facts *websocket)
{
    json_t *object = hs_json_object(json);
    if (websocket->status > 0) {
        hs_json_integer(json, object, "status", websocket->status);
    }
    hs_json_seen(json, object, "accepted", websocket->accepted);
    hs_json_seen(json, object, "has_upgrade", websocket->has_upgrade);
    hs_json_text(json, object, "subprotocol", websocket->subprotocol);
    hs_json_text(json, object, "extensions", websocket->extensions);
    return object;
}
