/* Driving OpenSSL between its two memory BIOs: handshake, early data, plain bytes, end. */
#include <string.h>

#include <openssl/err.h>

#include "base/reader.h"
#include "net/tls_failure.h"
#include "net/tls_state.h"
#include "net/tls_verify.h"

enum { RECORD_MAX = 16384, FEED_STEP = 16384, SEND_STEP = 128 << 10 };

hs_tls_session *hs_tls_session_of(const SSL *ssl)
{
    return SSL_get_app_data(ssl);
}

/* Wire bytes go out in one piece for each flight: whatever the outermost call has gathered. */
static void flush(hs_tls_session *session)
{
    char *data = NULL;
    long len = BIO_get_mem_data(session->out, &data);
    if (len > 0) {
        session->in_output = true;
        session->events.output(session->events.context, hs_bytes_of(data, (size_t)len));
        session->in_output = false;
        (void)BIO_reset(session->out);
    }
}

static void enter(hs_tls_session *session)
{
    session->depth++;
}

static void leave(hs_tls_session *session)
{
    session->depth--;
    if (session->depth == 0) {
        flush(session);
    }
}

/* The alert goes out first. */
static void fail(hs_tls_session *session, const hs_tls_failure *failure)
{
    if (session->stage == HS_TLS_FAILED) {
        return;
    }
    session->stage = HS_TLS_FAILED;
    flush(session);
    if (session->events.failed) {
        session->events.failed(session->events.context, failure);
    }
}

/* After an SSL call did not succeed: waits for more, or fails. */
static void stop_or_fail(hs_tls_session *session, int result)
{
    hs_tls_failure failure;
    int error = SSL_get_error(session->ssl, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        return;
    }
    if (error != SSL_ERROR_ZERO_RETURN) {
        hs_tls_failure_of_errors(session, &failure);
        fail(session, &failure);
    } else if (session->stage != HS_TLS_OPEN) {
        hs_tls_failure_of_end(session, false, true, &failure);
        fail(session, &failure);
    } else if (!session->peer_closed) {
        session->peer_closed = true;
        if (session->events.closed) {
            session->events.closed(session->events.context);
        }
    }
}

static void note_alpn(hs_tls_session *session)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    SSL_get0_alpn_selected(session->ssl, &name, &len);
    if (len < sizeof(session->alpn_chosen)) {
        memcpy(session->alpn_chosen, name ? name : (const unsigned char *)"", len);
        session->alpn_chosen[len] = 0;
    }
}

static void deliver(hs_tls_session *session, const uint8_t *data, size_t len)
{
    if (len > 0 && session->events.plaintext) {
        session->events.plaintext(session->events.context, hs_bytes_of(data, len));
    }
}

static void read_early(hs_tls_session *session)
{
    uint8_t data[RECORD_MAX];
    while (session->stage == HS_TLS_EARLY) {
        size_t len = 0;
        ERR_clear_error();
        int result = SSL_read_early_data(session->ssl, data, sizeof(data), &len);
        if (result == SSL_READ_EARLY_DATA_ERROR) {
            stop_or_fail(session, 0);
            return;
        }
        note_alpn(session);
        if (result == SSL_READ_EARLY_DATA_FINISH) {
            session->stage = HS_TLS_HANDSHAKE;
        }
        deliver(session, data, len);
    }
}

static void shake_hands(hs_tls_session *session)
{
    ERR_clear_error();
    int result = SSL_do_handshake(session->ssl);
    if (result != 1) {
        stop_or_fail(session, result);
        return;
    }
    hs_tls_failure failure;
    if (!session->context->is_server && !hs_tls_verify_finish(session, &failure)) {
        SSL_shutdown(session->ssl);
        fail(session, &failure);
        return;
    }
    note_alpn(session);
    session->stage = HS_TLS_OPEN;
    session->established = true;
    /* What completes the handshake has left when `established` says that it is complete. */
    flush(session);
    if (session->events.established) {
        session->events.established(session->events.context);
    }
}

static void read_plain(hs_tls_session *session)
{
    uint8_t data[RECORD_MAX];
    while (session->stage == HS_TLS_OPEN && !session->peer_closed) {
        size_t len = 0;
        ERR_clear_error();
        int result = SSL_read_ex(session->ssl, data, sizeof(data), &len);
        if (result != 1) {
            stop_or_fail(session, result);
            return;
        }
        deliver(session, data, len);
    }
}

static void drive(hs_tls_session *session)
{
    if (session->stage == HS_TLS_EARLY) {
        read_early(session);
    }
    if (session->stage == HS_TLS_HANDSHAKE) {
        shake_hands(session);
    }
    if (session->stage == HS_TLS_OPEN) {
        read_plain(session);
    }
}

/* The ClientHello, with early data behind it, as one flight. */
static void write_early(hs_tls_session *session)
{
    while (hs_buffer_bytes(&session->early).len > 0 && session->stage == HS_TLS_HANDSHAKE) {
        hs_bytes bytes = hs_buffer_bytes(&session->early);
        size_t written = 0;
        ERR_clear_error();
        int result = SSL_write_early_data(session->ssl, bytes.data, bytes.len, &written);
        if (result != 1) {
            hs_tls_failure failure;
            hs_tls_failure_of_errors(session, &failure);
            fail(session, &failure);
            return;
        }
        hs_buffer_consume(&session->early, written);
    }
}

hs_result hs_tls_session_start(hs_tls_session *session)
{
    if (session->stage != HS_TLS_IDLE) {
        return HS_INVALID;
    }
    enter(session);
    session->stage = session->context->is_server ? HS_TLS_EARLY : HS_TLS_HANDSHAKE;
    write_early(session);
    drive(session);
    leave(session);
    return HS_OK;
}

static void note_first(hs_tls_session *session, hs_bytes bytes)
{
    if (session->received < HS_TLS_FIRST_BYTES) {
        size_t room = HS_TLS_FIRST_BYTES - (size_t)session->received;
        memcpy(session->first + session->received, bytes.data, bytes.len < room ? bytes.len : room);
    }
    session->received += bytes.len;
}

hs_result hs_tls_session_feed(hs_tls_session *session, hs_bytes bytes)
{
    hs_result result = HS_OK;
    if (session->stage == HS_TLS_IDLE || session->depth > 0) {
        return HS_INVALID;
    }
    enter(session);
    while (bytes.len > 0 && session->stage != HS_TLS_FAILED && !session->peer_closed) {
        hs_bytes part = {bytes.data, bytes.len < FEED_STEP ? bytes.len : FEED_STEP};
        if (BIO_write(session->in, part.data, (int)part.len) != (int)part.len) {
            result = HS_NO_MEMORY;
            break;
        }
        note_first(session, part);
        drive(session);
        bytes.data += part.len;
        bytes.len -= part.len;
    }
    leave(session);
    return result;
}

void hs_tls_session_transport_ended(hs_tls_session *session, bool reset)
{
    if (session->stage == HS_TLS_EARLY || session->stage == HS_TLS_HANDSHAKE) {
        hs_tls_failure failure;
        hs_tls_failure_of_end(session, reset, false, &failure);
        fail(session, &failure);
    }
}

static bool may_send(const hs_tls_session *session)
{
    bool half_round_trip = session->context->is_server && hs_tls_session_accepted_early(session) &&
                           (session->stage == HS_TLS_EARLY || session->stage == HS_TLS_HANDSHAKE);
    return !session->in_output && (session->stage == HS_TLS_OPEN || half_round_trip);
}

hs_result hs_tls_session_send(hs_tls_session *session, hs_bytes bytes)
{
    if (!may_send(session)) {
        return HS_INVALID;
    }
    enter(session);
    while (bytes.len > 0 && session->stage != HS_TLS_FAILED) {
        size_t step = bytes.len < SEND_STEP ? bytes.len : SEND_STEP;
        size_t written = 0;
        ERR_clear_error();
        int result = session->stage == HS_TLS_OPEN
                         ? SSL_write_ex(session->ssl, bytes.data, step, &written)
                         : SSL_write_early_data(session->ssl, bytes.data, step, &written);
        if (result != 1) {
            hs_tls_failure failure;
            hs_tls_failure_of_errors(session, &failure);
            fail(session, &failure);
            break;
        }
        bytes.data += written;
        bytes.len -= written;
        if (bytes.len > 0) {
            flush(session);
        }
    }
    leave(session);
    return session->stage == HS_TLS_FAILED ? HS_CRYPTO : HS_OK;
}

void hs_tls_session_close(hs_tls_session *session)
{
    if (session->stage != HS_TLS_OPEN || session->in_output) {
        return;
    }
    enter(session);
    SSL_shutdown(session->ssl);
    ERR_clear_error();
    leave(session);
}
