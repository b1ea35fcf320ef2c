/* Rules over the certificates and their verification. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "findings/rules.h"

enum { DAY = 24 * 60 * 60, RSA_BITS_MIN = 2048, EC_BITS_MIN = 224, CHAIN_LONG = 4 };

static int64_t trace_seconds(const hs_trace *trace)
{
    return trace->at / HS_SECOND;
}

bool hs_rule_verification_ignored(hs_judgement *judgement)
{
    const hs_tls_facts *tls = &judgement->trace->tls;
    if (!tls->present || tls->verify_code <= 0 ||
        judgement->trace->failure.cls != HS_FAILURE_NONE) {
        return false;
    }
    return hs_judgement_say(judgement, "verify result %d: %s", tls->verify_code,
                            tls->verify ? tls->verify : "no words for it");
}

bool hs_rule_certificate_outside_dates(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    int64_t now = trace_seconds(trace);
    if (trace->failure.cls == HS_FAILURE_TLS_CERT_DATE_INVALID) {
        return false; /* said already */
    }
    for (size_t i = 0; i < trace->certificate_count; i++) {
        const hs_certificate *certificate = &trace->certificates[i];
        const char *subject = certificate->subject ? certificate->subject : "certificate";
        if (certificate->not_after < now) {
            return hs_judgement_say(judgement, "%s expired %" PRId64 " days ago", subject,
                                    (now - certificate->not_after) / DAY);
        }
        if (certificate->not_before > now) {
            return hs_judgement_say(judgement, "%s is not valid for %" PRId64 " more days", subject,
                                    (certificate->not_before - now) / DAY);
        }
    }
    return false;
}

/* 30 days are notice enough for a certificate of a year; one that lives for a week is judged by its
 * own length. */
bool hs_rule_certificate_expires_soon(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    if (trace->certificate_count == 0) {
        return false;
    }
    const hs_certificate *leaf = &trace->certificates[0];
    int64_t left = leaf->not_after - trace_seconds(trace);
    int64_t life = leaf->not_after - leaf->not_before;
    int64_t notice = life / 3 < 30 * DAY ? life / 3 : 30 * DAY;
    int64_t warning = life / 10 < 7 * DAY ? life / 10 : 7 * DAY;
    if (left < 0 || left >= notice || leaf->not_before > trace_seconds(trace)) {
        return false;
    }
    if (left < warning) {
        judgement->finding->severity = HS_SEVERITY_WARNING;
    }
    if (left >= 2 * DAY) {
        return hs_judgement_say(judgement, "%" PRId64 " days are left of %" PRId64, left / DAY,
                                life / DAY);
    }
    return hs_judgement_say(judgement, "%" PRId64 " hours are left", left / 3600);
}

/* Whether `key`, as "RSA 1024" or "EC P-192", is below what is acceptable today. */
static bool is_weak_key(const char *key)
{
    const char *digits = key + strcspn(key, "0123456789");
    long bits = strtol(digits, NULL, 10);
    if (bits <= 0) {
        return false;
    }
    if (strncmp(key, "RSA", 3) == 0 || strncmp(key, "DSA", 3) == 0) {
        return bits < RSA_BITS_MIN;
    }
    return strncmp(key, "EC P-", 5) == 0 && bits < EC_BITS_MIN;
}

bool hs_rule_weak_key(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    for (size_t i = 0; i < trace->certificate_count; i++) {
        const hs_certificate *certificate = &trace->certificates[i];
        if (certificate->key && is_weak_key(certificate->key)) {
            return hs_judgement_say(judgement, "%s has %s",
                                    certificate->subject ? certificate->subject : "a certificate",
                                    certificate->key);
        }
    }
    return false;
}

static bool is_self_issued(const hs_certificate *certificate)
{
    return certificate->subject && certificate->issuer &&
           strcmp(certificate->subject, certificate->issuer) == 0;
}

/* A root's own signature is never checked, so its hash does not matter. */
bool hs_rule_weak_signature(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    for (size_t i = 0; i < trace->certificate_count; i++) {
        const hs_certificate *certificate = &trace->certificates[i];
        const char *signature = certificate->signature;
        if (!signature || (i > 0 && is_self_issued(certificate))) {
            continue;
        }
        if (strcasestr(signature, "sha1") || strcasestr(signature, "sha-1") ||
            strcasestr(signature, "md5")) {
            return hs_judgement_say(judgement, "%s is signed with %s",
                                    certificate->subject ? certificate->subject : "a certificate",
                                    signature);
        }
    }
    return false;
}

bool hs_rule_root_sent(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    for (size_t i = 1; i < trace->certificate_count; i++) {
        const hs_certificate *certificate = &trace->certificates[i];
        if (is_self_issued(certificate)) {
            return hs_judgement_say(
                judgement, "certificate %zu of %zu, %s, is self-signed: %zu bytes", i + 1,
                trace->certificate_count, certificate->subject, certificate->der.len);
        }
    }
    return false;
}

bool hs_rule_chain_long(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    if (trace->certificate_count < CHAIN_LONG) {
        return false;
    }
    size_t bytes = 0;
    for (size_t i = 0; i < trace->certificate_count; i++) {
        bytes += trace->certificates[i].der.len;
    }
    return hs_judgement_say(judgement, "%zu certificates, %zu bytes", trace->certificate_count,
                            bytes);
}
