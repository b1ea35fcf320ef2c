#include "probe/head.h"

#include <string.h>

void hs_head_init(hs_head *answer)
{
    hs_buffer_init(&answer->bytes, HS_HTTP1_HEAD_MAX);
}

void hs_head_free(hs_head *answer)
{
    hs_buffer_free(&answer->bytes);
}

static void fail_as_no_http(hs_run *run, hs_bytes bytes)
{
    enum { CONTENT_ALERT = 21, CONTENT_HANDSHAKE = 22, TLS_MAJOR = 3 };
    bool is_tls = bytes.len >= 3 && bytes.data[1] == TLS_MAJOR &&
                  (bytes.data[0] == CONTENT_ALERT || bytes.data[0] == CONTENT_HANDSHAKE);
    if (is_tls) {
        hs_run_fail(run, HS_FAILURE_HTTP_RESPONSE_INVALID,
                    "%s answered with a TLS record: this port speaks TLS", hs_run_peer(run));
        return;
    }
    bytes.len = bytes.len > 48 ? 48 : bytes.len;
    const char *text = hs_arena_escaped(hs_trace_arena(run->trace), bytes);
    hs_run_fail(run, HS_FAILURE_HTTP_RESPONSE_INVALID, "%s answered with what is not HTTP: \"%s\"",
                hs_run_peer(run), text ? text : "");
}

bool hs_head_add(hs_run *run, hs_head *answer, hs_bytes bytes)
{
    hs_result result = hs_buffer_append(&answer->bytes, bytes);
    if (result == HS_LIMIT) {
        hs_run_fail(run, HS_FAILURE_HTTP_RESPONSE_INVALID,
                    "%s sent a response head of over %d bytes", hs_run_peer(run),
                    HS_HTTP1_HEAD_MAX);
        return false;
    }
    if (result != HS_OK) {
        hs_run_give_up(run, result);
        return false;
    }
    for (;;) {
        hs_fault fault;
        hs_reader reader;
        hs_bytes held = hs_buffer_bytes(&answer->bytes);
        hs_reader_init(&reader, held, &fault, NULL);
        result = hs_http1_read_head(&reader, HS_HTTP1_RESPONSE, &answer->head);
        if (result == HS_NEED_MORE) {
            return false;
        }
        if (result != HS_OK) {
            fail_as_no_http(run, held);
            return false;
        }
        if (answer->head.status >= 200 || answer->head.status == 101) {
            return true;
        }
        hs_buffer_consume(&answer->bytes, answer->head.len);
    }
}

static hs_result build(hs_run *run, hs_http1_head *request, hs_writer *writer)
{
    char authority[HS_HOST_MAX + 16];
    char agent[64];
    hs_url_authority(run->setup.url, authority);
    (void)snprintf(agent, sizeof agent, "handshake/%s", hs_version());
    hs_result result = hs_http1_add_field(request, "Host", authority);
    if (result == HS_OK) {
        result = hs_http1_add_field(request, "User-Agent", agent);
    }
    return result == HS_OK ? hs_http1_write_head(writer, request) : result;
}

void hs_head_send(hs_run *run, hs_http1_head *request)
{
    uint8_t bytes[HS_HEAD_REQUEST_MAX];
    hs_writer writer;
    hs_writer_init(&writer, bytes, sizeof bytes);
    hs_result result = build(run, request, &writer);
    if (result != HS_OK) {
        hs_run_give_up(run, result);
        return;
    }
    hs_run_send(run, hs_writer_bytes(&writer));
}
