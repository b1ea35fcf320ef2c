/* A trace of events with any bytes, written as qlog: frames of QUIC and HTTP/3, headers of packets,
 * transport parameters. No protection stands before them here. What is written is JSON.
 *
 * An input is a row of records: a byte (kind and side), the type, a length, and so many bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <handshake/report.h>

#include "base/reader.h"
#include "trace/build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PACKET, FRAME, HTTP3, DATAGRAM, PARAMETERS, KINDS, SIDE = 0x80, TYPES = 0x12 };

static hs_event *add(hs_trace *trace, hs_side from, hs_layer layer, uint16_t type, const char *name,
                     hs_bytes raw)
{
    uint64_t first = hs_trace_stream_length(trace, from);
    hs_message message = {.from = from,
                          .layer = layer,
                          .type = type,
                          .name = name,
                          .bytes = raw.len,
                          .raw = raw,
                          .first = first,
                          .end = first + 1};
    hs_trace_add_segment(trace, from, 1, (hs_moment){(hs_time)first, HS_CLOCK_KERNEL});
    return hs_trace_add_event(trace, &message);
}

static void add_parameters(hs_trace *trace, hs_side from, hs_bytes bytes)
{
    hs_quic_parameters parameters = {.seen = true, .bytes = bytes};
    if (from == HS_CLIENT) {
        trace->quic.client_parameters = parameters;
    } else {
        trace->quic.server_parameters = parameters;
    }
    trace->quic.present = true;
    (void)add(trace, from, HS_LAYER_TLS, 0,
              from == HS_CLIENT ? "ClientHello" : "EncryptedExtensions", bytes);
}

static void add_record(hs_trace *trace, hs_side from, int kind, uint8_t type, hs_bytes bytes)
{
    static const char *const names[] = {"DATA",        "HEADERS",        "unknown frame",
                                        "SETTINGS",    "PUSH_PROMISE",   "GOAWAY",
                                        "MAX_PUSH_ID", "PRIORITY_UPDATE"};
    hs_event *event = NULL;
    switch (kind) {
    case PACKET:
        event = add(trace, from, HS_LAYER_QUIC, (uint16_t)(HS_EVENT_QUIC_PACKET | type % TYPES),
                    "packet", bytes);
        if (type & 0x20) {
            hs_event_add_number(trace, event, "pn", type);
            hs_event_add_number(trace, event, "key_phase", type & 1);
        }
        break;
    case FRAME:
        (void)add(trace, from, HS_LAYER_QUIC, type, "frame", bytes);
        break;
    case HTTP3:
        event = add(trace, from, HS_LAYER_HTTP3, type, names[type % (sizeof names / sizeof *names)],
                    bytes);
        hs_event_add_number(trace, event, "stream", 4);
        break;
    case DATAGRAM:
        (void)add(trace, from, HS_LAYER_UDP, 0, "Datagram", bytes);
        break;
    default:
        add_parameters(trace, from, bytes);
        break;
    }
}

static void check(const char *text, size_t size)
{
    while (size > 0) {
        const char *end = memchr(text, '\n', size);
        if (*text != 0x1e || !end) {
            abort();
        }
        size_t len = (size_t)(end - text);
        json_t *record = json_loadb(text + 1, len - 1, JSON_REJECT_DUPLICATES, NULL);
        if (!record) {
            abort();
        }
        json_decref(record);
        text += len + 1;
        size -= len + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hs_trace *trace = hs_trace_new(&(hs_trace_config){.keep_bytes = true});
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!trace || !out) {
        abort();
    }
    while (size > 3) {
        size_t bytes = data[2] < size - 3 ? data[2] : size - 3;
        add_record(trace, data[0] & SIDE ? HS_SERVER : HS_CLIENT, data[0] % KINDS, data[1],
                   hs_bytes_of(data + 3, bytes));
        data += 3 + bytes;
        size -= 3 + bytes;
    }
    (void)!hs_trace_finish(trace);
    hs_result result = hs_report_qlog(trace, out);
    fclose(out);
    if (result != HS_OK && (result != HS_INVALID || len > 0)) {
        abort();
    }
    check(text, len);
    free(text);
    hs_trace_free(trace);
    return 0;
}
