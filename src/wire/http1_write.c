/* Heads onto the wire. */
#include "wire/http1.h"

#include <string.h>

#include "wire/http1_bytes.h"

static hs_bytes bytes_of_text(const char *text)
{
    return (hs_bytes){(const uint8_t *)text, strlen(text)};
}

void hs_http1_request_init(hs_http1_head *head, const char *method, const char *target)
{
    *head = (hs_http1_head){.kind = HS_HTTP1_REQUEST,
                            .version = bytes_of_text("HTTP/1.1"),
                            .method = bytes_of_text(method),
                            .target = bytes_of_text(target)};
}

void hs_http1_response_init(hs_http1_head *head, int status, const char *reason)
{
    *head = (hs_http1_head){.kind = HS_HTTP1_RESPONSE,
                            .version = bytes_of_text("HTTP/1.1"),
                            .status = status,
                            .reason = bytes_of_text(reason ? reason : hs_http1_reason(status))};
}

hs_result hs_http1_add_field(hs_http1_head *head, const char *name, const char *value)
{
    if (head->field_count == HS_HTTP1_FIELD_MAX) {
        return HS_LIMIT;
    }
    head->fields[head->field_count++] = (hs_http1_field){bytes_of_text(name), bytes_of_text(value)};
    return HS_OK;
}

static bool all_are(hs_bytes bytes, hs_http1_class is)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (!is(bytes.data[i])) {
            return false;
        }
    }
    return true;
}

static bool is_writable(const hs_http1_head *head)
{
    bool is_right = head->version.len > 0 && all_are(head->version, hs_http1_is_target_byte);
    if (head->kind == HS_HTTP1_REQUEST) {
        is_right = is_right && head->method.len > 0 && all_are(head->method, hs_http1_is_tchar) &&
                   head->target.len > 0 && all_are(head->target, hs_http1_is_target_byte);
    } else {
        is_right = is_right && head->status >= 100 && head->status <= 999 &&
                   all_are(head->reason, hs_http1_is_value_byte);
    }
    for (size_t i = 0; i < head->field_count; i++) {
        const hs_http1_field *field = &head->fields[i];
        is_right = is_right && field->name.len > 0 && all_are(field->name, hs_http1_is_tchar) &&
                   all_are(field->value, hs_http1_is_value_byte);
    }
    return is_right;
}

hs_result hs_http1_write_head(hs_writer *w, const hs_http1_head *head)
{
    if (!is_writable(head)) {
        return HS_INVALID;
    }
    if (head->kind == HS_HTTP1_REQUEST) {
        hs_write_bytes(w, head->method);
        hs_write_text(w, " ");
        hs_write_bytes(w, head->target);
        hs_write_text(w, " ");
        hs_write_bytes(w, head->version);
    } else {
        hs_write_bytes(w, head->version);
        hs_write_text(w, " ");
        hs_write_u8(w, (uint8_t)('0' + head->status / 100));
        hs_write_u8(w, (uint8_t)('0' + head->status / 10 % 10));
        hs_write_u8(w, (uint8_t)('0' + head->status % 10));
        hs_write_text(w, " ");
        hs_write_bytes(w, head->reason);
    }
    hs_write_text(w, "\r\n");
    for (size_t i = 0; i < head->field_count; i++) {
        hs_write_bytes(w, head->fields[i].name);
        hs_write_text(w, ": ");
        hs_write_bytes(w, head->fields[i].value);
        hs_write_text(w, "\r\n");
    }
    hs_write_text(w, "\r\n");
    return hs_writer_result(w);
}
