/* The transport parameters of both sides, and ALPN (draft-ietf-quic-qlog-quic-events-13 5.3, 5.4):
 * told when the TLS message that carried them had crossed. */
#include <arpa/inet.h>
#include <string.h>

#include "report/qlog_parts.h"
#include "wire/quic/packet.h"
#include "wire/quic/transport_parameters.h"
#include "wire/tls/names.h"

/* Those that the draft has a field for; the field has the registry's name. */
static bool has_field(uint64_t id)
{
    return (id <= HS_QUIC_PARAMETER_ID_RETRY_SOURCE_CONNECTION_ID) ||
           id == HS_QUIC_PARAMETER_ID_MAX_DATAGRAM_FRAME_SIZE ||
           id == HS_QUIC_PARAMETER_ID_GREASE_QUIC_BIT || id == HS_QUIC_PARAMETER_ID_RESET_STREAM_AT;
}

static json_t *preferred_address(hs_qlog *q, const hs_quic_preferred_address *address)
{
    char text[INET6_ADDRSTRLEN];
    json_t *object = hs_json_object(&q->json);
    if (address->ipv4_port != 0 && inet_ntop(AF_INET, address->ipv4, text, sizeof text)) {
        hs_json_text(&q->json, object, "ip_v4", text);
        hs_json_integer(&q->json, object, "port_v4", address->ipv4_port);
    }
    if (address->ipv6_port != 0 && inet_ntop(AF_INET6, address->ipv6, text, sizeof text)) {
        hs_json_text(&q->json, object, "ip_v6", text);
        hs_json_integer(&q->json, object, "port_v6", address->ipv6_port);
    }
    hs_qlog_hex(q, object, "connection_id", address->connection_id);
    hs_qlog_hex(q, object, "stateless_reset_token", address->stateless_reset_token);
    return object;
}

static void set_field(hs_qlog *q, json_t *data, const char *name,
                      const hs_quic_parameter *parameter)
{
    switch (parameter->kind) {
    case HS_QUIC_PARAMETER_INTEGER:
        hs_qlog_number(q, data, name, parameter->number);
        break;
    case HS_QUIC_PARAMETER_EMPTY:
        hs_json_bool(&q->json, data, name, true);
        break;
    case HS_QUIC_PARAMETER_PREFERRED_ADDRESS:
        hs_json_set(&q->json, data, name, preferred_address(q, &parameter->preferred));
        break;
    default:
        hs_qlog_hex(q, data, name, parameter->value);
        break;
    }
}

/* Also what has a field but not the form of its kind, or comes again. */
static void add_unknown(hs_qlog *q, json_t *unknown, const hs_quic_parameter *parameter)
{
    json_t *object = hs_json_object(&q->json);
    hs_qlog_number(q, object, "id", parameter->id);
    hs_qlog_hex(q, object, "value", parameter->value);
    hs_json_append(&q->json, unknown, object);
}

static void set_parameters(hs_qlog *q, json_t *data, hs_bytes left)
{
    hs_quic_parameter parameter;
    json_t *unknown = hs_json_array(&q->json);
    while (!q->json.failed && hs_quic_next_parameter(&left, &parameter)) {
        const char *name = hs_quic_parameter_name(parameter.id);
        if (has_field(parameter.id) && name && !parameter.malformed &&
            !json_object_get(data, name)) {
            set_field(q, data, name, &parameter);
        } else {
            add_unknown(q, unknown, &parameter);
        }
    }
    if (json_array_size(unknown) > 0) {
        hs_json_set(&q->json, data, "unknown_parameters", unknown);
    } else {
        json_decref(unknown);
    }
}

/* "AES_128_GCM_SHA256": the registered name without its prefix, as the draft's example. */
static void set_tls(hs_qlog *q, json_t *data)
{
    static const char prefix[] = "TLS_";
    const hs_trace *trace = q->trace;
    const char *name = trace->tls.has_cipher ? hs_tls_cipher_suite_name(trace->tls.cipher) : NULL;
    if (name && strncmp(name, prefix, sizeof prefix - 1) == 0) {
        name += sizeof prefix - 1;
    }
    hs_json_text(&q->json, data, "tls_cipher", name);
    if (trace->quic.early_data == HS_EARLY_DATA_ACCEPTED ||
        trace->quic.early_data == HS_EARLY_DATA_REJECTED) {
        hs_json_bool(&q->json, data, "early_data_enabled",
                     trace->quic.early_data == HS_EARLY_DATA_ACCEPTED);
    }
}

static void add_parameters(hs_qlog *q, hs_side side, hs_time at)
{
    const hs_quic_facts *quic = &q->trace->quic;
    const hs_quic_parameters *parameters = side == HS_CLIENT ? &quic->client_parameters
                                                             : &quic->server_parameters;
    if (!parameters->seen) {
        return;
    }
    json_t *data = hs_json_object(&q->json);
    hs_json_text(&q->json, data, "initiator", hs_qlog_initiator(side));
    if (side == HS_SERVER) {
        set_tls(q, data);
    }
    set_parameters(q, data, parameters->bytes);
    hs_qlog_add(q, at, "quic:parameters_set", data);
}

static void add_alpn(hs_qlog *q, hs_time at)
{
    if (q->trace->tls.alpn) {
        json_t *chosen = hs_json_object(&q->json);
        json_t *data = hs_json_object(&q->json);
        hs_json_text(&q->json, chosen, "string_value", q->trace->tls.alpn);
        hs_json_set(&q->json, data, "chosen_alpn", chosen);
        hs_qlog_add(q, at, "quic:alpn_information", data);
    }
}

/* What the server says of versions, and which one both go on with (RFC 9368 3). */
static void add_chosen_version(hs_qlog *q, hs_time at)
{
    const hs_quic_parameters *server = &q->trace->quic.server_parameters;
    hs_quic_parameter parameter;
    if (server->seen &&
        hs_quic_find_parameter(server->bytes, HS_QUIC_PARAMETER_ID_VERSION_INFORMATION,
                               &parameter) &&
        !parameter.malformed) {
        json_t *data = hs_json_object(&q->json);
        hs_qlog_versions(q, data, "server_versions", parameter.versions.available);
        hs_qlog_version(q, data, "chosen_version", parameter.versions.chosen);
        hs_qlog_add(q, at, "quic:version_information", data);
    }
}

void hs_qlog_parameters(hs_qlog *q)
{
    if (q->hello) {
        add_parameters(q, HS_CLIENT, q->hello->moment.at);
    }
    if (q->answer) {
        add_parameters(q, HS_SERVER, q->answer->moment.at);
        add_alpn(q, q->answer->moment.at);
        add_chosen_version(q, q->answer->moment.at);
    }
}
