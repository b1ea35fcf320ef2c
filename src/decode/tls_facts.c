/* What the messages say about the connection: trace->tls, its certificates, its milestones. */
#include <string.h>

#include "decode/certificate.h"
#include "decode/milestones.h"
#include "decode/tls_fingerprint.h"
#include "decode/tls_state.h"
#include "wire/tls/extension_get.h"

enum { CERTIFICATES_MAX = 64 };

static void learn_alpn(hs_tls_decoder *d, const hs_tls_extensions *extensions)
{
    hs_bytes protocol;
    if (!d->trace->tls.alpn && hs_tls_get_alpn_first(extensions, &protocol)) {
        d->trace->tls.alpn = hs_arena_escaped(hs_trace_arena(d->trace), protocol);
    }
}

/* Of what carries no QUIC they say nothing: the extension would be a mistake (RFC 9001 8.2). */
static void learn_quic_parameters(hs_tls_decoder *d, hs_side side,
                                  const hs_tls_extensions *extensions)
{
    hs_quic_facts *quic = &d->trace->quic;
    hs_quic_parameters *parameters = side == HS_CLIENT ? &quic->client_parameters
                                                       : &quic->server_parameters;
    hs_bytes bytes;
    if (d->is_quic && !parameters->seen &&
        hs_tls_get_quic_transport_parameters(extensions, &bytes)) {
        parameters->bytes = hs_arena_copy(hs_trace_arena(d->trace), bytes);
        parameters->seen = parameters->bytes.len == bytes.len;
    }
}

static void learn_client_hello(hs_tls_decoder *d, const hs_tls_found *found,
                               const hs_tls_client_hello *hello)
{
    hs_tls_facts *facts = &d->trace->tls;
    hs_arena *arena = hs_trace_arena(d->trace);
    if (d->has_client_hello) {
        return; /* the second one after a HelloRetryRequest, or a renegotiation's */
    }
    facts->present = true;
    facts->has_client_random = hello->random.len == sizeof facts->client_random;
    if (facts->has_client_random) {
        memcpy(facts->client_random, hello->random.data, sizeof facts->client_random);
    }
    learn_quic_parameters(d, HS_CLIENT, &hello->extensions);
    if (!d->is_quic) {
        hs_milestone_client_hello(d->trace, found->end);
    }
    hs_bytes host_name;
    if (hs_tls_get_host_name(&hello->extensions, &host_name)) {
        facts->server_name = hs_arena_escaped(arena, host_name);
    }
    if (!hs_tls_get_early_data(&hello->extensions)) {
        facts->early_data = HS_EARLY_DATA_NOT_OFFERED;
    }
    if (!hs_trace_is_light(d->trace)) {
        facts->ja3 = hs_tls_ja3(arena, hello);
        facts->ja4 = hs_tls_ja4(arena, hello, d->is_quic ? 'q' : 't');
    }
}

void hs_tls_learn_ssl2_hello(hs_tls_decoder *d, const hs_tls_found *found)
{
    d->trace->tls.present = true;
    d->trace->tls.early_data = HS_EARLY_DATA_NOT_OFFERED;
    hs_milestone_client_hello(d->trace, found->end);
}

static void learn_server_hello(hs_tls_decoder *d, const hs_tls_server_hello *hello)
{
    hs_tls_facts *facts = &d->trace->tls;
    if (d->has_server_hello) {
        return; /* a renegotiation's */
    }
    facts->present = true; /* the ClientHello may not have been seen */
    uint16_t version = hs_tls_server_hello_version(hello);
    facts->version = version;
    facts->has_cipher = true;
    facts->cipher = hello->cipher_suite;
    bool is_13 = hs_tls_is_13(version);
    if (d->offers_early_data && (hello->is_hello_retry_request || !is_13)) {
        facts->early_data = HS_EARLY_DATA_REJECTED;
    }
    if (hello->is_hello_retry_request) {
        facts->hello_retry_request = HS_YES;
        return;
    }
    if (facts->hello_retry_request == HS_UNSEEN) {
        facts->hello_retry_request = HS_NO;
    }
    if (!hs_trace_is_light(d->trace)) {
        facts->ja3s = hs_tls_ja3s(hs_trace_arena(d->trace), hello);
    }
    if (is_13) {
        uint16_t identity = 0;
        (void)hs_tls_get_selected_group(&hello->extensions, &facts->group, NULL);
        facts->resumed = hs_tls_get_psk_selected(&hello->extensions, &identity) ? HS_YES : HS_NO;
    } else {
        learn_alpn(d, &hello->extensions);
    }
}

static void learn_encrypted_extensions(hs_tls_decoder *d,
                                       const hs_tls_encrypted_extensions *message)
{
    learn_alpn(d, &message->extensions);
    learn_quic_parameters(d, HS_SERVER, &message->extensions);
    if (d->trace->tls.early_data == HS_EARLY_DATA_UNSEEN) {
        d->trace->tls.early_data = hs_tls_get_early_data(&message->extensions)
                                       ? HS_EARLY_DATA_ACCEPTED
                                       : HS_EARLY_DATA_REJECTED;
    }
}

/* The chain as it was sent, up to the first that is no X.509 certificate. */
static void learn_chain(hs_tls_decoder *d, const hs_tls_certificate *message, hs_event *event)
{
    hs_trace *trace = d->trace;
    hs_arena *arena = hs_trace_arena(trace);
    size_t most = message->count < CERTIFICATES_MAX ? message->count : CERTIFICATES_MAX;
    hs_certificate *chain = hs_arena_alloc(arena, most * sizeof *chain);
    hs_tls_certificate_iterator it = hs_tls_certificate_begin(message);
    hs_tls_certificate_entry entry;
    size_t count = 0;
    while (chain && count < most && hs_tls_certificate_next(&it, &entry)) {
        hs_result result = hs_certificate_parse(arena, entry.cert_data, &chain[count]);
        if (result != HS_OK) {
            hs_event_add_format(trace, event, "not_x509", "certificate %zu: %s", count + 1,
                                hs_result_text(result));
            break;
        }
        count++;
    }
    trace->certificates = chain;
    trace->certificate_count = count;
}

static void learn_certificate(hs_tls_decoder *d, const hs_tls_found *found,
                              const hs_tls_certificate *message, hs_event *event)
{
    hs_tls_facts *facts = &d->trace->tls;
    if (found->direction->side != HS_SERVER || d->has_certificate) {
        return;
    }
    d->has_certificate = true;
    if (!hs_tls_is_13(d->version)) {
        facts->resumed = HS_NO; /* a session that goes on needs none (RFC 5246 7.3) */
    }
    if (message->count > 0 && !hs_trace_is_light(d->trace)) {
        learn_chain(d, message, event);
    }
    hs_tls_certificate_iterator it = hs_tls_certificate_begin(message);
    hs_tls_certificate_entry leaf;
    if (message->version == HS_TLS_1_3 && hs_tls_certificate_next(&it, &leaf)) {
        uint8_t type = 0;
        hs_bytes response;
        facts->ocsp_stapled = hs_tls_get_certificate_status(&leaf.extensions, &type, &response)
                                  ? HS_YES
                                  : HS_NO;
    }
}

static void learn_server_key_exchange(hs_tls_decoder *d, const hs_tls_server_key_exchange *message)
{
    hs_tls_facts *facts = &d->trace->tls;
    if (message->form == HS_TLS_SKE_ECDHE && facts->group == 0) {
        facts->group = message->named_curve;
    }
    if (message->is_signed && facts->signature == 0) {
        facts->signature = message->algorithm;
    }
}

/* A session that goes on has none (RFC 5246 7.3): this tells it where ServerHelloDone was lost. */
static void learn_key_exchange(hs_tls_decoder *d)
{
    if (d->trace->tls.resumed == HS_UNSEEN) {
        d->trace->tls.resumed = HS_NO;
    }
}

/* What was asked for, or stapled, would have come before this point. */
static void settle(hs_tls_decoder *d)
{
    hs_tls_facts *facts = &d->trace->tls;
    if (d->sides[HS_SERVER].has_gap) {
        return;
    }
    if (facts->client_certificate_requested == HS_UNSEEN) {
        facts->client_certificate_requested = HS_NO;
    }
    if (facts->ocsp_stapled == HS_UNSEEN && d->has_certificate) {
        facts->ocsp_stapled = HS_NO;
    }
}

static void learn_server_hello_done(hs_tls_decoder *d)
{
    if (!d->server_hello_done) {
        d->server_hello_done = true;
        d->trace->tls.resumed = HS_NO;
        settle(d);
    }
}

void hs_tls_learn_ccs(hs_tls_decoder *d, const hs_tls_direction *direction)
{
    /* Up to TLS 1.2 the server's comes after ServerHelloDone, or, resuming, in its place. */
    if (direction->side == HS_SERVER && d->trace->tls.resumed == HS_UNSEEN && !direction->has_gap) {
        d->trace->tls.resumed = HS_YES;
        settle(d);
    }
}

/* Up to TLS 1.2: the server's, or, resuming, the client's. */
static bool is_last_finished(hs_tls_decoder *d, const hs_tls_direction *direction)
{
    hs_seen resumed = d->trace->tls.resumed;
    if (d->server_hello_done || resumed == HS_NO) {
        return direction->side == HS_SERVER;
    }
    return resumed == HS_YES ? direction->side == HS_CLIENT : hs_tls_other(d, direction)->has_ccs;
}

void hs_tls_learn_finished(hs_tls_decoder *d, const hs_tls_direction *direction, uint64_t end)
{
    hs_side side = direction->side;
    if (hs_tls_is_13(d->version)) {
        if (side == HS_SERVER) {
            settle(d);
        } else if (d->is_quic) {
            hs_milestone_quic_done(d->trace, end);
        } else {
            hs_milestone_tls_done(d->trace, side, end);
        }
        return;
    }
    if (is_last_finished(d, direction)) {
        hs_milestone_tls_done(d->trace, side, end);
    }
}

void hs_tls_learn(hs_tls_decoder *d, const hs_tls_found *found, const hs_tls_message *message,
                  hs_event *event)
{
    hs_tls_facts *facts = &d->trace->tls;
    bool is_server = found->direction->side == HS_SERVER;
    switch (message->msg_type) {
    case HS_TLS_HS_CLIENT_HELLO:
        learn_client_hello(d, found, &message->body.client_hello);
        break;
    case HS_TLS_HS_SERVER_HELLO:
        learn_server_hello(d, &message->body.server_hello);
        break;
    case HS_TLS_HS_ENCRYPTED_EXTENSIONS:
        learn_encrypted_extensions(d, &message->body.encrypted_extensions);
        break;
    case HS_TLS_HS_CERTIFICATE:
        learn_certificate(d, found, &message->body.certificate, event);
        break;
    case HS_TLS_HS_CERTIFICATE_STATUS:
        facts->ocsp_stapled = HS_YES;
        break;
    case HS_TLS_HS_SERVER_KEY_EXCHANGE:
        learn_server_key_exchange(d, &message->body.server_key_exchange);
        learn_key_exchange(d);
        break;
    case HS_TLS_HS_CLIENT_KEY_EXCHANGE:
        learn_key_exchange(d);
        break;
    case HS_TLS_HS_CERTIFICATE_VERIFY:
        if (is_server && facts->signature == 0) {
            facts->signature = message->body.certificate_verify.algorithm;
        }
        break;
    case HS_TLS_HS_CERTIFICATE_REQUEST:
        facts->client_certificate_requested = HS_YES;
        break;
    case HS_TLS_HS_SERVER_HELLO_DONE:
        learn_server_hello_done(d);
        break;
    case HS_TLS_HS_NEW_SESSION_TICKET:
        facts->tickets++;
        break;
    case HS_TLS_HS_FINISHED:
        hs_tls_learn_finished(d, found->direction, found->end);
        break;
    default:
        break;
    }
}

void hs_tls_learn_alert(hs_tls_decoder *d, const hs_tls_direction *direction, uint8_t level,
                        uint8_t description)
{
    hs_tls_facts *facts = &d->trace->tls;
    if (description == HS_TLS_ALERT_CLOSE_NOTIFY) {
        return;
    }
    /* Before TLS 1.3, whose alerts are all the end, a warning is no more than one. */
    bool is_warning = level == HS_TLS_ALERT_WARNING && !hs_tls_is_13(d->version) &&
                      description != HS_TLS_ALERT_USER_CANCELED;
    if (facts->has_alert && is_warning && !d->alert_is_warning) {
        return;
    }
    if (facts->has_alert && is_warning == d->alert_is_warning && d->alert_place <= d->place) {
        return; /* where keys come late, the directions are not decoded in the order of the wire */
    }
    d->alert_is_warning = is_warning;
    facts->has_alert = true;
    facts->alert_from = direction->side;
    facts->alert_level = level;
    facts->alert_description = description;
    d->alert_place = d->place;
}
