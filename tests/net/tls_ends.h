/* Two ends of a TLS connection in memory: a session of ours against another of ours, or against a
 * plain OpenSSL peer that a test may set up as badly as it likes. */
#ifndef HS_TESTS_NET_TLS_ENDS_H
#define HS_TESTS_NET_TLS_ENDS_H

#include <openssl/ssl.h>

#include "base/buffer.h"
#include "net/tls_session.h"

/* What a session of ours told. */
typedef struct tls_end {
    hs_tls_session *session;
    hs_buffer wire; /* put out, and not yet delivered */
    hs_buffer plain;
    hs_buffer log; /* key log lines, each with a newline */
    int outputs;   /* calls */
    int established;
    int closed;
    int failed;
    size_t plain_at_established; /* bytes that came before */
    hs_tls_failure failure;
    bool echo;         /* answer what comes */
    const char *greet; /* send when established; NULL: nothing */
    bool send_refused; /* a send within a call-back was refused */
} tls_end;

/* A client's or server's end; fails the test where the session cannot be made. */
void tls_end_open(tls_end *end, hs_tls_context *context, const char *name, const char *alpn);
void tls_end_free(tls_end *end);
void tls_end_start(tls_end *end);
void tls_end_send(tls_end *end, const char *text);
/* Delivers up to `step` bytes at a time in both directions until neither has more. */
void tls_end_run(tls_end *a, tls_end *b, size_t step);
/* Delivers what `from` has put out; the number of bytes. */
size_t tls_end_deliver(tls_end *from, tls_end *to, size_t step);
const char *tls_end_plain(tls_end *end); /* as a C string */

/* A plain OpenSSL server. */
typedef struct tls_peer {
    SSL *ssl;
    BIO *in;
    BIO *out;
} tls_peer;

void tls_peer_open(tls_peer *peer, SSL_CTX *ctx);
void tls_peer_free(tls_peer *peer);
/* Lets the peer read and shake hands, and moves bytes until nothing moves. */
void tls_peer_run(tls_end *end, tls_peer *peer);

/* A client's context from options; fails the test where it cannot be made. */
hs_tls_context *tls_client(const hs_probe_options *options);

#endif
