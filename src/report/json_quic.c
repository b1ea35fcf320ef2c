/* QUIC and HTTP/3. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/facts.h"
#include "report/json_parts.h"
#include "wire/http3.h"
#include "wire/quic/error.h"
#include "wire/quic/packet.h"
#include "wire/quic/transport_parameters.h"

static json_t *hex_string(hs_bytes bytes)
{
    char *text = malloc(2 * bytes.len + 1);
    if (!text) {
        return NULL;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes.data[i]);
    }
    text[2 * bytes.len] = '\0';
    json_t *string = json_string(text);
    free(text);
    return string;
}

static json_t *version_string(uint32_t version)
{
    char text[HS_FACT_TEXT_MAX];
    return json_string(hs_fact_quic_version(version, text));
}

static void set_version(hs_json *json, json_t *object, const char *key, uint32_t version)
{
    if (version != 0) {
        hs_json_set(json, object, key, version_string(version));
    }
}

static json_t *preferred_address(hs_json *json, const hs_quic_preferred_address *address)
{
    char text[INET6_ADDRSTRLEN];
    json_t *object = hs_json_object(json);
    if (address->ipv4_port != 0 && inet_ntop(AF_INET, address->ipv4, text, sizeof text)) {
        hs_json_text(json, object, "ipv4", text);
        hs_json_integer(json, object, "ipv4_port", address->ipv4_port);
    }
    if (address->ipv6_port != 0 && inet_ntop(AF_INET6, address->ipv6, text, sizeof text)) {
        hs_json_text(json, object, "ipv6", text);
        hs_json_integer(json, object, "ipv6_port", address->ipv6_port);
    }
    hs_json_set(json, object, "connection_id", hex_string(address->connection_id));
    hs_json_set(json, object, "stateless_reset_token", hex_string(address->stateless_reset_token));
    return object;
}

static json_t *version_information(hs_json *json, const hs_quic_version_information *versions)
{
    json_t *object = hs_json_object(json);
    json_t *available = hs_json_array(json);
    hs_bytes left = versions->available;
    uint32_t version = 0;
    hs_json_set(json, object, "chosen", version_string(versions->chosen));
    while (hs_quic_next_version(&left, &version)) {
        hs_json_append(json, available, version_string(version));
    }
    hs_json_set(json, object, "available", available);
    return object;
}

static json_t *parameter_value(hs_json *json, const hs_quic_parameter *parameter)
{
    if (parameter->malformed) {
        return hex_string(parameter->value);
    }
    switch (parameter->kind) {
    case HS_QUIC_PARAMETER_INTEGER:
        return json_integer((json_int_t)parameter->number);
    case HS_QUIC_PARAMETER_EMPTY:
        return json_true();
    case HS_QUIC_PARAMETER_PREFERRED_ADDRESS:
        return preferred_address(json, &parameter->preferred);
    case HS_QUIC_PARAMETER_VERSION_INFORMATION:
        return version_information(json, &parameter->versions);
    case HS_QUIC_PARAMETER_OPAQUE:
    case HS_QUIC_PARAMETER_CONNECTION_ID:
    case HS_QUIC_PARAMETER_TOKEN:
        break;
    }
    return hex_string(parameter->value);
}

/* By their registered names; those without one, GREASE among them, by their numbers. */
static json_t *parameters_object(hs_json *json, const hs_quic_parameters *parameters)
{
    json_t *object = hs_json_object(json);
    hs_bytes left = parameters->bytes;
    hs_quic_parameter parameter;
    while (hs_quic_next_parameter(&left, &parameter)) {
        const hs_quic_parameter_descriptor *row = hs_quic_parameter_descriptor_find(parameter.id);
        char number[HS_FACT_TEXT_MAX];
        snprintf(number, sizeof number, "0x%" PRIx64, parameter.id);
        const char *key = row ? row->name : number;
        /* Of a name that comes twice the first one counts, as in hs_quic_find_parameter. */
        if (!json_object_get(object, key)) {
            hs_json_set(json, object, key, parameter_value(json, &parameter));
        }
    }
    return object;
}

static json_t *both_parameters(hs_json *json, const hs_quic_facts *quic)
{
    json_t *object = hs_json_object(json);
    if (quic->client_parameters.seen) {
        hs_json_set(json, object, "client", parameters_object(json, &quic->client_parameters));
    }
    if (quic->server_parameters.seen) {
        hs_json_set(json, object, "server", parameters_object(json, &quic->server_parameters));
    }
    return object;
}

static json_t *close_object(hs_json *json, const hs_quic_close *close)
{
    char text[HS_QUIC_ERROR_TEXT_SIZE];
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "from", close->from == HS_CLIENT ? "client" : "server");
    hs_json_bool(json, object, "application", close->is_application);
    if (close->is_application) {
        const char *name = hs_http3_error_name(close->error);
        snprintf(text, sizeof text, "0x%" PRIx64, close->error);
        hs_json_text(json, object, "error",
                     name && !hs_http3_is_reserved(close->error) ? name : text);
    } else {
        hs_json_text(json, object, "error", hs_quic_error_text(close->error, text));
    }
    hs_json_set(json, object, "code", json_integer((json_int_t)close->error));
    hs_json_text(json, object, "reason", close->reason);
    return object;
}

static void set_count(hs_json *json, json_t *object, const char *key, int count)
{
    if (count >= 0) {
        hs_json_integer(json, object, key, count);
    }
}

static void set_offered(hs_json *json, json_t *object, const hs_quic_facts *quic)
{
    if (quic->offered_version_count == 0) {
        return;
    }
    json_t *offered = hs_json_array(json);
    for (size_t i = 0; i < quic->offered_version_count; i++) {
        hs_json_append(json, offered, version_string(quic->offered_versions[i]));
    }
    hs_json_set(json, object, "offered_versions", offered);
}

json_t *hs_json_quic(hs_json *json, const hs_quic_facts *quic)
{
    json_t *object = hs_json_object(json);
    set_version(json, object, "version", quic->version);
    set_version(json, object, "original_version", quic->original_version);
    hs_json_seen(json, object, "retry", quic->retry);
    hs_json_seen(json, object, "version_negotiation", quic->version_negotiation);
    set_offered(json, object, quic);
    hs_json_text(json, object, "early_data", hs_fact_early_data(quic->early_data));
    hs_json_seen(json, object, "token", quic->token);
    hs_json_text(json, object, "dcid", quic->original_dcid);
    hs_json_text(json, object, "scid", quic->client_cid);
    hs_json_text(json, object, "server_scid", quic->server_cid);
    hs_json_set_nonempty(json, object, "transport_parameters", both_parameters(json, quic));
    hs_json_seen(json, object, "amplification_limited", quic->amplification_limited);
    hs_json_seen(json, object, "handshake_confirmed", quic->handshake_confirmed);
    set_count(json, object, "new_tokens", quic->new_tokens);
    set_count(json, object, "key_updates", quic->key_updates);
    set_count(json, object, "migrations", quic->migrations);
    set_count(json, object, "retransmits", quic->retransmits);
    set_count(json, object, "lost", quic->lost);
    set_count(json, object, "probe_timeouts", quic->probe_timeouts);
    hs_json_ms(json, object, "rtt_server_ms", quic->rtt_server);
    hs_json_ms(json, object, "rtt_client_ms", quic->rtt_client);
    hs_json_seen(json, object, "stateless_reset", quic->stateless_reset);
    if (quic->close.present) {
        hs_json_set(json, object, "close", close_object(json, &quic->close));
    }
    return object;
}

json_t *hs_json_http3(hs_json *json, const hs_http3_facts *http3)
{
    char text[HS_FACT_TEXT_MAX];
    json_t *object = hs_json_object(json);
    if (http3->present) {
        json_t *settings = hs_json_object(json);
        for (size_t i = 0; i < http3->setting_count; i++) {
            const hs_http3_setting_fact *setting = &http3->settings[i];
            hs_json_set(json, settings, hs_fact_http3_setting(setting->id, text),
                        json_integer((json_int_t)setting->value));
        }
        hs_json_set(json, object, "settings", settings);
    }
    if (http3->has_goaway) {
        hs_json_set(json, object, "goaway", json_integer((json_int_t)http3->goaway_id));
    }
    return object;
}
