/* The certificate chain as sent, a row each, and what verification said of it. */
#include <inttypes.h>
#include <string.h>

#include "report/facts.h"
#include "report/text_parts.h"

enum { DAY = 24 * 60 * 60, NAMES_SHOWN = 6, DAYS_FEW = 30 };

static void put_days(hs_page *page, const hs_certificate *certificate, int64_t now)
{
    int64_t left = certificate->not_after - now;
    if (certificate->not_before > now) {
        hs_page_item(page, HS_TONE_BAD, "not valid for %" PRId64 " more days",
                     (certificate->not_before - now) / DAY);
    } else if (left < 0) {
        hs_page_item(page, HS_TONE_BAD, "expired %" PRId64 " days ago", -left / DAY);
    } else if (left < 2 * DAY) {
        hs_page_item(page, HS_TONE_NOTE, "%" PRId64 " hours left", left / 3600);
    } else {
        hs_page_item(page, left < DAYS_FEW * DAY ? HS_TONE_NOTE : HS_TONE_PLAIN,
                     "%" PRId64 " days left", left / DAY);
    }
}

static void put_names(hs_page *page, const hs_certificate *certificate)
{
    size_t shown = certificate->name_count < NAMES_SHOWN ? certificate->name_count : NAMES_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        hs_page_item(page, HS_TONE_PLAIN, "%s%s", i == 0 ? "for " : "", certificate->names[i]);
    }
    size_t left = certificate->name_count - shown;
    if (left > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "and %zu more name%s", left, left == 1 ? "" : "s");
    }
}

static void put_certificate(hs_page *page, const hs_trace *trace, size_t index)
{
    const hs_certificate *certificate = &trace->certificates[index];
    const char *subject = certificate->subject ? certificate->subject : "";
    const char *issuer = certificate->issuer ? certificate->issuer : "";
    hs_text_row(page, HS_TONE_PLAIN, index == 0 ? "certificate" : "issuer");
    hs_page_item(page, HS_TONE_STRONG, "%s", subject[0] != '\0' ? subject : "(empty subject)");
    if (certificate->key) {
        hs_page_item(page, HS_TONE_PLAIN, "%s", certificate->key);
    }
    if (certificate->signature) {
        hs_page_item(page, HS_TONE_PLAIN, "%s", certificate->signature);
    }
    put_days(page, certificate, trace->at / HS_SECOND);
    if (index == 0) {
        put_names(page, certificate);
    }
    /* An issuer that is the next row's subject need not be said twice. */
    bool next_says = index + 1 < trace->certificate_count &&
                     trace->certificates[index + 1].subject &&
                     strcmp(trace->certificates[index + 1].subject, issuer) == 0;
    if (strcmp(subject, issuer) == 0) {
        hs_page_item(page, HS_TONE_PLAIN, "self-issued");
    } else if (!next_says && issuer[0] != '\0') {
        hs_page_item(page, HS_TONE_PLAIN, "issued by %s", issuer);
    }
    hs_page_end_line(page);
}

static void put_verification(hs_page *page, const hs_tls_facts *tls)
{
    hs_text_row(page, HS_TONE_PLAIN, "verification");
    if (tls->verify_code == 0) {
        hs_page_item(page, HS_TONE_GOOD, "ok");
    } else {
        hs_page_item(page, HS_TONE_BAD, "%s (X509_V_ERR %d)",
                     tls->verify ? tls->verify : "not verified", tls->verify_code);
    }
    hs_page_end_line(page);
}

void hs_text_certificates(hs_page *page, const hs_trace *trace)
{
    for (size_t i = 0; i < trace->certificate_count; i++) {
        put_certificate(page, trace, i);
    }
    /* A failure of the verification is told below, with what to do about it. */
    bool told = trace->failure.verify > 0 && trace->failure.verify == trace->tls.verify_code;
    if (trace->tls.present && trace->tls.verify_code >= 0 && !told) {
        put_verification(page, &trace->tls);
    }
}
