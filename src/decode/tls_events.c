/* The events that are not messages: malformed bytes, encrypted records, and what was not whole. */
#include "decode/tls_state.h"

hs_event *hs_tls_event(hs_tls_decoder *d, hs_tls_direction *direction, const hs_message *message)
{
    hs_tls_run_flush(d, direction);
    return hs_trace_add_event(d->trace, message);
}

void hs_tls_show_malformed(hs_tls_decoder *d, const hs_tls_found *found, const char *what,
                           const hs_fault *fault)
{
    hs_tls_direction *direction = found->direction;
    hs_message message = {.from = direction->side,
                          .layer = HS_LAYER_TLS,
                          .is_protected = found->is_protected,
                          .name = "malformed",
                          .bytes = found->raw.len,
                          .raw = found->raw,
                          .first = found->first,
                          .end = found->end};
    hs_event *event = hs_tls_event(d, direction, &message);
    hs_event_add_text(d->trace, event, "what", what);
    hs_event_add_text(d->trace, event, "field", fault->field);
    hs_event_add_number(d->trace, event, "offset", (int64_t)fault->offset);
    hs_event_add_text(d->trace, event, "why",
                      fault->why ? fault->why : "the field runs past the end of what holds it");
}

void hs_tls_malformed(hs_tls_decoder *d, const hs_tls_found *found, const char *what,
                      const hs_fault *fault)
{
    hs_tls_show_malformed(d, found, what, fault);
    found->direction->is_stopped = true;
    found->direction->stopped_at = found->end;
}

void hs_tls_run_flush(hs_tls_decoder *d, hs_tls_direction *direction)
{
    hs_tls_run run = direction->run;
    if (run.count == 0) {
        return;
    }
    direction->run = (hs_tls_run){0};
    hs_message message = {.from = direction->side,
                          .layer = HS_LAYER_TLS,
                          .type = (uint16_t)(run.type << 8),
                          .is_protected = true,
                          .name = run.is_old_data ? "application data" : "encrypted record",
                          .bytes = run.bytes,
                          .first = run.first,
                          .end = run.end};
    hs_event *event = hs_trace_add_event(d->trace, &message);
    hs_event_add_text(d->trace, event, "type", hs_tls_content_type_name(run.type));
    hs_event_add_number(d->trace, event, "length", (int64_t)run.bytes);
    if (run.count > 1) {
        hs_event_add_number(d->trace, event, "records", (int64_t)run.count);
    }
}

void hs_tls_show_opaque(hs_tls_decoder *d, hs_tls_direction *direction, const hs_tls_piece *piece)
{
    hs_tls_run *run = &direction->run;
    size_t length = piece->size - HS_TLS_RECORD_HEADER;
    bool joins = run->count > 0 && run->type == HS_TLS_APPLICATION_DATA &&
                 piece->type == HS_TLS_APPLICATION_DATA && run->turn == piece->turn;
    if (!joins) {
        hs_tls_run_flush(d, direction);
        *run = (hs_tls_run){.type = piece->type,
                            .is_old_data = piece->type == HS_TLS_APPLICATION_DATA &&
                                           direction->epoch == HS_TLS_EPOCH_CIPHER,
                            .turn = piece->turn,
                            .first = piece->first};
    }
    run->count++;
    run->bytes += length;
    run->end = piece->end;
}

static void show_incomplete(hs_tls_decoder *d, const hs_tls_found *found, const char *what,
                            size_t received, size_t expected)
{
    hs_message message = {.from = found->direction->side,
                          .layer = HS_LAYER_TLS,
                          .is_protected = found->is_protected,
                          .name = "incomplete",
                          .bytes = received,
                          .raw = found->raw,
                          .first = found->first,
                          .end = found->end};
    hs_event *event = hs_tls_event(d, found->direction, &message);
    hs_event_add_text(d->trace, event, "what", what);
    hs_event_add_number(d->trace, event, "received", (int64_t)received);
    if (expected > 0) {
        hs_event_add_number(d->trace, event, "expected", (int64_t)expected);
    }
}

void hs_tls_show_incomplete_message(hs_tls_decoder *d, const hs_tls_found *found)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, found->raw, &fault, NULL);
    uint8_t type = 0;
    uint32_t length = 0;
    const char *what = NULL;
    size_t expected = 0;
    if (hs_tls_handshake_read_header(&r, &type, &length) == HS_OK) {
        what = hs_tls_handshake_type_name(type);
        expected = HS_TLS_HANDSHAKE_HEADER + (size_t)length;
    }
    show_incomplete(d, found, what ? what : "handshake message", found->raw.len, expected);
}

static void show_held_message(hs_tls_decoder *d, hs_tls_direction *direction)
{
    hs_tls_found found = {.direction = direction,
                          .raw = hs_buffer_bytes(&direction->message),
                          .first = direction->message_first,
                          .end = direction->framer.offset,
                          .is_protected = direction->message_protected};
    if (found.raw.len > 0) {
        hs_tls_show_incomplete_message(d, &found);
    }
}

static void show_incomplete_record(hs_tls_decoder *d, hs_tls_direction *direction)
{
    size_t received = 0;
    size_t expected = 0;
    hs_bytes rest = hs_tls_framer_rest(&direction->framer, &received, &expected);
    uint64_t first = direction->framer.offset;
    hs_tls_found found = {.direction = direction,
                          .raw = rest,
                          .first = first,
                          .end = first + received,
                          .is_protected = direction->epoch != HS_TLS_EPOCH_PLAIN};
    if (received > 0) {
        show_incomplete(d, &found, "record", received, expected);
    }
}

void hs_tls_show_incomplete(hs_tls_decoder *d, hs_tls_direction *direction)
{
    show_held_message(d, direction);
    show_incomplete_record(d, direction);
}

void hs_tls_show_end(hs_tls_decoder *d, hs_tls_direction *direction)
{
    hs_tls_run_flush(d, direction);
    if (direction->is_stopped) {
        uint64_t end = direction->framer.offset;
        if (end > direction->stopped_at) {
            hs_message message = {.from = direction->side,
                                  .layer = HS_LAYER_TLS,
                                  .name = "not decoded",
                                  .bytes = (size_t)(end - direction->stopped_at),
                                  .first = direction->stopped_at,
                                  .end = end};
            (void)hs_trace_add_event(d->trace, &message);
        }
        return;
    }
    hs_tls_show_incomplete(d, direction);
}
