/* The verification of a chain that is given as bytes. */
#include <stdio.h>

#include <openssl/err.h>

#include "net/ocsp.h"
#include "net/tls_failure.h"
#include "net/tls_state.h"
#include "net/tls_verify.h"

bool hs_tls_judge_staple(hs_tls_peer *peer, hs_bytes response, STACK_OF(X509) * chain,
                         X509_STORE *store)
{
    hs_ocsp_verdict verdict;
    hs_ocsp_check(response, chain, store, &verdict);
    snprintf(peer->ocsp_text, sizeof(peer->ocsp_text), "%s", verdict.text);
    if (verdict.status != HS_OCSP_REVOKED) {
        return false;
    }
    if (peer->verify <= X509_V_OK) {
        peer->verify = X509_V_ERR_CERT_REVOKED;
        snprintf(peer->verify_text, sizeof(peer->verify_text), "%s", verdict.text);
    }
    return true;
}

/* Always goes on, so that the chain is built to its end also where it is not to be trusted: the
 * first error decides. */
static int note_and_go_on(int ok, X509_STORE_CTX *store_context)
{
    if (!ok) {
        hs_tls_peer_note_first(X509_STORE_CTX_get_app_data(store_context), store_context);
    }
    return 1;
}

static STACK_OF(X509) * parse_chain(const hs_bytes *certificates, size_t count)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    bool good = chain && count > 0;
    for (size_t i = 0; i < count && good; i++) {
        const unsigned char *at = certificates[i].data;
        X509 *certificate = d2i_X509(NULL, &at, (long)certificates[i].len);
        good = certificate && at == certificates[i].data + certificates[i].len &&
               sk_X509_push(chain, certificate) > 0;
        if (!good) {
            X509_free(certificate);
        }
    }
    if (!good) {
        sk_X509_pop_free(chain, X509_free);
        return NULL;
    }
    return chain;
}

static bool run_verification(const hs_tls_context *context, hs_tls_peer *peer,
                             STACK_OF(X509) * chain, X509_STORE_CTX *store_context, hs_bytes staple)
{
    X509_STORE *store = hs_trust_store(context->trust);
    if (X509_STORE_CTX_init(store_context, store, sk_X509_value(chain, 0), chain) != 1 ||
        X509_STORE_CTX_set_default(store_context, "ssl_server") != 1) {
        return false;
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store_context);
    X509_VERIFY_PARAM_set_auth_level(param, context->auth_level >= 0
                                                ? context->auth_level
                                                : SSL_CTX_get_security_level(context->ctx));
    if ((peer->name && !hs_tls_peer_set_param(peer, param)) ||
        X509_STORE_CTX_set_app_data(store_context, peer) != 1) {
        return false;
    }
    X509_STORE_CTX_set_verify_cb(store_context, note_and_go_on);
    if (X509_verify_cert(store_context) != 1 && peer->verify <= X509_V_OK) {
        hs_tls_peer_note(peer, X509_STORE_CTX_get_error(store_context), 0, NULL);
    }
    if (peer->verify < 0) {
        peer->verify = X509_V_OK;
    }
    if (staple.len > 0) {
        hs_tls_judge_staple(peer, staple, X509_STORE_CTX_get0_chain(store_context), store);
    }
    return true;
}

bool hs_tls_judge(const hs_tls_context *context, hs_tls_peer *peer, const hs_bytes *certificates,
                  size_t count, hs_bytes staple, hs_tls_failure *failure)
{
    bool accepted = false;
    STACK_OF(X509) *chain = parse_chain(certificates, count);
    X509_STORE_CTX *store_context = X509_STORE_CTX_new();
    const X509 *leaf = chain ? sk_X509_value(chain, 0) : NULL;
    if (!chain && count > 0) {
        hs_tls_peer_note(peer, X509_V_ERR_UNSPECIFIED, 0, NULL);
        snprintf(peer->verify_text, sizeof(peer->verify_text), "a certificate is malformed");
    } else if (chain &&
               (!store_context || !run_verification(context, peer, chain, store_context, staple))) {
        hs_tls_peer_note(peer, X509_V_ERR_OUT_OF_MEM, 0, NULL);
    }
    if (!context->insecure && peer->verify != X509_V_OK) {
        hs_tls_peer_failure(peer, failure);
    } else if (context->pins && !(leaf && hs_pins_match(context->pins, leaf))) {
        hs_tls_pins_failure(context->pins, leaf, failure);
    } else {
        accepted = true;
    }
    X509_STORE_CTX_free(store_context);
    sk_X509_pop_free(chain, X509_free);
    ERR_clear_error();
    return accepted;
}
