/* GnuTLS under ngtcp2, by its crypto helper library (libngtcp2_crypto_gnutls). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "base/reader.h"
#include "net/file.h"
#include "net/quic_gnutls.h"
#include "net/quic_priority.h"
#include "net/quic_replay.h"
#include "net/tls_credentials.h"
#include "secrets/hkdf.h"
#include "wire/tls/client_hello.h"
#include "wire/tls/extension_get.h"
#include "wire/tls/handshake.h"
#include "wire/tls/new_session_ticket.h"

enum {
    ALPN_MAX = 32,
    CHAIN_MAX = 64,
    NAME_MAX_LEN = 256,
    TICKET_HEADER = 4,
    KEYLOG_LABEL_MAX = 64,
    KEYLOG_SECRET_MAX = 64,
    CLIENT_RANDOM = 32,
    IDENTITY_DIGEST = 32,
    LEVELS = NGTCP2_ENCRYPTION_LEVEL_0RTT + 1,
};

struct hs_quic_tls_context {
    bool is_server;
    bool has_certificate;
    bool no_tickets;
    bool no_early_data;
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priority;
    gnutls_datum_t ticket_key;
    gnutls_anti_replay_t anti_replay;
    hs_quic_replay *replay;
    uint8_t identity[IDENTITY_DIGEST]; /* of the ticket in the ClientHello that is being read */
    size_t identity_len;
    bool may_take_early_data; /* by that ClientHello */
};

struct hs_quic_tls {
    ngtcp2_crypto_conn_ref conn_ref; /* what GnuTLS's session points to */
    hs_quic_tls_context *context;
    hs_quic_tls_events events;
    gnutls_session_t session;
    bool wants_protocol; /* ALPN was offered or is demanded */
    bool judged;
    bool has_ticket;
    uint32_t early_data_max;      /* of the newest ticket */
    bool done;                    /* the TLS handshake */
    unsigned hello_count;         /* server: of ClientHellos */
    bool early_data_offered;      /* server: in one of them */
    hs_secret early_secret;       /* server: until the Handshake keys are there */
    bool has_receive_key[LEVELS]; /* by ngtcp2\'s levels */
    bool has_send_key[LEVELS];
    int error; /* GnuTLS's last fatal one */
    /* The handshake messages that come after the handshake, by their framing. */
    uint8_t header[TICKET_HEADER];
    size_t header_len;
    size_t body_left;
    char alpn[NAME_MAX_LEN];
    char server_name[NAME_MAX_LEN];
};

static hs_quic_tls *tls_of(gnutls_session_t session)
{
    ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(session);
    return ref->user_data;
}

static ngtcp2_conn *connection_of(ngtcp2_crypto_conn_ref *ref)
{
    hs_quic_tls *tls = ref->user_data;
    return tls->events.connection(tls->events.context);
}

hs_result hs_quic_random(void *out, size_t len)
{
    return gnutls_rnd(GNUTLS_RND_RANDOM, out, len) == 0 ? HS_OK : HS_CRYPTO;
}

/* --- contexts --- */

static hs_result set_credentials(hs_quic_tls_context *context, const char *cert, const char *key,
                                 hs_problem *problem)
{
    hs_file cert_file = {NULL, 0};
    hs_file key_file = {NULL, 0};
    /* OpenSSL looks first: it says what is wrong as it does for TCP. */
    SSL_CTX *look = SSL_CTX_new(TLS_method());
    hs_result result = look ? hs_tls_use_credentials(look, cert, key, problem)
                            : hs_problem_set(problem, HS_NO_MEMORY, "certificate: out of memory");
    SSL_CTX_free(look);
    if (result == HS_OK) {
        result = hs_file_read(cert, "certificate", &cert_file, problem);
    }
    if (result == HS_OK) {
        result = hs_file_read(key ? key : cert, "key", &key_file, problem);
    }
    if (result == HS_OK) {
        gnutls_datum_t chain = {cert_file.data, (unsigned)cert_file.len};
        gnutls_datum_t secret = {key_file.data, (unsigned)key_file.len};
        int error = gnutls_certificate_set_x509_key_mem2(context->credentials, &chain, &secret,
                                                         GNUTLS_X509_FMT_PEM, NULL, 0);
        if (error < 0) {
            result = hs_problem_set(problem, HS_INVALID,
                                    "certificate: %s: GnuTLS, which QUIC needs, refuses it: %s",
                                    cert, gnutls_strerror(error));
        }
        context->has_certificate = true;
    }
    hs_file_free(&cert_file);
    hs_file_free(&key_file);
    return result;
}

static int on_certificate(gnutls_session_t session);

static hs_result new_context(const char *ciphers, const char *groups, hs_quic_tls_context **out,
                             hs_problem *problem)
{
    char priority[HS_QUIC_PRIORITY_MAX];
    const char *refused = NULL;
    *out = NULL;
    hs_result result = hs_quic_priority(ciphers, groups, priority, problem);
    if (result != HS_OK) {
        return result;
    }
    hs_quic_tls_context *context = calloc(1, sizeof(*context));
    if (!context || gnutls_certificate_allocate_credentials(&context->credentials) != 0) {
        hs_quic_tls_context_free(context);
        return hs_problem_set(problem, HS_NO_MEMORY, "QUIC: no context could be made");
    }
    int error = gnutls_priority_init(&context->priority, priority, &refused);
    if (error != 0) {
        context->priority = NULL;
        hs_quic_tls_context_free(context);
        return hs_problem_set(problem, HS_INVALID,
                              "ciphers and groups: this GnuTLS does not have: %.200s",
                              refused && *refused ? refused : gnutls_strerror(error));
    }
    *out = context;
    return HS_OK;
}

hs_result hs_quic_tls_context_new_client(const hs_probe_options *options, hs_quic_tls_context **out,
                                         hs_problem *problem)
{
    hs_quic_tls_context *context = NULL;
    *out = NULL;
    hs_result result = new_context(options->ciphers, options->groups, &context, problem);
    if (result != HS_OK) {
        return result;
    }
    gnutls_certificate_set_verify_function(context->credentials, on_certificate);
    if (options->cert) {
        result = set_credentials(context, options->cert, options->key, problem);
    }
    if (result != HS_OK) {
        hs_quic_tls_context_free(context);
        return result;
    }
    *out = context;
    return HS_OK;
}

/* RFC 8446 8.2. GnuTLS judges the ClientHello's age, and refuses what is older than its own start;
 * what is left is to remember. It would have the ClientHello remembered, by its binder; the ticket
 * is stricter: it brings early data once. */
static int on_early_data(void *context, time_t expires, const gnutls_datum_t *key,
                         const gnutls_datum_t *data)
{
    (void)data;
    const hs_quic_tls_context *own = context;
    hs_bytes used = own->identity_len > 0 ? hs_bytes_of(own->identity, own->identity_len)
                                          : hs_bytes_of(key->data, key->size);
    /* GnuTLS that took early data refuses the ClientHello after a HelloRetryRequest. */
    return own->may_take_early_data && hs_quic_replay_add(own->replay, used, time(NULL), expires)
               ? 0
               : GNUTLS_E_DB_ENTRY_EXISTS;
}

static hs_result set_tickets(hs_quic_tls_context *context, hs_bytes secret)
{
    hs_secret prk;
    context->replay = hs_quic_replay_new();
    if (!context->replay || gnutls_anti_replay_init(&context->anti_replay) != 0 ||
        gnutls_session_ticket_key_generate(&context->ticket_key) != 0) {
        return HS_NO_MEMORY;
    }
    gnutls_anti_replay_set_add_function(context->anti_replay, on_early_data);
    gnutls_anti_replay_set_ptr(context->anti_replay, context);
    /* The size is GnuTLS's; the bytes are ours, so that tickets outlive this process. */
    hs_result result = hs_hkdf_extract(EVP_sha256(), hs_bytes_of(NULL, 0), secret, &prk);
    if (result == HS_OK) {
        static const char info[] = "handshake QUIC session tickets";
        result = hs_hkdf_expand(EVP_sha256(), hs_secret_bytes(&prk),
                                hs_bytes_of(info, sizeof(info) - 1), context->ticket_key.data,
                                context->ticket_key.size);
        hs_secret_wipe(&prk);
    }
    return result;
}

hs_result hs_quic_tls_context_new_server(const hs_quic_tls_server *server,
                                         hs_quic_tls_context **out, hs_problem *problem)
{
    hs_quic_tls_context *context = NULL;
    *out = NULL;
    hs_result result = new_context(NULL, NULL, &context, problem);
    if (result != HS_OK) {
        return result;
    }
    context->is_server = true;
    context->no_tickets = server->no_tickets;
    context->no_early_data = server->no_early_data;
    result = set_credentials(context, server->cert, server->key, problem);
    if (result == HS_OK) {
        result = set_tickets(context, server->ticket_secret);
        if (result != HS_OK) {
            hs_problem_set(problem, result, "QUIC: no ticket keys could be made");
        }
    }
    if (result != HS_OK) {
        hs_quic_tls_context_free(context);
        return result;
    }
    *out = context;
    return HS_OK;
}

void hs_quic_tls_context_free(hs_quic_tls_context *context)
{
    if (!context) {
        return;
    }
    if (context->credentials) {
        gnutls_certificate_free_credentials(context->credentials);
    }
    if (context->priority) {
        gnutls_priority_deinit(context->priority);
    }
    if (context->anti_replay) {
        gnutls_anti_replay_deinit(context->anti_replay);
    }
    if (context->ticket_key.data) {
        gnutls_memset(context->ticket_key.data, 0, context->ticket_key.size);
        gnutls_free(context->ticket_key.data);
    }
    hs_quic_replay_free(context->replay);
    free(context);
}

bool hs_quic_tls_has_certificate(const hs_quic_tls_context *context)
{
    return context->has_certificate;
}

/* --- what GnuTLS calls --- */

static bool judge(hs_quic_tls *tls)
{
    unsigned count = 0;
    hs_bytes certificates[CHAIN_MAX];
    gnutls_datum_t staple = {NULL, 0};
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(tls->session, &count);
    count = peers ? count : 0;
    count = count > CHAIN_MAX ? CHAIN_MAX : count;
    for (unsigned i = 0; i < count; i++) {
        certificates[i] = hs_bytes_of(peers[i].data, peers[i].size);
    }
    if (gnutls_ocsp_status_request_get2(tls->session, 0, &staple) != 0) {
        staple = (gnutls_datum_t){NULL, 0};
    }
    tls->judged = true;
    return tls->events.judge(tls->events.context, certificates, count,
                             hs_bytes_of(staple.data, staple.size));
}

static int on_certificate(gnutls_session_t session)
{
    return judge(tls_of(session)) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

bool hs_quic_tls_judge_resumed(hs_quic_tls *tls)
{
    return tls->judged || judge(tls);
}

static char *write_hex(char *out, const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[data[i] >> 4];
        *out++ = digits[data[i] & 15];
    }
    return out;
}

/* A line of the NSS key log format. */
static int on_keylog(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
    char line[KEYLOG_LABEL_MAX + 2 * (CLIENT_RANDOM + KEYLOG_SECRET_MAX) + 3];
    gnutls_datum_t client = {NULL, 0};
    gnutls_datum_t server = {NULL, 0};
    const hs_quic_tls *tls = tls_of(session);
    size_t label_len = strlen(label);
    gnutls_session_get_random(session, &client, &server);
    if (label_len > KEYLOG_LABEL_MAX || client.size != CLIENT_RANDOM ||
        secret->size > KEYLOG_SECRET_MAX) {
        return 0;
    }
    memcpy(line, label, label_len);
    char *at = line + label_len;
    *at++ = ' ';
    at = write_hex(at, client.data, client.size);
    *at++ = ' ';
    at = write_hex(at, secret->data, secret->size);
    *at = 0;
    tls->events.keylog(tls->events.context, line);
    gnutls_memset(line, 0, sizeof(line));
    return 0;
}

/* GnuTLS does not tell a ticket that allows no early data from one that allows any amount. It has
 * the whole message for the hook before it, and what it did not read for the one after it. */
static uint32_t early_data_limit(const gnutls_datum_t *message)
{
    hs_fault fault;
    hs_reader r;
    hs_tls_new_session_ticket ticket;
    uint32_t limit = 0;
    hs_reader_init(&r, hs_bytes_of(message->data, message->size), &fault, NULL);
    return hs_tls_new_session_ticket_read(&r, TLS1_3_VERSION, &ticket) == HS_OK &&
                   hs_tls_get_max_early_data_size(&ticket.extensions, &limit)
               ? limit
               : 0;
}

/* RFC 9001 8.2: a ClientHello has to have the client's transport parameters. GnuTLS does not miss
 * them, and ngtcp2, which looks for a server's itself, aborts the process over a client without. */
static int demand_parameters(const hs_quic_tls *tls)
{
    ngtcp2_conn *conn = tls->events.connection(tls->events.context);
    return ngtcp2_conn_get_remote_transport_params(conn) ? 0 : GNUTLS_E_MISSING_EXTENSION;
}

static void on_ticket(hs_quic_tls *tls, unsigned when, const gnutls_datum_t *message)
{
    if (when == GNUTLS_HOOK_PRE) {
        tls->early_data_max = early_data_limit(message);
    } else {
        tls->has_ticket = true;
        tls->events.ticket(tls->events.context);
    }
}

static bool install(hs_quic_tls *tls, ngtcp2_encryption_level level, const void *receive,
                    const void *send, size_t len)
{
    ngtcp2_conn *conn = tls->events.connection(tls->events.context);
    /* ngtcp2 aborts the process over keys that it has already. */
    if ((receive && tls->has_receive_key[level]) || (send && tls->has_send_key[level])) {
        return false;
    }
    if (receive &&
        ngtcp2_crypto_derive_and_install_rx_key(conn, NULL, NULL, NULL, level, receive, len) != 0) {
        return false;
    }
    tls->has_receive_key[level] = tls->has_receive_key[level] || receive;
    if (send &&
        ngtcp2_crypto_derive_and_install_tx_key(conn, NULL, NULL, NULL, level, send, len) != 0) {
        return false;
    }
    tls->has_send_key[level] = tls->has_send_key[level] || send;
    return true;
}

/* Early data ends with HelloRetryRequest (RFC 8446 4.1.2). A server knows whether it sends one when
 * the Handshake keys come, or do not; ngtcp2, which aborts the process over 0-RTT packets before
 * them, gets those of early data then. A client's second ClientHello has no use of them. */
static int on_early_secret(hs_quic_tls *tls, const void *receive, const void *send, size_t len)
{
    if (!tls->context->is_server) {
        bool again = tls->has_send_key[NGTCP2_ENCRYPTION_LEVEL_0RTT];
        return again || install(tls, NGTCP2_ENCRYPTION_LEVEL_0RTT, NULL, send, len)
                   ? 0
                   : GNUTLS_E_INTERNAL_ERROR;
    }
    bool is_first = tls->hello_count == 1;
    return !is_first || hs_secret_set(&tls->early_secret, hs_bytes_of(receive, len)) == HS_OK
               ? 0
               : GNUTLS_E_INTERNAL_ERROR;
}

static int on_secret(gnutls_session_t session, gnutls_record_encryption_level_t level,
                     const void *receive, const void *send, size_t len)
{
    hs_quic_tls *tls = tls_of(session);
    ngtcp2_encryption_level at = ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(level);
    if (at == NGTCP2_ENCRYPTION_LEVEL_0RTT) {
        return on_early_secret(tls, receive, send, len);
    }
    if (!install(tls, at, receive, send, len)) {
        return GNUTLS_E_INTERNAL_ERROR;
    }
    bool waits = at == NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE && tls->early_secret.len > 0;
    if (waits && tls->has_send_key[at]) {
        bool done = install(tls, NGTCP2_ENCRYPTION_LEVEL_0RTT, tls->early_secret.data, NULL,
                            tls->early_secret.len);
        hs_secret_wipe(&tls->early_secret);
        return done ? 0 : GNUTLS_E_INTERNAL_ERROR;
    }
    return 0;
}

/* RFC 8446 4.1.4: without a key share of a group of ours, HelloRetryRequest follows. */
static bool has_key_share(const hs_tls_client_hello *hello)
{
    /* Those of the default priorities, which a server has: x25519, secp256r1, secp384r1. */
    static const uint16_t groups[] = {0x001d, 0x0017, 0x0018};
    hs_tls_key_share_list list;
    hs_tls_key_share_entry entry;
    bool has = hs_tls_get_key_shares(&hello->extensions, &list);
    while (has && hs_tls_key_share_next(&list, &entry)) {
        for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
            if (entry.group == groups[i]) {
                return true;
            }
        }
    }
    return false;
}

/* What the decision about early data needs: the first identity, which is the one that early data is
 * for (RFC 8446 4.2.10). */
static void note_hello(hs_quic_tls *tls, const gnutls_datum_t *message)
{
    hs_quic_tls_context *context = tls->context;
    hs_fault fault;
    hs_reader r;
    hs_tls_client_hello hello;
    hs_tls_psk_list list;
    hs_tls_psk_identity first;
    size_t count = 0;
    unsigned len = 0;
    context->identity_len = 0;
    context->may_take_early_data = false;
    hs_reader_init(&r, hs_bytes_of(message->data, message->size), &fault, NULL);
    if (hs_tls_client_hello_read(&r, &hello) != HS_OK) {
        return;
    }
    tls->early_data_offered = tls->early_data_offered || hs_tls_get_early_data(&hello.extensions);
    context->may_take_early_data = has_key_share(&hello);
    if (hs_tls_get_psk_identities(&hello.extensions, &count, &list) &&
        hs_tls_psk_next(&list, &first) &&
        EVP_Digest(first.identity.data, first.identity.len, context->identity, &len, EVP_sha256(),
                   NULL) == 1) {
        context->identity_len = len;
    }
}

/* RFC 9001 8.1: a server answers a client with which it has no protocol in common, or that names
 * none, by no_application_protocol. */
static int on_client_hello(hs_quic_tls *tls, unsigned when, const gnutls_datum_t *message)
{
    gnutls_datum_t chosen;
    if (when == GNUTLS_HOOK_PRE) {
        note_hello(tls, message);
        hs_secret_wipe(&tls->early_secret);
        tls->hello_count++;
        return 0;
    }
    bool missing = tls->wants_protocol &&
                   gnutls_alpn_get_selected_protocol(tls->session, &chosen) != 0;
    return missing ? GNUTLS_E_NO_APPLICATION_PROTOCOL : demand_parameters(tls);
}

static int on_message(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                      const gnutls_datum_t *message)
{
    hs_quic_tls *tls = tls_of(session);
    if (incoming && type == GNUTLS_HANDSHAKE_CLIENT_HELLO) {
        return on_client_hello(tls, when, message);
    }
    if (incoming && type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET) {
        on_ticket(tls, when, message);
    }
    return 0;
}

/* --- sessions --- */

static hs_result set_alpn(hs_quic_tls *tls, hs_bytes list)
{
    gnutls_datum_t protocols[ALPN_MAX];
    unsigned count = 0;
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, list, &fault, NULL);
    while (hs_reader_left(&r) > 0 && count < ALPN_MAX) {
        hs_reader name = hs_read_block8(&r, "protocol");
        hs_bytes bytes = hs_read_rest(&name, "name");
        hs_reader_close(&name);
        protocols[count].data = (unsigned char *)bytes.data;
        protocols[count++].size = (unsigned)bytes.len;
    }
    if (hs_reader_finish(&r) != HS_OK) {
        return HS_INVALID;
    }
    tls->wants_protocol = count > 0;
    unsigned flags = GNUTLS_ALPN_MANDATORY;
    flags |= tls->context->is_server ? GNUTLS_ALPN_SERVER_PRECEDENCE : 0;
    return count == 0 || gnutls_alpn_set_protocols(tls->session, protocols, count, flags) == 0
               ? HS_OK
               : HS_NO_MEMORY;
}

static hs_result set_server(hs_quic_tls *tls)
{
    const hs_quic_tls_context *context = tls->context;
    if (!context->no_tickets &&
        gnutls_session_ticket_enable_server(tls->session, &context->ticket_key) != 0) {
        return HS_NO_MEMORY;
    }
    if (!context->no_early_data) {
        gnutls_anti_replay_enable(tls->session, context->anti_replay);
        /* RFC 9001 4.6.1 has this value and no other. */
        gnutls_record_set_max_early_data_size(tls->session, 0xffffffffU);
    }
    return HS_OK;
}

static hs_result set_client(hs_quic_tls *tls, const char *server_name)
{
    if (server_name && gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, server_name,
                                              strlen(server_name)) != 0) {
        return HS_INVALID;
    }
    return HS_OK;
}

static hs_result set_session(hs_quic_tls *tls, hs_bytes alpn, const char *server_name)
{
    gnutls_session_set_ptr(tls->session, &tls->conn_ref);
    gnutls_session_set_keylog_function(tls->session, on_keylog);
    gnutls_handshake_set_hook_function(tls->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH,
                                       on_message);
    if (gnutls_priority_set(tls->session, tls->context->priority) != 0 ||
        gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->context->credentials) !=
            0) {
        return HS_NO_MEMORY;
    }
    int error = tls->context->is_server
                    ? ngtcp2_crypto_gnutls_configure_server_session(tls->session)
                    : ngtcp2_crypto_gnutls_configure_client_session(tls->session);
    gnutls_handshake_set_secret_function(tls->session, on_secret);
    if (error != 0) {
        return HS_NO_MEMORY;
    }
    hs_result result = tls->context->is_server ? set_server(tls) : set_client(tls, server_name);
    return result == HS_OK ? set_alpn(tls, alpn) : result;
}

hs_result hs_quic_tls_new(hs_quic_tls_context *context, hs_bytes alpn, const char *server_name,
                          bool early_data, const hs_quic_tls_events *events, hs_quic_tls **out)
{
    *out = NULL;
    hs_quic_tls *tls = calloc(1, sizeof(*tls));
    if (!tls) {
        return HS_NO_MEMORY;
    }
    tls->context = context;
    tls->events = *events;
    tls->conn_ref.get_conn = connection_of;
    tls->conn_ref.user_data = tls;
    /* QUIC has no EndOfEarlyData (RFC 9001 8.3); GnuTLS that waits for it is led into an abort. */
    unsigned flags = GNUTLS_NO_END_OF_EARLY_DATA;
    flags |= context->is_server ? GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET
                                : GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT;
    if (context->is_server ? !context->no_early_data : early_data) {
        flags |= GNUTLS_ENABLE_EARLY_DATA;
    }
    hs_result result = gnutls_init(&tls->session, flags) == 0 ? set_session(tls, alpn, server_name)
                                                              : HS_NO_MEMORY;
    if (result == HS_OK) {
        *out = tls;
    } else {
        hs_quic_tls_free(tls);
    }
    return result;
}

void hs_quic_tls_free(hs_quic_tls *tls)
{
    if (tls) {
        if (tls->session) {
            gnutls_deinit(tls->session);
        }
        hs_secret_wipe(&tls->early_secret);
        free(tls);
    }
}

void *hs_quic_tls_native(hs_quic_tls *tls)
{
    return tls->session;
}

static int refuse(hs_quic_tls *tls, int error)
{
    tls->error = error;
    gnutls_alert_send_appropriate(tls->session, error);
    return NGTCP2_ERR_CRYPTO;
}

/* RFC 9001 4.4, 6: after the handshake a server sends session tickets and a client sends nothing;
 * above all no KeyUpdate, which GnuTLS would follow and ngtcp2 would not survive. */
static bool may_follow(hs_quic_tls *tls, ngtcp2_encryption_level level, hs_bytes bytes)
{
    if (level != NGTCP2_ENCRYPTION_LEVEL_1RTT || tls->context->is_server) {
        return false;
    }
    for (size_t at = 0; at < bytes.len;) {
        if (tls->body_left > 0) {
            size_t step = bytes.len - at < tls->body_left ? bytes.len - at : tls->body_left;
            tls->body_left -= step;
            at += step;
            continue;
        }
        tls->header[tls->header_len++] = bytes.data[at++];
        if (tls->header[0] != HS_TLS_HS_NEW_SESSION_TICKET) {
            return false;
        }
        if (tls->header_len == TICKET_HEADER) {
            hs_fault fault;
            hs_reader r;
            hs_reader_init(&r, hs_bytes_of(tls->header + 1, TICKET_HEADER - 1), &fault, NULL);
            tls->body_left = hs_read_u24(&r, "length");
            tls->header_len = 0;
        }
    }
    return true;
}

static int shake_hands(hs_quic_tls *tls, ngtcp2_conn *conn)
{
    int error = gnutls_handshake(tls->session);
    if (error < 0) {
        return gnutls_error_is_fatal(error) ? refuse(tls, error) : 0;
    }
    tls->done = true;
    ngtcp2_conn_tls_handshake_completed(conn);
    return 0;
}

int hs_quic_tls_receive(hs_quic_tls *tls, ngtcp2_encryption_level level, hs_bytes bytes)
{
    ngtcp2_conn *conn = tls->events.connection(tls->events.context);
    if (tls->done && !may_follow(tls, level, bytes)) {
        return refuse(tls, GNUTLS_E_UNEXPECTED_HANDSHAKE_PACKET);
    }
    int error = gnutls_handshake_write(tls->session,
                                       ngtcp2_crypto_gnutls_from_ngtcp2_encryption_level(level),
                                       bytes.data, bytes.len);
    if (error != 0 && gnutls_error_is_fatal(error)) {
        error = refuse(tls, error);
    } else {
        error = tls->done ? 0 : shake_hands(tls, conn);
    }
    /* What went wrong in ngtcp2's own call-backs within GnuTLS says more. */
    int inner = ngtcp2_conn_get_tls_error(conn);
    return error != 0 && inner != 0 ? inner : error;
}

bool hs_quic_tls_is_done(const hs_quic_tls *tls)
{
    return tls->done;
}

hs_result hs_quic_tls_resume(hs_quic_tls *tls, hs_bytes session)
{
    return gnutls_session_set_data(tls->session, session.data, session.len) == 0 ? HS_OK
                                                                                 : HS_MALFORMED;
}

hs_result hs_quic_tls_ticket(hs_quic_tls *tls, hs_buffer *session, uint32_t *early_data_max)
{
    gnutls_datum_t data = {NULL, 0};
    if (!tls->has_ticket || gnutls_session_get_data2(tls->session, &data) != 0) {
        return HS_INVALID;
    }
    hs_result result = hs_buffer_append(session, hs_bytes_of(data.data, data.size));
    *early_data_max = tls->early_data_max;
    gnutls_memset(data.data, 0, data.size);
    gnutls_free(data.data);
    return result;
}

hs_result hs_quic_tls_send_ticket(hs_quic_tls *tls)
{
    if (tls->context->no_tickets) {
        return HS_OK;
    }
    return gnutls_session_ticket_send(tls->session, 1, 0) == 0 ? HS_OK : HS_CRYPTO;
}

/* --- what was negotiated --- */

const char *hs_quic_tls_cipher(const hs_quic_tls *tls)
{
    return gnutls_cipher_get(tls->session) == GNUTLS_CIPHER_NULL
               ? NULL
               : gnutls_ciphersuite_get(tls->session);
}

const char *hs_quic_tls_group(const hs_quic_tls *tls)
{
    return hs_quic_group_name(gnutls_group_get_name(gnutls_group_get(tls->session)));
}

const char *hs_quic_tls_alpn(const hs_quic_tls *tls)
{
    hs_quic_tls *own = (hs_quic_tls *)tls;
    gnutls_datum_t chosen;
    if (gnutls_alpn_get_selected_protocol(tls->session, &chosen) != 0 || chosen.size == 0 ||
        chosen.size >= sizeof(own->alpn)) {
        return NULL;
    }
    memcpy(own->alpn, chosen.data, chosen.size);
    own->alpn[chosen.size] = 0;
    return own->alpn;
}

const char *hs_quic_tls_server_name(const hs_quic_tls *tls)
{
    hs_quic_tls *own = (hs_quic_tls *)tls;
    size_t len = sizeof(own->server_name) - 1;
    unsigned type = 0;
    if (gnutls_server_name_get(tls->session, own->server_name, &len, &type, 0) != 0 ||
        type != GNUTLS_NAME_DNS || len == 0) {
        return NULL;
    }
    own->server_name[len < sizeof(own->server_name) ? len : sizeof(own->server_name) - 1] = 0;
    return own->server_name;
}

bool hs_quic_tls_resumed(const hs_quic_tls *tls)
{
    return gnutls_session_is_resumed(tls->session);
}

bool hs_quic_tls_early_data_accepted(const hs_quic_tls *tls)
{
    return gnutls_session_get_flags(tls->session) & GNUTLS_SFLAGS_EARLY_DATA;
}

bool hs_quic_tls_early_data_offered(const hs_quic_tls *tls)
{
    return tls->early_data_offered;
}

bool hs_quic_tls_certificate_requested(const hs_quic_tls *tls)
{
    return !tls->context->is_server && gnutls_certificate_client_get_request_status(tls->session);
}

const char *hs_quic_tls_error_text(const hs_quic_tls *tls)
{
    return tls->error ? gnutls_strerror(tls->error) : NULL;
}

bool hs_quic_tls_error_is_ours(const hs_quic_tls *tls)
{
    return tls->error == GNUTLS_E_INVALID_REQUEST || tls->error == GNUTLS_E_MEMORY_ERROR ||
           tls->error == GNUTLS_E_INTERNAL_ERROR;
}
