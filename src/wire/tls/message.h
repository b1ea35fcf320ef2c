/* Any handshake message: the one place that knows which parser belongs to which type. */
#ifndef HS_WIRE_TLS_MESSAGE_H
#define HS_WIRE_TLS_MESSAGE_H

#include "wire/tls/certificate.h"
#include "wire/tls/certificate_request.h"
#include "wire/tls/certificate_status.h"
#include "wire/tls/certificate_verify.h"
#include "wire/tls/client_hello.h"
#include "wire/tls/client_key_exchange.h"
#include "wire/tls/compressed_certificate.h"
#include "wire/tls/encrypted_extensions.h"
#include "wire/tls/finished.h"
#include "wire/tls/handshake.h"
#include "wire/tls/key_update.h"
#include "wire/tls/names.h"
#include "wire/tls/new_session_ticket.h"
#include "wire/tls/server_hello.h"
#include "wire/tls/server_key_exchange.h"

/* What was negotiated before, which the form of some messages depends on. */
typedef struct hs_tls_message_context {
    uint16_t version;                 /* HS_TLS_1_2 until the ServerHello is known */
    hs_tls_key_exchange key_exchange; /* HS_TLS_KX_NONE: not known; key exchanges stay raw */
} hs_tls_message_context;

typedef struct hs_tls_message {
    uint8_t msg_type;
    union {
        hs_tls_client_hello client_hello;
        hs_tls_server_hello server_hello; /* and HelloRetryRequest */
        hs_tls_encrypted_extensions encrypted_extensions;
        hs_tls_certificate certificate;
        hs_tls_compressed_certificate compressed_certificate;
        hs_tls_certificate_request certificate_request;
        hs_tls_certificate_verify certificate_verify;
        hs_tls_finished finished;
        hs_tls_new_session_ticket new_session_ticket;
        hs_tls_key_update key_update;
        hs_tls_server_key_exchange server_key_exchange;
        hs_tls_client_key_exchange client_key_exchange;
        hs_tls_certificate_status certificate_status;
        hs_bytes raw; /* of every type without a parser; empty for the messages without a body */
    } body;
} hs_tls_message;

/* Reads one message, header and body; with notes it annotates both. HS_NEED_MORE: the message is
 * not whole. HS_MALFORMED: its body does not follow its format. */
HS_CHECKED hs_result hs_tls_message_read(hs_reader *r, const hs_tls_message_context *context,
                                         hs_tls_message *out);
/* Writes one message, header and body. */
void hs_tls_message_write(hs_writer *w, const hs_tls_message *message);

#endif
