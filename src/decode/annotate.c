#include "decode/annotate.h"

#include "decode/annotate_application.h"
#include "decode/annotate_quic.h"
#include "wire/tls/alert.h"
#include "wire/tls/message.h"
#include "wire/tls/names.h"
#include "wire/tls/record.h"

/* What the connection had negotiated, for the messages whose form depends on it. Those that come
 * before the ServerHello look the same in every version. */
static hs_tls_message_context context_of(const hs_trace *trace)
{
    hs_tls_message_context context = {.version = HS_TLS_1_2};
    uint16_t version = trace->tls.version;
    if (version != 0) {
        context.version = version >> 8 == 0x7f ? HS_TLS_1_3 : version;
    }
    const hs_tls_cipher_suite *suite = trace->tls.has_cipher
                                           ? hs_tls_cipher_suite_find(trace->tls.cipher)
                                           : NULL;
    if (suite) {
        context.key_exchange = suite->key_exchange;
    }
    return context;
}

static bool is_ssl2_hello(const hs_event *event)
{
    return event->from == HS_CLIENT && hs_tls_ssl2_client_hello_detect(event->raw) == HS_OK;
}

static hs_result annotate_handshake(const hs_trace *trace, const hs_event *event, hs_reader *r)
{
    if (is_ssl2_hello(event)) {
        hs_tls_ssl2_client_hello hello;
        return hs_tls_ssl2_client_hello_read(r, &hello);
    }
    hs_tls_message_context context = context_of(trace);
    hs_tls_message message;
    return hs_tls_message_read(r, &context, &message);
}

static hs_result annotate_tls(const hs_trace *trace, const hs_event *event, hs_reader *r)
{
    hs_tls_alert alert;
    uint8_t byte = 0;
    switch (event->type >> 8) {
    case HS_TLS_HANDSHAKE:
        return annotate_handshake(trace, event, r);
    case HS_TLS_ALERT:
        return hs_tls_alert_read(r, &alert);
    case HS_TLS_CHANGE_CIPHER_SPEC:
        return hs_tls_change_cipher_spec_read(r, &byte);
    default:
        return HS_INVALID;
    }
}

hs_result hs_annotate(const hs_trace *trace, const hs_event *event, hs_notes *notes,
                      hs_fault *fault)
{
    hs_fault own;
    hs_reader r;
    if (event->raw.len == 0) {
        return HS_INVALID;
    }
    hs_reader_init(&r, event->raw, fault ? fault : &own, notes);
    bool is_quic = event->layer == HS_LAYER_UDP || event->layer == HS_LAYER_QUIC;
    hs_result result = event->layer == HS_LAYER_TLS ? annotate_tls(trace, event, &r)
                       : is_quic                    ? hs_annotate_quic(event, &r)
                                                    : hs_annotate_application(event, &r);
    /* A message that ends too soon contradicts itself: its bytes are all there are. */
    return result == HS_NEED_MORE ? HS_MALFORMED : result;
}
