/* RFC 6960 over OpenSSL's parser: signature, identity, status, validity, in this order. */
#include <stdarg.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "net/asn1_text.h"
#include "net/ocsp.h"

/* Clocks differ; RFC 6960 4.2.2.1 leaves the allowance to the client. */
enum { CLOCK_SKEW_SECONDS = 300 };

static void HS_PRINTF(3, 4)
    judge(hs_ocsp_verdict *out, hs_ocsp_status status, const char *format, ...)
{
    va_list arguments;
    out->status = status;
    va_start(arguments, format);
    vsnprintf(out->text, sizeof(out->text), format, arguments);
    va_end(arguments);
}

/* The answer about `leaf`: its identifier may be made with any hash (RFC 6960 4.1.1). */
static OCSP_SINGLERESP *find_single(OCSP_BASICRESP *basic, const X509 *leaf, const X509 *issuer)
{
    for (int i = 0; i < OCSP_resp_count(basic); i++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
        OCSP_CERTID *theirs = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single);
        ASN1_OBJECT *hash = NULL;
        if (OCSP_id_get0_info(NULL, &hash, NULL, NULL, theirs) != 1) {
            continue;
        }
        const EVP_MD *digest = EVP_get_digestbyobj(hash);
        OCSP_CERTID *ours = digest ? OCSP_cert_to_id(digest, leaf, issuer) : NULL;
        bool same = ours && OCSP_id_cmp(ours, theirs) == 0;
        OCSP_CERTID_free(ours);
        if (same) {
            return single;
        }
    }
    return NULL;
}

static void judge_single(OCSP_SINGLERESP *single, hs_ocsp_verdict *out)
{
    int reason = -1;
    ASN1_GENERALIZEDTIME *revoked = NULL;
    ASN1_GENERALIZEDTIME *from = NULL;
    ASN1_GENERALIZEDTIME *until = NULL;
    char when[HS_ASN1_TIME_TEXT_MAX];
    int status = OCSP_single_get0_status(single, &reason, &revoked, &from, &until);
    if (OCSP_check_validity(from, until, CLOCK_SKEW_SECONDS, -1) != 1) {
        judge(out, HS_OCSP_INVALID, "the stapled OCSP response is out of date (nextUpdate %s)",
              hs_asn1_time_text(until, when));
    } else if (status == V_OCSP_CERTSTATUS_GOOD) {
        judge(out, HS_OCSP_GOOD, "good (stapled OCSP response, nextUpdate %s)",
              hs_asn1_time_text(until, when));
    } else if (status == V_OCSP_CERTSTATUS_REVOKED) {
        judge(out, HS_OCSP_REVOKED,
              "the stapled OCSP response says that the certificate was revoked at %s%s%s",
              hs_asn1_time_text(revoked, when), reason >= 0 ? ": " : "",
              reason >= 0 ? OCSP_crl_reason_str(reason) : "");
    } else {
        judge(out, HS_OCSP_UNKNOWN,
              "the stapled OCSP response's responder does not know the certificate");
    }
}

void hs_ocsp_check(hs_bytes response, STACK_OF(X509) * chain, X509_STORE *store,
                   hs_ocsp_verdict *out)
{
    OCSP_BASICRESP *basic = NULL;
    const unsigned char *at = response.data;
    OCSP_RESPONSE *parsed = d2i_OCSP_RESPONSE(NULL, &at, (long)response.len);
    if (!parsed || at != response.data + response.len) {
        judge(out, HS_OCSP_INVALID, "the stapled OCSP response is malformed");
        goto done;
    }
    int status = OCSP_response_status(parsed);
    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        judge(out, HS_OCSP_INVALID, "the stapled OCSP response says %s",
              OCSP_response_status_str(status));
        goto done;
    }
    basic = OCSP_response_get1_basic(parsed);
    if (!basic) {
        judge(out, HS_OCSP_INVALID, "the stapled OCSP response is not of the basic type");
        goto done;
    }
    X509 *leaf = chain ? sk_X509_value(chain, 0) : NULL;
    X509 *issuer = chain && sk_X509_num(chain) > 1 ? sk_X509_value(chain, 1) : leaf;
    if (!leaf || X509_check_issued(issuer, leaf) != X509_V_OK) {
        judge(out, HS_OCSP_INVALID,
              "the stapled OCSP response cannot be checked: the issuer is not known");
        goto done;
    }
    if (OCSP_basic_verify(basic, chain, store, OCSP_PARTIAL_CHAIN) != 1) {
        judge(out, HS_OCSP_INVALID,
              "the stapled OCSP response is not signed by the issuer or a trusted responder");
        goto done;
    }
    OCSP_SINGLERESP *single = find_single(basic, leaf, issuer);
    if (!single) {
        judge(out, HS_OCSP_INVALID, "the stapled OCSP response is for another certificate");
        goto done;
    }
    judge_single(single, out);
done:
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(parsed);
    ERR_clear_error();
}
