/* What packets and frames say of the connection as a whole: its start, state, keys, versions and
 * end (draft-ietf-quic-qlog-quic-events-13 4, 5.1, 5.2, 6). All as the client sees it, or as one
 * sees it who follows the client's flow. */
#include <string.h>

#include "report/qlog_parts.h"
#include "wire/http3.h"
#include "wire/quic/packet.h"
#include "wire/quic/transport_parameters.h"

static void set_state(hs_qlog *q, hs_time at, const char *state)
{
    if (q->state && strcmp(q->state, state) == 0) {
        return;
    }
    json_t *data = hs_json_object(&q->json);
    hs_json_text(&q->json, data, "old", q->state);
    hs_json_text(&q->json, data, "new", state);
    hs_qlog_add(q, at, "quic:connection_state_updated", data);
    q->state = state;
}

/* --- the start --- */

static json_t *endpoint(hs_qlog *q, const char *address, uint16_t port, const char *id)
{
    json_t *object = hs_json_object(&q->json);
    if (address) {
        bool is_v6 = strchr(address, ':') != NULL;
        hs_json_text(&q->json, object, is_v6 ? "ip_v6" : "ip_v4", address);
        if (port > 0) {
            hs_json_integer(&q->json, object, is_v6 ? "port_v6" : "port_v4", port);
        }
    }
    if (id) {
        json_t *ids = hs_json_array(&q->json);
        hs_json_append(&q->json, ids, hs_json_string(id));
        hs_json_set(&q->json, object, "connection_ids", ids);
    }
    return object;
}

static void add_started(hs_qlog *q, const hs_event *event)
{
    const hs_trace *trace = q->trace;
    json_t *data = hs_json_object(&q->json);
    hs_json_set(&q->json, data, "local",
                endpoint(q, trace->capture.client_address, trace->capture.client_port,
                         hs_qlog_text(event, "scid")));
    hs_json_set(
        &q->json, data, "remote",
        endpoint(q, trace->target.address, trace->target.port, hs_qlog_text(event, "dcid")));
    hs_qlog_add(q, event->moment.at, "quic:connection_started", data);
}

/* --- versions --- */

static bool version_of(const hs_event *event, uint32_t *version)
{
    const char *text = hs_qlog_text(event, "version");
    return text && hs_quic_version_parse(text, strlen(text), version);
}

/* What the client says in its transport parameters (RFC 9368 3); else the version that it uses. */
static void set_client_versions(hs_qlog *q, json_t *data, uint32_t used)
{
    const hs_quic_parameters *client = &q->trace->quic.client_parameters;
    hs_quic_parameter parameter;
    if (client->seen &&
        hs_quic_find_parameter(client->bytes, HS_QUIC_PARAMETER_ID_VERSION_INFORMATION,
                               &parameter) &&
        !parameter.malformed && parameter.versions.available.len > 0) {
        hs_qlog_versions(q, data, "client_versions", parameter.versions.available);
    } else if (used != 0) {
        json_t *one = hs_json_array(&q->json);
        hs_json_append(&q->json, one, hs_qlog_version_string(used));
        hs_json_set(&q->json, data, "client_versions", one);
    }
}

static void add_first_versions(hs_qlog *q, const hs_event *event)
{
    uint32_t version = 0;
    if (version_of(event, &version)) {
        json_t *data = hs_json_object(&q->json);
        set_client_versions(q, data, version);
        hs_qlog_version(q, data, "chosen_version", version);
        hs_qlog_add(q, event->moment.at, "quic:version_information", data);
    }
}

/* The version of the client's next Initial packet. */
static bool next_version(const hs_event *event, uint32_t *version)
{
    for (event = event->next; event; event = event->next) {
        if (event->layer == HS_LAYER_QUIC && event->from == HS_CLIENT &&
            event->type == (HS_EVENT_QUIC_PACKET | HS_QUIC_INITIAL)) {
            return version_of(event, version);
        }
    }
    return false;
}

static void add_negotiated_versions(hs_qlog *q, const hs_event *event)
{
    hs_fault fault;
    hs_reader r;
    hs_quic_packet packet;
    uint32_t version = 0;
    json_t *data = hs_json_object(&q->json);
    hs_reader_init(&r, event->raw, &fault, NULL);
    if (event->raw.len > 0 && hs_quic_read_packet(&r, 0, &packet) == HS_OK) {
        hs_qlog_versions(q, data, "server_versions", packet.versions);
    }
    set_client_versions(q, data, q->trace->quic.original_version);
    if (next_version(event, &version) && version != q->trace->quic.original_version) {
        hs_qlog_version(q, data, "chosen_version", version);
    }
    hs_qlog_add(q, event->moment.at, "quic:version_information", data);
}

/* --- keys --- */

/* A new phase begins with a packet whose bit is another, and whose number is beyond those of the
 * phase so far: a late packet of the phase before has a smaller one. */
static void follow_phase(hs_qlog *q, const hs_event *event)
{
    const hs_detail *number = hs_qlog_detail(event, "pn");
    const hs_detail *bit = hs_qlog_detail(event, "key_phase");
    hs_qlog_phase *phase = &q->phases[event->from];
    if (!number || !bit) {
        return;
    }
    if (!phase->is_known) {
        *phase = (hs_qlog_phase){true, bit->number != 0, number->number};
        return;
    }
    if ((phase->number & 1) == (uint64_t)bit->number || number->number < phase->first) {
        return;
    }
    phase->number++;
    phase->first = number->number;
    const hs_qlog_phase *other = &q->phases[event->from == HS_CLIENT ? HS_SERVER : HS_CLIENT];
    bool answers = other->is_known && other->number >= phase->number;
    bool is_local = (event->from == HS_CLIENT) != answers;
    json_t *data = hs_json_object(&q->json);
    hs_json_text(&q->json, data, "key_type",
                 event->from == HS_CLIENT ? "client_1rtt_secret" : "server_1rtt_secret");
    hs_qlog_number(q, data, "key_phase", phase->number);
    hs_json_text(&q->json, data, "trigger", is_local ? "local_update" : "remote_update");
    hs_qlog_add(q, event->moment.at, "quic:key_updated", data);
}

void hs_qlog_connection_packet(hs_qlog *q, const hs_event *event, hs_quic_packet_type type)
{
    /* A first packet of a reserved version asks for Version Negotiation (RFC 9000 15). */
    bool is_first = type == HS_QUIC_INITIAL || type == HS_QUIC_UNKNOWN_VERSION;
    if (is_first && event->from == HS_CLIENT && !q->is_started) {
        q->is_started = true;
        add_started(q, event);
        add_first_versions(q, event);
        set_state(q, event->moment.at, "attempted");
    } else if (type == HS_QUIC_VERSION_NEGOTIATION && !hs_qlog_detail(event, "ignored")) {
        add_negotiated_versions(q, event);
        q->hello = NULL; /* the client says it all again */
    } else if (type == HS_QUIC_HANDSHAKE && q->state && strcmp(q->state, "attempted") == 0) {
        set_state(q, event->moment.at, "handshake_started");
    } else if (type == HS_QUIC_1RTT) {
        follow_phase(q, event);
    }
}

/* --- the end --- */

static void add_closed(hs_qlog *q, const hs_event *event)
{
    const hs_quic_close *close = &q->trace->quic.close;
    json_t *data = hs_json_object(&q->json);
    hs_json_text(&q->json, data, "initiator", hs_qlog_initiator(close->from));
    if (close->is_application) {
        hs_qlog_application_error(q, data, "application_error", close->error);
    } else {
        hs_qlog_transport_error(q, data, "connection_error", close->error);
    }
    hs_json_text(&q->json, data, "reason", close->reason);
    if (!close->is_application) {
        hs_json_text(&q->json, data, "trigger",
                     close->error == HS_QUIC_ERROR_NO_ERROR ? "unspecified" : "error");
    } else if (hs_qlog_is_http3(q->trace)) {
        hs_json_text(&q->json, data, "trigger",
                     close->error == HS_HTTP3_ERROR_NO_ERROR ? "application" : "error");
    }
    hs_qlog_add(q, event->moment.at, "quic:connection_closed", data);
}

void hs_qlog_connection_frame(hs_qlog *q, const hs_event *event)
{
    bool is_close = event->type == HS_QUIC_CONNECTION_CLOSE ||
                    event->type == HS_QUIC_CONNECTION_CLOSE_APPLICATION;
    if (event->type == HS_QUIC_HANDSHAKE_DONE && event->from == HS_SERVER && !q->is_closed) {
        set_state(q, event->moment.at, "handshake_confirmed");
    } else if (is_close && !q->is_closed && q->trace->quic.close.present &&
               q->trace->quic.close.from == event->from) {
        q->is_closed = true;
        add_closed(q, event);
        set_state(q, event->moment.at, event->from == HS_CLIENT ? "closing" : "draining");
    }
}

void hs_qlog_connection_reset(hs_qlog *q, const hs_event *event)
{
    if (q->is_closed) {
        return;
    }
    q->is_closed = true;
    json_t *data = hs_json_object(&q->json);
    hs_json_text(&q->json, data, "initiator", hs_qlog_initiator(event->from));
    hs_json_text(&q->json, data, "trigger", "stateless_reset");
    hs_qlog_add(q, event->moment.at, "quic:connection_closed", data);
    set_state(q, event->moment.at, "closed");
}

/* --- TLS --- */

void hs_qlog_connection_tls(hs_qlog *q, const hs_event *event)
{
    if (!q->trace->quic.present || !event->name) {
        return;
    }
    if (event->from == HS_CLIENT && !q->hello && strcmp(event->name, "ClientHello") == 0) {
        q->hello = event;
    } else if (event->from == HS_SERVER && strcmp(event->name, "EncryptedExtensions") == 0) {
        q->answer = event;
    } else if (event->from == HS_CLIENT && strcmp(event->name, "Finished") == 0 && !q->is_closed) {
        set_state(q, event->moment.at, "handshake_complete");
    }
}
