/* Certificates: this side's own, and the peer's on their way to the judge. */
#include <gnutls/gnutls.h>
#include <openssl/ssl.h>

#include "base/reader.h"
#include "net/file.h"
#include "net/quic_gnutls_state.h"
#include "net/tls_credentials.h"

enum { CHAIN_MAX = 64 };

hs_result hs_quic_tls_use_credentials(hs_quic_tls_context *context, const char *cert,
                                      const char *key, hs_problem *problem)
{
    hs_file cert_file = {NULL, 0};
    hs_file key_file = {NULL, 0};
    /* OpenSSL looks first: it says what is wrong as it does for TCP. */
    SSL_CTX *look = SSL_CTX_new(TLS_method());
    hs_result result = look ? hs_tls_use_credentials(look, cert, key, problem)
                            : hs_problem_set(problem, HS_NO_MEMORY, "certificate: out of memory");
    SSL_CTX_free(look);
    if (result == HS_OK) {
        result = hs_file_read(cert, "certificate", &cert_file, problem);
    }
    if (result == HS_OK) {
        result = hs_file_read(key ? key : cert, "key", &key_file, problem);
    }
    if (result == HS_OK) {
        gnutls_datum_t chain = {cert_file.data, (unsigned)cert_file.len};
        gnutls_datum_t secret = {key_file.data, (unsigned)key_file.len};
        int error = gnutls_certificate_set_x509_key_mem2(context->credentials, &chain, &secret,
                                                         GNUTLS_X509_FMT_PEM, NULL, 0);
        if (error < 0) {
            result = hs_problem_set(problem, HS_INVALID,
                                    "certificate: %s: GnuTLS, which QUIC needs, refuses it: %s",
                                    cert, gnutls_strerror(error));
        }
        context->has_certificate = true;
    }
    hs_file_free(&cert_file);
    hs_file_free(&key_file);
    return result;
}

bool hs_quic_tls_has_certificate(const hs_quic_tls_context *context)
{
    return context->has_certificate;
}

static bool judge(hs_quic_tls *tls)
{
    unsigned count = 0;
    hs_bytes certificates[CHAIN_MAX];
    gnutls_datum_t staple = {NULL, 0};
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(tls->session, &count);
    count = peers ? count : 0;
    count = count > CHAIN_MAX ? CHAIN_MAX : count;
    for (unsigned i = 0; i < count; i++) {
        certificates[i] = hs_bytes_of(peers[i].data, peers[i].size);
    }
    if (gnutls_ocsp_status_request_get2(tls->session, 0, &staple) != 0) {
        staple = (gnutls_datum_t){NULL, 0};
    }
    tls->judged = true;
    return tls->events.judge(tls->events.context, certificates, count,
                             hs_bytes_of(staple.data, staple.size));
}

int hs_quic_tls_on_certificate(gnutls_session_t session)
{
    return judge(hs_quic_tls_of(session)) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

bool hs_quic_tls_judge_resumed(hs_quic_tls *tls)
{
    return tls->judged || judge(tls);
}

bool hs_quic_tls_certificate_requested(const hs_quic_tls *tls)
{
    return !tls->context->is_server && gnutls_certificate_client_get_request_status(tls->session);
}
