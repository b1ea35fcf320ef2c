#include "wire/tls/message.h"

#include "wire/tls/fields.h"

static void read_key_exchange(hs_reader *r, const hs_tls_message_context *context,
                              hs_tls_message *out)
{
    if (out->msg_type == HS_TLS_HS_SERVER_KEY_EXCHANGE) {
        (void)!hs_tls_server_key_exchange_read(r, context->version, context->key_exchange,
                                               &out->body.server_key_exchange);
    } else {
        (void)!hs_tls_client_key_exchange_read(r, context->version, context->key_exchange,
                                               &out->body.client_key_exchange);
    }
}

/* The body's own result is in the fault that the readers share. */
static void read_body(hs_reader *r, const hs_tls_message_context *context, hs_tls_message *out)
{
    uint16_t version = context->version;
    switch (out->msg_type) {
    case HS_TLS_HS_HELLO_REQUEST:
    case HS_TLS_HS_SERVER_HELLO_DONE:
    case HS_TLS_HS_END_OF_EARLY_DATA:
        break; /* without a body */
    case HS_TLS_HS_CLIENT_HELLO:
        (void)!hs_tls_client_hello_read(r, &out->body.client_hello);
        break;
    case HS_TLS_HS_SERVER_HELLO:
        (void)!hs_tls_server_hello_read(r, &out->body.server_hello);
        break;
    case HS_TLS_HS_ENCRYPTED_EXTENSIONS:
        (void)!hs_tls_encrypted_extensions_read(r, &out->body.encrypted_extensions);
        break;
    case HS_TLS_HS_CERTIFICATE:
        (void)!hs_tls_certificate_read(r, version, &out->body.certificate);
        break;
    case HS_TLS_HS_COMPRESSED_CERTIFICATE:
        (void)!hs_tls_compressed_certificate_read(r, &out->body.compressed_certificate);
        break;
    case HS_TLS_HS_CERTIFICATE_REQUEST:
        (void)!hs_tls_certificate_request_read(r, version, &out->body.certificate_request);
        break;
    case HS_TLS_HS_CERTIFICATE_VERIFY:
        (void)!hs_tls_certificate_verify_read(r, version, &out->body.certificate_verify);
        break;
    case HS_TLS_HS_CERTIFICATE_STATUS:
        (void)!hs_tls_certificate_status_read(r, &out->body.certificate_status);
        break;
    case HS_TLS_HS_FINISHED:
        (void)!hs_tls_finished_read(r, &out->body.finished);
        break;
    case HS_TLS_HS_NEW_SESSION_TICKET:
        (void)!hs_tls_new_session_ticket_read(r, version, &out->body.new_session_ticket);
        break;
    case HS_TLS_HS_KEY_UPDATE:
        (void)!hs_tls_key_update_read(r, &out->body.key_update);
        break;
    case HS_TLS_HS_SERVER_KEY_EXCHANGE:
    case HS_TLS_HS_CLIENT_KEY_EXCHANGE:
        read_key_exchange(r, context, out);
        break;
    default:
        out->body.raw = hs_read_rest(r, "body");
        break;
    }
}

hs_result hs_tls_message_read(hs_reader *r, const hs_tls_message_context *context,
                              hs_tls_message *out)
{
    *out = (hs_tls_message){.msg_type = hs_tls_read_u8(r, "msg_type", hs_tls_handshake_type_name)};
    const char *name = hs_tls_handshake_type_name(out->msg_type);
    hs_reader body = hs_read_block24(r, name ? name : "body");
    if (hs_reader_ok(&body)) {
        read_body(&body, context, out);
    }
    hs_reader_close(&body);
    return hs_reader_result(r);
}

static void write_body(hs_writer *w, const hs_tls_message *message)
{
    switch (message->msg_type) {
    case HS_TLS_HS_HELLO_REQUEST:
    case HS_TLS_HS_SERVER_HELLO_DONE:
    case HS_TLS_HS_END_OF_EARLY_DATA:
        break;
    case HS_TLS_HS_CLIENT_HELLO:
        hs_tls_client_hello_write(w, &message->body.client_hello);
        break;
    case HS_TLS_HS_SERVER_HELLO:
        hs_tls_server_hello_write(w, &message->body.server_hello);
        break;
    case HS_TLS_HS_ENCRYPTED_EXTENSIONS:
        hs_tls_encrypted_extensions_write(w, &message->body.encrypted_extensions);
        break;
    case HS_TLS_HS_CERTIFICATE:
        hs_tls_certificate_write(w, &message->body.certificate);
        break;
    case HS_TLS_HS_COMPRESSED_CERTIFICATE:
        hs_tls_compressed_certificate_write(w, &message->body.compressed_certificate);
        break;
    case HS_TLS_HS_CERTIFICATE_REQUEST:
        hs_tls_certificate_request_write(w, &message->body.certificate_request);
        break;
    case HS_TLS_HS_CERTIFICATE_VERIFY:
        hs_tls_certificate_verify_write(w, &message->body.certificate_verify);
        break;
    case HS_TLS_HS_CERTIFICATE_STATUS:
        hs_tls_certificate_status_write(w, &message->body.certificate_status);
        break;
    case HS_TLS_HS_FINISHED:
        hs_tls_finished_write(w, &message->body.finished);
        break;
    case HS_TLS_HS_NEW_SESSION_TICKET:
        hs_tls_new_session_ticket_write(w, &message->body.new_session_ticket);
        break;
    case HS_TLS_HS_KEY_UPDATE:
        hs_tls_key_update_write(w, &message->body.key_update);
        break;
    case HS_TLS_HS_SERVER_KEY_EXCHANGE:
        hs_tls_server_key_exchange_write(w, &message->body.server_key_exchange);
        break;
    case HS_TLS_HS_CLIENT_KEY_EXCHANGE:
        hs_tls_client_key_exchange_write(w, &message->body.client_key_exchange);
        break;
    default:
        hs_write_bytes(w, message->body.raw);
        break;
    }
}

void hs_tls_message_write(hs_writer *w, const hs_tls_message *message)
{
    hs_block block = hs_tls_handshake_open(w, message->msg_type);
    write_body(w, message);
    hs_tls_handshake_close(w, block);
}
