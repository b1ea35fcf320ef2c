/* One handshake message: its event, and which keys follow it. */
#include <string.h>

#include "decode/tls_state.h"
#include "wire/tls/extension_get.h"

static const char *message_name(hs_tls_decoder *d, const hs_tls_handshake *header)
{
    const char *name = hs_tls_handshake_name(header);
    if (name) {
        return name;
    }
    name = hs_arena_printf(hs_trace_arena(d->trace), "handshake message %u", header->msg_type);
    return name ? name : "handshake message";
}

static hs_event *add_event(hs_tls_decoder *d, const hs_tls_found *found, const char *name,
                           uint8_t msg_type)
{
    hs_message message = {.from = found->direction->side,
                          .layer = HS_LAYER_TLS,
                          .type = (uint16_t)(HS_TLS_HANDSHAKE << 8 | msg_type),
                          .is_protected = found->is_protected,
                          .name = name,
                          .bytes = found->raw.len,
                          .raw = found->raw,
                          .first = found->first,
                          .end = found->end};
    return hs_tls_event(d, found->direction, &message);
}

static void copy_random(uint8_t out[HS_TLS_RANDOM], hs_bytes random)
{
    if (random.len == HS_TLS_RANDOM) {
        memcpy(out, random.data, HS_TLS_RANDOM);
    }
}

static void remember_tls13_suites(hs_tls_decoder *d, hs_bytes cipher_suites)
{
    hs_tls_u16_list list = {cipher_suites};
    uint16_t id = 0;
    while (hs_tls_u16_next(&list, &id)) {
        const hs_tls_cipher_suite *suite = hs_tls_cipher_suite_find(id);
        size_t room = sizeof d->tls13_suites / sizeof d->tls13_suites[0];
        if (suite && suite->key_exchange == HS_TLS_KX_ANY && d->tls13_suite_count < room) {
            d->tls13_suites[d->tls13_suite_count++] = id;
        }
    }
}

static void remember_first_alpn(hs_tls_decoder *d, const hs_tls_extensions *extensions)
{
    hs_bytes protocol;
    if (hs_tls_get_alpn_first(extensions, &protocol) && protocol.len > 0) {
        size_t room = sizeof d->first_alpn;
        d->first_alpn_len = protocol.len < room ? protocol.len : room;
        memcpy(d->first_alpn, protocol.data, d->first_alpn_len);
    }
}

static void follow_client_hello(hs_tls_decoder *d, hs_tls_direction *direction,
                                const hs_tls_client_hello *hello)
{
    copy_random(d->client_random, hello->random);
    if (!d->has_client_hello) {
        copy_random(d->first_random, hello->random);
        if (d->keylog || d->is_quic) {
            remember_tls13_suites(d, hello->cipher_suites);
        }
        if (d->is_quic) {
            remember_first_alpn(d, &hello->extensions);
        }
    }
    if (direction->epoch == HS_TLS_EPOCH_EARLY) {
        /* The second one, after a HelloRetryRequest: early data is over, and was rejected. */
        hs_application_forget_client(d->application);
        hs_tls_enter(direction, d->has_server_hello ? HS_TLS_EPOCH_HANDSHAKE : HS_TLS_EPOCH_PLAIN);
    } else if (!d->has_client_hello && hs_tls_get_early_data(&hello->extensions)) {
        d->offers_early_data = true;
        hs_tls_enter(direction, HS_TLS_EPOCH_EARLY);
    }
    d->has_client_hello = true;
}

static void follow_server_hello(hs_tls_decoder *d, hs_tls_direction *direction,
                                const hs_tls_server_hello *hello)
{
    hs_tls_direction *client = hs_tls_other(d, direction);
    const hs_tls_cipher_suite *suite = hs_tls_cipher_suite_find(hello->cipher_suite);
    d->version = hs_tls_server_hello_version(hello);
    d->cipher = hello->cipher_suite;
    d->key_exchange = suite ? suite->key_exchange : HS_TLS_KX_NONE;
    if (hello->is_hello_retry_request) {
        return;
    }
    copy_random(d->server_random, hello->random);
    d->encrypt_then_mac = hs_tls_has_extension(&hello->extensions, HS_TLS_EXT_ENCRYPT_THEN_MAC);
    if (!d->has_server_hello) {
        d->has_server_hello = true;
        d->server_hello_place = d->place;
    }
    if (!hs_tls_is_13(d->version)) {
        return;
    }
    if (direction->epoch == HS_TLS_EPOCH_PLAIN) {
        hs_tls_enter(direction, HS_TLS_EPOCH_HANDSHAKE);
    }
    if (client->epoch == HS_TLS_EPOCH_PLAIN) {
        hs_tls_enter(client, HS_TLS_EPOCH_HANDSHAKE);
    }
}

static void follow_finished(hs_tls_decoder *d, hs_tls_direction *direction)
{
    direction->has_finished = true;
    if (hs_tls_is_13(d->version) && direction->epoch == HS_TLS_EPOCH_HANDSHAKE) {
        hs_tls_enter(direction, HS_TLS_EPOCH_APPLICATION);
    }
}

static void follow_key_update(hs_tls_direction *direction)
{
    if (direction->epoch == HS_TLS_EPOCH_APPLICATION && direction->protection &&
        hs_record_protection_update(direction->protection) != HS_OK) {
        direction->is_opaque = true;
    }
}

static void follow(hs_tls_decoder *d, hs_tls_direction *direction, const hs_tls_message *message)
{
    switch (message->msg_type) {
    case HS_TLS_HS_CLIENT_HELLO:
        follow_client_hello(d, direction, &message->body.client_hello);
        break;
    case HS_TLS_HS_SERVER_HELLO:
        follow_server_hello(d, direction, &message->body.server_hello);
        break;
    case HS_TLS_HS_END_OF_EARLY_DATA:
        if (direction->epoch == HS_TLS_EPOCH_EARLY) {
            hs_tls_enter(direction, HS_TLS_EPOCH_HANDSHAKE);
        }
        break;
    case HS_TLS_HS_FINISHED:
        follow_finished(d, direction);
        break;
    case HS_TLS_HS_KEY_UPDATE:
        follow_key_update(direction);
        break;
    default:
        break;
    }
}

/* A hello, or the like, from the side that never sends it: an echo server's, say. */
static bool is_from_wrong_side(const hs_tls_message *message, hs_side side)
{
    switch (message->msg_type) {
    case HS_TLS_HS_CLIENT_HELLO:
    case HS_TLS_HS_END_OF_EARLY_DATA:
    case HS_TLS_HS_CLIENT_KEY_EXCHANGE:
        return side == HS_SERVER;
    case HS_TLS_HS_HELLO_REQUEST:
    case HS_TLS_HS_SERVER_HELLO:
    case HS_TLS_HS_NEW_SESSION_TICKET:
    case HS_TLS_HS_ENCRYPTED_EXTENSIONS:
    case HS_TLS_HS_SERVER_KEY_EXCHANGE:
    case HS_TLS_HS_CERTIFICATE_REQUEST:
    case HS_TLS_HS_SERVER_HELLO_DONE:
    case HS_TLS_HS_CERTIFICATE_STATUS:
        return side == HS_CLIENT;
    default:
        return false;
    }
}

static hs_result read_message(const hs_tls_decoder *d, hs_bytes raw, hs_fault *fault,
                              hs_tls_message *out)
{
    hs_tls_message_context context = {.version = HS_TLS_1_2};
    if (d->version != 0) {
        context.version = hs_tls_is_13(d->version) ? HS_TLS_1_3 : d->version;
        context.key_exchange = d->key_exchange;
    }
    hs_reader r;
    hs_reader_init(&r, raw, fault, NULL);
    return hs_tls_message_read(&r, &context, out);
}

/* Nothing else can be at the same place: the bytes are still lent. */
static bool is_read_already(const hs_tls_decoder *d, hs_bytes raw)
{
    return d->hello && d->hello->raw.data == raw.data && d->hello->raw.len == raw.len;
}

void hs_tls_handle_message(hs_tls_decoder *d, const hs_tls_found *found)
{
    hs_tls_direction *direction = found->direction;
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, found->raw, &fault, NULL);
    hs_tls_handshake header;
    if (hs_tls_handshake_read(&r, &header) != HS_OK) {
        hs_tls_malformed(d, found, "handshake message", &fault);
        return;
    }
    const char *name = message_name(d, &header);
    hs_tls_message own;
    bool is_read = is_read_already(d, found->raw);
    if (!is_read && read_message(d, found->raw, &fault, &own) != HS_OK) {
        hs_tls_malformed(d, found, name, &fault);
        return;
    }
    const hs_tls_message *message = is_read ? &d->hello->message : &own;
    hs_event *event = add_event(d, found, name, header.msg_type);
    if (is_from_wrong_side(message, direction->side)) {
        hs_event_add_text(d->trace, event, "unexpected",
                          direction->side == HS_CLIENT ? "a client does not send this"
                                                       : "a server does not send this");
        return;
    }
    hs_tls_learn(d, found, message, event);
    hs_tls_tell(d, found, message, event);
    follow(d, direction, message);
    hs_tls_follow_session(d, direction, message);
}

void hs_tls_handle_ssl2_hello(hs_tls_decoder *d, const hs_tls_found *found)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, found->raw, &fault, NULL);
    hs_tls_ssl2_client_hello hello;
    if (hs_tls_ssl2_client_hello_read(&r, &hello) != HS_OK) {
        hs_tls_malformed(d, found, "SSLv2 ClientHello", &fault);
        return;
    }
    hs_event *event = add_event(d, found, "ClientHello", HS_TLS_HS_CLIENT_HELLO);
    hs_event_add_text(d->trace, event, "form", "SSLv2");
    hs_event_add_text(d->trace, event, "versions", hs_tls_version_name(hello.version));
    hs_event_add_number(d->trace, event, "cipher_suites", (int64_t)(hello.cipher_specs.len / 3));
    /* The challenge is the random, with zeros in front (RFC 5246 E.2). */
    memset(d->client_random, 0, HS_TLS_RANDOM);
    size_t len = hello.challenge.len < HS_TLS_RANDOM ? hello.challenge.len : HS_TLS_RANDOM;
    if (len > 0) {
        memcpy(d->client_random + HS_TLS_RANDOM - len,
               hello.challenge.data + hello.challenge.len - len, len);
    }
    d->has_client_hello = true;
    hs_tls_learn_ssl2_hello(d, found);
}
