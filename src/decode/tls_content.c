/* What is inside a record: alerts, ChangeCipherSpec, handshake messages put together across
 * records, and application data. */
#include "decode/tls_state.h"

static hs_tls_found found_in(hs_tls_direction *direction, const hs_tls_piece *piece, hs_bytes raw,
                             bool is_protected)
{
    return (hs_tls_found){.direction = direction,
                          .raw = raw,
                          .first = piece->first,
                          .end = piece->end,
                          .is_protected = is_protected};
}

static void handle_ccs(hs_tls_decoder *d, const hs_tls_found *found)
{
    hs_tls_direction *direction = found->direction;
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, found->raw, &fault, NULL);
    uint8_t type = 0;
    if (hs_tls_change_cipher_spec_read(&r, &type) != HS_OK) {
        hs_tls_malformed(d, found, "ChangeCipherSpec", &fault);
        return;
    }
    hs_message message = {.from = direction->side,
                          .layer = HS_LAYER_TLS,
                          .type = HS_TLS_CHANGE_CIPHER_SPEC << 8,
                          .is_protected = found->is_protected,
                          .name = "ChangeCipherSpec",
                          .bytes = found->raw.len,
                          .raw = found->raw,
                          .first = found->first,
                          .end = found->end};
    (void)hs_tls_event(d, direction, &message);
    /* In TLS 1.3 it says nothing, and may come before the ServerHello; then it is worked on after
     * it only where a key came late. */
    if (!d->has_server_hello || d->place < d->server_hello_place || hs_tls_is_13(d->version)) {
        return;
    }
    hs_tls_learn_ccs(d, direction);
    hs_tls_enter(direction, HS_TLS_EPOCH_CIPHER);
    hs_tls_learn_session(d, direction);
    direction->has_ccs = true;
    hs_tls_cipher_state *state = &direction->cipher;
    state->version = d->version;
    state->cipher = d->cipher;
    state->encrypt_then_mac = d->encrypt_then_mac;
    for (size_t i = 0; i < HS_TLS_RANDOM; i++) {
        state->client_random[i] = d->client_random[i];
        state->server_random[i] = d->server_random[i];
    }
}

static void tell_alert(hs_tls_decoder *d, hs_event *event, const hs_tls_alert *alert)
{
    const char *level = hs_tls_alert_level_name(alert->level);
    const char *description = hs_tls_alert_description_name(alert->description);
    if (level) {
        hs_event_add_text(d->trace, event, "level", level);
    } else {
        hs_event_add_format(d->trace, event, "level", "0x%02x", alert->level);
    }
    if (description) {
        hs_event_add_text(d->trace, event, "description", description);
    } else {
        hs_event_add_format(d->trace, event, "description", "0x%02x", alert->description);
    }
}

static void handle_alerts(hs_tls_decoder *d, const hs_tls_found *found)
{
    hs_tls_direction *direction = found->direction;
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, found->raw, &fault, NULL);
    do {
        hs_tls_alert alert;
        size_t at = found->raw.len - hs_reader_left(&r);
        if (hs_tls_alert_read(&r, &alert) != HS_OK) {
            hs_tls_malformed(d, found, "Alert", &fault);
            return;
        }
        hs_bytes raw = hs_bytes_of(found->raw.data + at, found->raw.len - at - hs_reader_left(&r));
        hs_message message = {.from = direction->side,
                              .layer = HS_LAYER_TLS,
                              .type = HS_TLS_ALERT << 8,
                              .is_protected = found->is_protected,
                              .name = "Alert",
                              .bytes = raw.len,
                              .raw = raw,
                              .first = found->first,
                              .end = found->end};
        tell_alert(d, hs_tls_event(d, direction, &message), &alert);
        hs_tls_learn_alert(d, direction, alert.level, alert.description);
    } while (hs_reader_left(&r) > 0);
}

/* Reads the message at the start of `bytes`. HS_NEED_MORE: it is not whole. */
static hs_result next_message(hs_tls_decoder *d, const hs_tls_found *found, hs_bytes bytes,
                              hs_bytes *raw)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, NULL);
    uint8_t type = 0;
    uint32_t length = 0;
    hs_result result = hs_tls_handshake_read_header(&r, &type, &length);
    if (result == HS_OK && length > HS_TLS_MESSAGE_MAX) {
        hs_reader_fail(&r, "length", "longer than this decoder keeps");
        hs_tls_found header = *found;
        header.raw = hs_bytes_of(bytes.data, HS_TLS_HANDSHAKE_HEADER);
        hs_tls_malformed(d, &header, "handshake message", &fault);
        return HS_MALFORMED;
    }
    if (result == HS_OK) {
        (void)hs_read_bytes(&r, length, "body");
        result = hs_reader_result(&r);
    }
    *raw = hs_bytes_of(bytes.data, bytes.len - hs_reader_left(&r));
    return result;
}

/* Completes the message that earlier records began, taking no more than it needs. */
static hs_result complete_message(hs_tls_decoder *d, hs_tls_found *found, hs_bytes *bytes)
{
    hs_tls_direction *direction = found->direction;
    hs_buffer *held = &direction->message;
    while (bytes->len > 0 && !direction->is_stopped) {
        hs_fault fault;
        hs_reader r;
        uint8_t type = 0;
        uint32_t length = 0;
        hs_reader_init(&r, hs_buffer_bytes(held), &fault, NULL);
        size_t want = HS_TLS_HANDSHAKE_HEADER;
        if (hs_tls_handshake_read_header(&r, &type, &length) == HS_OK) {
            want += length;
        }
        size_t len = want - hs_buffer_bytes(held).len;
        len = len < bytes->len ? len : bytes->len;
        hs_result result = hs_buffer_append(held, hs_bytes_of(bytes->data, len));
        if (result != HS_OK) {
            return result;
        }
        *bytes = hs_bytes_of(bytes->data + len, bytes->len - len);
        result = next_message(d, found, hs_buffer_bytes(held), &found->raw);
        if (result == HS_OK) {
            hs_tls_handle_message(d, found);
            hs_buffer_free(held);
            return HS_OK;
        }
    }
    return HS_OK;
}

/* Keys change between records, never within one (RFC 8446 5.1). */
static bool changed_keys_within(hs_tls_decoder *d, const hs_tls_found *found, hs_tls_epoch epoch,
                                hs_bytes left)
{
    if (left.len == 0 || found->direction->epoch == epoch || found->direction->is_stopped ||
        found->direction->epoch == HS_TLS_EPOCH_EARLY) {
        return false;
    }
    hs_fault fault = {.result = HS_MALFORMED,
                      .offset = found->raw.len,
                      .field = "handshake",
                      .why = "a message follows in the same record after the keys have changed"};
    hs_tls_malformed(d, found, "record", &fault);
    return true;
}

static hs_result handle_handshake(hs_tls_decoder *d, hs_tls_direction *direction,
                                  const hs_tls_piece *piece, hs_bytes bytes, bool is_protected)
{
    hs_tls_epoch epoch = direction->epoch;
    hs_tls_found found = found_in(direction, piece, bytes, is_protected);
    if (hs_buffer_bytes(&direction->message).len > 0) {
        found.first = direction->message_first;
        hs_result result = complete_message(d, &found, &bytes);
        if (result != HS_OK) {
            return result;
        }
        found.first = piece->first;
    }
    while (bytes.len > 0 && !direction->is_stopped &&
           !changed_keys_within(d, &found, epoch, bytes)) {
        hs_result result = next_message(d, &found, bytes, &found.raw);
        if (result == HS_NEED_MORE) {
            direction->message_first = piece->first;
            direction->message_protected = is_protected;
            return hs_buffer_append(&direction->message, bytes);
        }
        if (result != HS_OK) {
            return HS_OK;
        }
        hs_tls_handle_message(d, &found);
        bytes = hs_bytes_of(bytes.data + found.raw.len, bytes.len - found.raw.len);
    }
    return HS_OK;
}

static hs_result handle_data(hs_tls_decoder *d, const hs_tls_found *found)
{
    if (hs_buffer_bytes(&found->direction->message).len > 0) {
        hs_fault fault = {.result = HS_MALFORMED,
                          .field = "type",
                          .why = "application data within a handshake message"};
        hs_tls_malformed(d, found, "record", &fault);
        return HS_OK;
    }
    if (found->raw.len == 0) {
        return HS_OK;
    }
    hs_tls_run_flush(d, found->direction);
    hs_chunk chunk = {.from = found->direction->side,
                      .bytes = found->raw,
                      .first = found->first,
                      .end = found->end,
                      .is_protected = found->is_protected};
    return hs_application_feed(d->application, &chunk);
}

static void handle_other(hs_tls_decoder *d, const hs_tls_found *found, uint8_t type)
{
    hs_message message = {.from = found->direction->side,
                          .layer = HS_LAYER_TLS,
                          .type = (uint16_t)(type << 8),
                          .is_protected = found->is_protected,
                          .name = type == HS_TLS_HEARTBEAT ? "Heartbeat" : "unknown record",
                          .bytes = found->raw.len,
                          .raw = found->raw,
                          .first = found->first,
                          .end = found->end};
    hs_event *event = hs_tls_event(d, found->direction, &message);
    if (type != HS_TLS_HEARTBEAT) {
        hs_event_add_number(d->trace, event, "type", type);
    }
}

bool hs_tls_is_hidden_by_gap(const hs_tls_direction *direction, const hs_record_content *content)
{
    enum { ALERT_LEN = 2 };
    hs_fault fault;
    hs_reader r;
    uint8_t type = 0;
    uint32_t length = 0;
    if (!direction->has_gap || hs_buffer_bytes(&direction->message).len > 0) {
        return false;
    }
    switch (content->type) {
    case HS_TLS_ALERT:
        return content->bytes.len != ALERT_LEN;
    case HS_TLS_APPLICATION_DATA:
        return true;
    case HS_TLS_HANDSHAKE:
        /* It may also be the rest of a message whose beginning was lost. */
        hs_reader_init(&r, content->bytes, &fault, NULL);
        return hs_tls_handshake_read_header(&r, &type, &length) != HS_OK ||
               !hs_tls_handshake_type_name(type) || length > HS_TLS_MESSAGE_MAX;
    default:
        return false;
    }
}

hs_result hs_tls_content(hs_tls_decoder *d, hs_tls_direction *direction, const hs_tls_piece *piece,
                         const hs_record_content *content, bool is_protected)
{
    hs_tls_found found = found_in(direction, piece, content->bytes, is_protected);
    switch (content->type) {
    case HS_TLS_CHANGE_CIPHER_SPEC:
        handle_ccs(d, &found);
        return HS_OK;
    case HS_TLS_ALERT:
        handle_alerts(d, &found);
        return HS_OK;
    case HS_TLS_HANDSHAKE:
        return handle_handshake(d, direction, piece, content->bytes, is_protected);
    case HS_TLS_APPLICATION_DATA:
        return handle_data(d, &found);
    default:
        handle_other(d, &found, content->type);
        return HS_OK;
    }
}
