/* Any bytes as a request's and as a response's head, and as a chunked body: what is read can be
 * written and is read the same again; the start of a head never is another head. */
#include <stdlib.h>

#include "wire/http1_body.h"

static hs_result read_head(hs_bytes bytes, hs_http1_kind kind, hs_http1_head *head)
{
    hs_note items[64];
    hs_notes notes = {.items = items, .capacity = sizeof items / sizeof items[0]};
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, &notes);
    return hs_http1_read_head(&r, kind, head);
}

static void check_same(const hs_http1_head *a, const hs_http1_head *b)
{
    if (!hs_bytes_equal(a->method, b->method) || !hs_bytes_equal(a->target, b->target) ||
        !hs_bytes_equal(a->version, b->version) || !hs_bytes_equal(a->reason, b->reason) ||
        a->status != b->status || a->field_count != b->field_count) {
        abort();
    }
    for (size_t i = 0; i < a->field_count; i++) {
        if (!hs_bytes_equal(a->fields[i].name, b->fields[i].name) ||
            !hs_bytes_equal(a->fields[i].value, b->fields[i].value)) {
            abort();
        }
    }
}

static void check_head(hs_bytes bytes, hs_http1_kind kind)
{
    static uint8_t out[4 * HS_HTTP1_HEAD_MAX];
    hs_http1_head head;
    hs_http1_head again;
    if (read_head(bytes, kind, &head) != HS_OK) {
        return;
    }
    (void)hs_http1_request_body(&head);
    (void)hs_http1_response_body(&head, (hs_bytes){0});
    (void)hs_http1_has_token(&head, "Connection", "upgrade");
    hs_bytes prefix = {bytes.data, head.len - 1};
    if (head.len == 0 || read_head(prefix, kind, &again) != HS_NEED_MORE) {
        abort();
    }
    if (kind == HS_HTTP1_RESPONSE && head.status < 100) {
        return; /* can be read, and may not be written */
    }
    hs_writer w;
    hs_writer_init(&w, out, sizeof out);
    if (hs_http1_write_head(&w, &head) != HS_OK ||
        read_head(hs_writer_bytes(&w), kind, &again) != HS_OK || again.len != w.len) {
        abort();
    }
    check_same(&head, &again);
}

static void check_chunked(hs_bytes bytes)
{
    hs_http1_chunked whole;
    hs_http1_chunked split;
    size_t used = 0;
    size_t sum = 0;
    hs_result split_result = HS_NEED_MORE;
    hs_http1_chunked_init(&whole);
    hs_http1_chunked_init(&split);
    hs_result result = hs_http1_chunked_feed(&whole, bytes, &used);
    for (size_t i = 0; i < bytes.len && split_result == HS_NEED_MORE; i++) {
        size_t one = 0;
        split_result = hs_http1_chunked_feed(&split, (hs_bytes){bytes.data + i, 1}, &one);
        sum += one;
    }
    if (result != split_result || sum != used || whole.content != split.content) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hs_bytes bytes = {data, size};
    check_head(bytes, HS_HTTP1_REQUEST);
    check_head(bytes, HS_HTTP1_RESPONSE);
    check_chunked(bytes);
    return 0;
}
