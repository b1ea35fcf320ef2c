#include "wire/websocket.h"

#include <string.h>

const char *hs_websocket_opcode_name(uint8_t opcode)
{
    switch (opcode) {
#define HS_X(symbol, value, name)                                                                  \
    case value:                                                                                    \
        return name;
        HS_WEBSOCKET_OPCODE_MAP(HS_X)
#undef HS_X
    default:
        return "unknown";
    }
}

bool hs_websocket_is_control(uint8_t opcode)
{
    return (opcode & 0x8) != 0;
}

hs_result hs_websocket_read_header(hs_reader *r, hs_websocket_frame *frame)
{
    *frame = (hs_websocket_frame){0};
    size_t start = r->pos;
    size_t group = hs_reader_group_begin(r, "frame header");
    uint8_t first = hs_read_u8(r, "FIN, RSV1-3, opcode");
    frame->fin = (first & 0x80) != 0;
    frame->rsv = (first >> 4) & 0x7;
    frame->opcode = first & 0xf;
    hs_note_meaning(r, hs_websocket_opcode_name(frame->opcode));
    uint8_t second = hs_read_u8(r, "MASK, payload length");
    frame->is_masked = (second & 0x80) != 0;
    frame->payload_len = second & 0x7f;
    if (frame->payload_len == 126) {
        frame->payload_len = hs_read_u16(r, "extended payload length");
        frame->is_long_form = hs_reader_ok(r) && frame->payload_len < 126;
    } else if (frame->payload_len == 127) {
        frame->payload_len = hs_read_u64(r, "extended payload length");
        frame->is_long_form = hs_reader_ok(r) && frame->payload_len <= UINT16_MAX;
        if (frame->payload_len >> 63 != 0) {
            hs_reader_fail(r, "extended payload length", "its highest bit is set");
        }
    }
    if (frame->is_masked) {
        hs_bytes mask = hs_read_bytes(r, sizeof frame->mask, "masking key");
        if (mask.len == sizeof frame->mask) {
            memcpy(frame->mask, mask.data, mask.len);
        }
    }
    hs_reader_group_end(r, group);
    frame->header_len = r->pos - start;
    return hs_reader_result(r);
}

hs_result hs_websocket_write_header(hs_writer *w, const hs_websocket_frame *frame)
{
    if (frame->rsv > 7 || frame->opcode > 15 || frame->payload_len >> 63 != 0) {
        return HS_INVALID;
    }
    hs_write_u8(w, (uint8_t)((frame->fin ? 0x80 : 0) | frame->rsv << 4 | frame->opcode));
    uint8_t mask_bit = frame->is_masked ? 0x80 : 0;
    if (frame->payload_len < 126) {
        hs_write_u8(w, (uint8_t)(mask_bit | frame->payload_len));
    } else if (frame->payload_len <= UINT16_MAX) {
        hs_write_u8(w, mask_bit | 126);
        hs_write_u16(w, (uint16_t)frame->payload_len);
    } else {
        hs_write_u8(w, mask_bit | 127);
        hs_write_u64(w, frame->payload_len);
    }
    if (frame->is_masked) {
        hs_write_bytes(w, (hs_bytes){frame->mask, sizeof frame->mask});
    }
    return hs_writer_result(w);
}

const char *hs_websocket_frame_problem(const hs_websocket_frame *frame, bool from_client,
                                       uint8_t rsv_allowed)
{
    bool is_control = hs_websocket_is_control(frame->opcode);
    if (strcmp(hs_websocket_opcode_name(frame->opcode), "unknown") == 0) {
        return "the opcode is reserved";
    }
    if (is_control && !frame->fin) {
        return "a control frame is fragmented";
    }
    if (is_control && frame->payload_len > HS_WEBSOCKET_CONTROL_MAX) {
        return "a control frame is longer than 125 bytes";
    }
    if (frame->rsv & ~rsv_allowed) {
        return "a reserved bit is set that no extension gave a meaning";
    }
    if (from_client && !frame->is_masked) {
        return "a frame from the client is not masked";
    }
    if (!from_client && frame->is_masked) {
        return "a frame from the server is masked";
    }
    if (frame->is_long_form) {
        return "the payload length is not in its shortest form";
    }
    return NULL;
}

void hs_websocket_mask(uint8_t *data, size_t len, const uint8_t mask[4], uint64_t offset)
{
    for (size_t i = 0; i < len; i++) {
        data[i] ^= mask[(offset + i) & 3];
    }
}

hs_result hs_websocket_read_close(hs_reader *r, hs_websocket_close *close)
{
    *close = (hs_websocket_close){0};
    if (hs_reader_left(r) > 0) {
        close->code = hs_read_u16(r, "status code");
        close->has_code = hs_reader_ok(r);
        hs_note_meaning(r, hs_websocket_close_name(close->code));
        close->reason = hs_read_rest(r, "reason");
    }
    return hs_reader_result(r);
}

hs_result hs_websocket_write_close(hs_writer *w, const hs_websocket_close *close)
{
    if ((!close->has_code && close->reason.len > 0) ||
        close->reason.len > HS_WEBSOCKET_CONTROL_MAX - 2) {
        return HS_INVALID;
    }
    if (close->has_code) {
        hs_write_u16(w, close->code);
        hs_write_bytes(w, close->reason);
    }
    return hs_writer_result(w);
}

const char *hs_websocket_close_name(uint16_t code)
{
    static const struct {
        uint16_t code;
        const char *name;
    } rows[] = {
        {1000, "Normal Closure"},
        {1001, "Going Away"},
        {1002, "Protocol error"},
        {1003, "Unsupported Data"},
        {1005, "No Status Rcvd"},
        {1006, "Abnormal Closure"},
        {1007, "Invalid frame payload data"},
        {1008, "Policy Violation"},
        {1009, "Message Too Big"},
        {1010, "Mandatory Ext."},
        {1011, "Internal Error"},
        {1012, "Service Restart"},
        {1013, "Try Again Later"},
        {1014, "Bad Gateway"},
        {1015, "TLS handshake"},
        {3000, "Unauthorized"},
        {3003, "Forbidden"},
        {3008, "Timeout"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].code == code) {
            return rows[i].name;
        }
    }
    return "unknown";
}
