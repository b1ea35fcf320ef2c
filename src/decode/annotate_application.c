#include "decode/annotate_application.h"

#include "decode/application_state.h"
#include "decode/http3.h"
#include "wire/http3_frame.h"

static hs_result annotate_http(const hs_event *event, hs_reader *reader)
{
    if (event->type == HS_APP_BODY) {
        (void)hs_read_rest(reader, "message body");
        return hs_reader_result(reader);
    }
    hs_http1_head head;
    hs_http1_kind kind = event->type == HS_APP_REQUEST ? HS_HTTP1_REQUEST : HS_HTTP1_RESPONSE;
    return hs_http1_read_head(reader, kind, &head);
}

static hs_result annotate_http2(const hs_event *event, hs_reader *reader)
{
    if (event->type == HS_APP_PREFACE) {
        return hs_http2_read_preface(reader);
    }
    hs_http2_frame frame = {0};
    hs_result result = hs_http2_read_header(reader, &frame.header);
    if (result != HS_OK) {
        return result;
    }
    if (event->raw.len < event->bytes) {
        (void)hs_read_rest(reader, "first bytes of the payload");
        return hs_reader_result(reader);
    }
    return hs_http2_read_payload(reader, &frame);
}

static hs_result annotate_http3(const hs_event *event, hs_reader *reader)
{
    if (event->type == HS_HTTP3_EVENT_STREAM) {
        hs_http3_stream_header header;
        return hs_http3_read_stream_header(reader, &header);
    }
    hs_http3_frame frame = {0};
    hs_result result = hs_http3_read_header(reader, &frame.header);
    if (result != HS_OK) {
        return result;
    }
    if (event->raw.len < event->bytes) {
        (void)hs_read_rest(reader, "first bytes of the payload");
        return hs_reader_result(reader);
    }
    return hs_http3_read_payload(reader, &frame);
}

static hs_result annotate_websocket(const hs_event *event, hs_reader *reader)
{
    hs_websocket_frame frame;
    hs_result result = hs_websocket_read_header(reader, &frame);
    if (result != HS_OK) {
        return result;
    }
    if (event->raw.len < event->bytes) {
        (void)hs_read_rest(reader, "first bytes of the payload");
    } else if (frame.opcode == HS_WEBSOCKET_CLOSE && !frame.is_masked) {
        hs_websocket_close close;
        result = hs_websocket_read_close(reader, &close);
    } else {
        (void)hs_read_rest(reader, frame.is_masked ? "masked payload data" : "payload data");
    }
    return hs_reader_result(reader);
}

hs_result hs_annotate_application(const hs_event *event, hs_reader *reader)
{
    switch (event->layer) {
    case HS_LAYER_HTTP:
        return annotate_http(event, reader);
    case HS_LAYER_HTTP2:
        return annotate_http2(event, reader);
    case HS_LAYER_HTTP3:
        return annotate_http3(event, reader);
    case HS_LAYER_WEBSOCKET:
        return annotate_websocket(event, reader);
    case HS_LAYER_DATA:
        (void)hs_read_rest(reader, "data");
        return hs_reader_result(reader);
    case HS_LAYER_TCP:
    case HS_LAYER_TLS:
    case HS_LAYER_UDP:
    case HS_LAYER_QUIC:
        break;
    }
    return HS_INVALID;
}
