#include <string.h>

#include "../cmocka_headers.h"

#include <openssl/err.h>

#include "base/reader.h"
#include "tls_ends.h"

enum { HELD_MAX = 16 << 20 };

static void keep(hs_buffer *buffer, hs_bytes bytes)
{
    assert_int_equal(hs_buffer_append(buffer, bytes), HS_OK);
}

static void on_output(void *context, hs_bytes bytes)
{
    tls_end *end = context;
    assert_int_equal(end->failed, 0);
    assert_true(bytes.len > 0);
    end->outputs++;
    keep(&end->wire, bytes);
}

static void on_plaintext(void *context, hs_bytes bytes)
{
    tls_end *end = context;
    assert_int_equal(end->failed, 0);
    assert_true(bytes.len > 0);
    keep(&end->plain, bytes);
    if (end->echo && hs_tls_session_send(end->session, bytes) != HS_OK) {
        end->send_refused = true;
    }
}

static void on_keylog(void *context, const char *line)
{
    tls_end *end = context;
    keep(&end->log, hs_bytes_of(line, strlen(line)));
    keep(&end->log, hs_bytes_of("\n", 1));
}

static void on_established(void *context)
{
    tls_end *end = context;
    assert_int_equal(end->failed, 0);
    end->established++;
    end->plain_at_established = hs_buffer_bytes(&end->plain).len;
    if (end->greet) {
        tls_end_send(end, end->greet);
    }
}

static void on_closed(void *context)
{
    tls_end *end = context;
    assert_int_equal(end->failed, 0);
    end->closed++;
}

static void on_failed(void *context, const hs_tls_failure *failure)
{
    tls_end *end = context;
    end->failed++;
    end->failure = *failure;
    assert_non_null(hs_failure_describe(failure->cls));
    assert_true(failure->message[0] != 0);
}

void tls_end_open(tls_end *end, hs_tls_context *context, const char *name, const char *alpn)
{
    const hs_tls_session_events events = {.context = end,
                                          .output = on_output,
                                          .plaintext = on_plaintext,
                                          .keylog = on_keylog,
                                          .established = on_established,
                                          .closed = on_closed,
                                          .failed = on_failed};
    memset(end, 0, sizeof(*end));
    hs_buffer_init(&end->wire, HELD_MAX);
    hs_buffer_init(&end->plain, HELD_MAX);
    hs_buffer_init(&end->log, HELD_MAX);
    assert_int_equal(hs_tls_session_new(context, name, alpn, &events, &end->session), HS_OK);
}

void tls_end_free(tls_end *end)
{
    assert_true(end->established <= 1 && end->failed <= 1 && end->closed <= 1);
    hs_tls_session_free(end->session);
    hs_buffer_free(&end->wire);
    hs_buffer_free(&end->plain);
    hs_buffer_free(&end->log);
    memset(end, 0, sizeof(*end));
}

void tls_end_start(tls_end *end)
{
    assert_int_equal(hs_tls_session_start(end->session), HS_OK);
}

void tls_end_send(tls_end *end, const char *text)
{
    assert_int_equal(hs_tls_session_send(end->session, hs_bytes_of(text, strlen(text))), HS_OK);
}

size_t tls_end_deliver(tls_end *from, tls_end *to, size_t step)
{
    size_t moved = 0;
    for (hs_bytes held = hs_buffer_bytes(&from->wire); held.len > 0;
         held = hs_buffer_bytes(&from->wire)) {
        uint8_t part[65536];
        size_t len = held.len < step ? held.len : step;
        len = len < sizeof(part) ? len : sizeof(part);
        memcpy(part, held.data, len);
        hs_buffer_consume(&from->wire, len);
        assert_int_equal(hs_tls_session_feed(to->session, hs_bytes_of(part, len)), HS_OK);
        moved += len;
    }
    return moved;
}

void tls_end_run(tls_end *a, tls_end *b, size_t step)
{
    size_t moved = 1;
    while (moved > 0) {
        moved = tls_end_deliver(a, b, step);
        moved += tls_end_deliver(b, a, step);
    }
}

const char *tls_end_plain(tls_end *end)
{
    keep(&end->plain, hs_bytes_of("", 1));
    end->plain.end--;
    hs_bytes bytes = hs_buffer_bytes(&end->plain);
    return bytes.len > 0 ? (const char *)bytes.data : "";
}

void tls_peer_open(tls_peer *peer, SSL_CTX *ctx)
{
    peer->ssl = SSL_new(ctx);
    peer->in = BIO_new(BIO_s_mem());
    peer->out = BIO_new(BIO_s_mem());
    assert_true(peer->ssl && peer->in && peer->out);
    SSL_set_bio(peer->ssl, peer->in, peer->out);
    SSL_set_accept_state(peer->ssl);
}

void tls_peer_free(tls_peer *peer)
{
    SSL_free(peer->ssl);
    ERR_clear_error();
}

void tls_peer_run(tls_end *end, tls_peer *peer)
{
    for (int round = 0; round < 20; round++) {
        uint8_t data[65536];
        hs_bytes held = hs_buffer_bytes(&end->wire);
        if (held.len > 0) {
            assert_int_equal(BIO_write(peer->in, held.data, (int)held.len), (int)held.len);
            hs_buffer_consume(&end->wire, held.len);
        }
        size_t len = 0;
        SSL_read_ex(peer->ssl, data, sizeof(data), &len);
        ERR_clear_error();
        int got = BIO_read(peer->out, data, sizeof(data));
        if (got > 0) {
            assert_int_equal(hs_tls_session_feed(end->session, hs_bytes_of(data, (size_t)got)),
                             HS_OK);
        } else if (held.len == 0) {
            return;
        }
    }
}

hs_tls_context *tls_client(const hs_probe_options *options)
{
    hs_tls_context *context = NULL;
    hs_problem problem = {""};
    hs_result result = hs_tls_context_new_client(options, &context, &problem);
    if (result != HS_OK) {
        fail_msg("client context: %s", problem.text);
    }
    return context;
}
