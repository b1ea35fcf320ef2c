/* TLS and the certificates. */
#include <stdio.h>
#include <time.h>

#include "base/time_text.h"
#include "report/facts.h"
#include "report/json_parts.h"
#include "wire/tls/alert.h"

static json_t *alert_object(hs_json *json, const hs_tls_facts *tls)
{
    char text[HS_FACT_TEXT_MAX];
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "from", tls->alert_from == HS_CLIENT ? "client" : "server");
    hs_json_text(json, object, "level", hs_tls_alert_level_name(tls->alert_level));
    hs_json_integer(json, object, "number", tls->alert_description);
    hs_json_text(json, object, "description", hs_fact_alert(tls->alert_description, text));
    return object;
}

static void set_negotiated(hs_json *json, json_t *object, const hs_tls_facts *tls)
{
    char text[HS_FACT_TEXT_MAX];
    if (tls->version != 0) {
        hs_json_text(json, object, "version", hs_fact_tls_version(tls->version, text));
    }
    if (tls->has_cipher) {
        hs_json_text(json, object, "cipher", hs_fact_cipher(tls->cipher, text));
        snprintf(text, sizeof text, "%04x", tls->cipher);
        hs_json_text(json, object, "cipher_id", text);
    }
    if (tls->group != 0) {
        hs_json_text(json, object, "group", hs_fact_group(tls->group, text));
    }
    if (tls->signature != 0) {
        hs_json_text(json, object, "signature", hs_fact_signature(tls->signature, text));
    }
    hs_json_text(json, object, "alpn", tls->alpn);
}

json_t *hs_json_tls(hs_json *json, const hs_tls_facts *tls)
{
    json_t *object = hs_json_object(json);
    set_negotiated(json, object, tls);
    hs_json_text(json, object, "server_name", tls->server_name);
    hs_json_seen(json, object, "resumed", tls->resumed);
    hs_json_text(json, object, "early_data", hs_fact_early_data(tls->early_data));
    hs_json_seen(json, object, "hello_retry_request", tls->hello_retry_request);
    hs_json_seen(json, object, "ocsp_stapled", tls->ocsp_stapled);
    hs_json_seen(json, object, "client_certificate_requested", tls->client_certificate_requested);
    hs_json_integer(json, object, "tickets", tls->tickets);
    hs_json_text(json, object, "ja3", tls->ja3);
    hs_json_text(json, object, "ja3s", tls->ja3s);
    hs_json_text(json, object, "ja4", tls->ja4);
    if (tls->has_alert) {
        hs_json_set(json, object, "alert", alert_object(json, tls));
    }
    if (tls->verify_code >= 0) {
        hs_json_text(json, object, "verify", tls->verify);
        hs_json_integer(json, object, "verify_code", tls->verify_code);
    }
    return object;
}

static void set_date(hs_json *json, json_t *object, const char *key, int64_t epoch_seconds)
{
    /* Certificates count in seconds, and their years reach beyond what nanoseconds can. */
    time_t time = (time_t)epoch_seconds;
    struct tm tm;
    char text[HS_TIME_TEXT_MAX];
    if (gmtime_r(&time, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0) {
        hs_json_text(json, object, key, text);
    }
}

static json_t *certificate_object(hs_json *json, const hs_certificate *certificate)
{
    json_t *object = hs_json_object(json);
    hs_json_text(json, object, "subject", certificate->subject);
    hs_json_text(json, object, "issuer", certificate->issuer);
    hs_json_text(json, object, "serial", certificate->serial);
    set_date(json, object, "not_before", certificate->not_before);
    set_date(json, object, "not_after", certificate->not_after);
    hs_json_text(json, object, "key", certificate->key);
    hs_json_text(json, object, "signature", certificate->signature);
    if (certificate->name_count > 0) {
        json_t *names = hs_json_array(json);
        for (size_t i = 0; i < certificate->name_count; i++) {
            hs_json_append(json, names, hs_json_string(certificate->names[i]));
        }
        hs_json_set(json, object, "names", names);
    }
    hs_json_text(json, object, "sha256", certificate->sha256);
    hs_json_text(json, object, "pin", certificate->pin);
    if (certificate->der.len > 0) {
        hs_json_integer(json, object, "bytes", (int64_t)certificate->der.len);
    }
    return object;
}

json_t *hs_json_certificates(hs_json *json, const hs_trace *trace)
{
    json_t *array = hs_json_array(json);
    for (size_t i = 0; i < trace->certificate_count; i++) {
        hs_json_append(json, array, certificate_object(json, &trace->certificates[i]));
    }
    return array;
}
