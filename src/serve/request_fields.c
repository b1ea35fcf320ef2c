/* What is kept of a request's fields in HTTP/2 and HTTP/3. */
#include "serve/request_fields.h"

#include <string.h>

enum { FIELD_OVERHEAD = 32 }; /* RFC 9113 6.5.2, RFC 9114 4.2.2 */

static void keep(hs_request_fields *fields, char *field, size_t *field_len, size_t capacity,
                 hs_bytes value)
{
    if (value.len > capacity) {
        fields->is_too_long = true;
        return;
    }
    if (value.len > 0) {
        memcpy(field, value.data, value.len);
    }
    *field_len = value.len;
}

void hs_request_fields_add(hs_request_fields *fields, hs_bytes name, hs_bytes value)
{
    fields->list_size += name.len + value.len + FIELD_OVERHEAD;
    if (fields->list_size > HS_REQUEST_LIST_MAX) {
        fields->is_too_long = true;
    } else if (hs_bytes_are(name, ":method")) {
        keep(fields, fields->method, &fields->method_len, sizeof fields->method, value);
    } else if (hs_bytes_are(name, ":path")) {
        keep(fields, fields->target, &fields->target_len, sizeof fields->target, value);
    } else if (hs_bytes_are(name, ":protocol")) {
        keep(fields, fields->protocol, &fields->protocol_len, sizeof fields->protocol, value);
    } else if (hs_bytes_are(name, "sec-websocket-version")) {
        keep(fields, fields->websocket_version, &fields->websocket_version_len,
             sizeof fields->websocket_version, value);
    } else if (hs_bytes_are(name, "sec-websocket-protocol")) {
        keep(fields, fields->subprotocols, &fields->subprotocols_len, sizeof fields->subprotocols,
             value);
    } else if (hs_bytes_are(name, "early-data") && hs_bytes_are(value, "1")) {
        fields->is_early = true;
    }
}

hs_request hs_request_fields_request(const hs_request_fields *fields)
{
    hs_bytes target = {(const uint8_t *)fields->target, fields->target_len};
    return (hs_request){{(const uint8_t *)fields->method, fields->method_len},
                        hs_request_path(target)};
}

hs_result hs_request_fields_answer(const hs_request_fields *fields, const hs_visit *visit,
                                   hs_answer *out)
{
    hs_request request = hs_request_fields_request(fields);
    if (fields->is_too_long) {
        return hs_answer_refuse(431, "A request's fields are at most 64 KiB, its path 2 KiB here.",
                                out);
    }
    if (fields->is_early && !hs_request_is_safe(request.method)) {
        return hs_answer_refuse(425, "Early data can be replayed: send this again.", out);
    }
    return hs_answer_page(visit, &request, out);
}
