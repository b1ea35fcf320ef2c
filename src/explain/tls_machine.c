/* RFC 8446 A.1 and A.2, as rows. In QUIC there is no EndOfEarlyData (RFC 9001 8.3). */
#include "explain/tls_machine.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RULE(side, from, sender, message, when, to)                                                \
    {                                                                                              \
        HS_##side, from, HS_##sender, message, HS_TLS_##when, to                                   \
    }

const hs_tls_rule hs_tls_rules[] = {
    /* A.1: the client */
    RULE(CLIENT, "START", CLIENT, "ClientHello", ALWAYS, "WAIT_SH"),
    RULE(CLIENT, "WAIT_SH", SERVER, "HelloRetryRequest", ALWAYS, "START"),
    RULE(CLIENT, "WAIT_SH", SERVER, "ServerHello", ALWAYS, "WAIT_EE"),
    RULE(CLIENT, "WAIT_EE", SERVER, "EncryptedExtensions", WITH_PSK, "WAIT_FINISHED"),
    RULE(CLIENT, "WAIT_EE", SERVER, "EncryptedExtensions", WITH_CERTIFICATE, "WAIT_CERT_CR"),
    RULE(CLIENT, "WAIT_CERT_CR", SERVER, "CertificateRequest", ALWAYS, "WAIT_CERT"),
    RULE(CLIENT, "WAIT_CERT_CR", SERVER, "Certificate", ALWAYS, "WAIT_CV"),
    RULE(CLIENT, "WAIT_CERT", SERVER, "Certificate", ALWAYS, "WAIT_CV"),
    RULE(CLIENT, "WAIT_CV", SERVER, "CertificateVerify", ALWAYS, "WAIT_FINISHED"),
    /* Having received the server's, it sends its own. */
    RULE(CLIENT, "WAIT_FINISHED", CLIENT, "Finished", ALWAYS, "CONNECTED"),
    /* A.2: the server */
    RULE(SERVER, "START", CLIENT, "ClientHello", ALWAYS, "RECVD_CH"),
    RULE(SERVER, "RECVD_CH", SERVER, "HelloRetryRequest", ALWAYS, "START"),
    RULE(SERVER, "RECVD_CH", SERVER, "ServerHello", ALWAYS, "NEGOTIATED"),
    RULE(SERVER, "NEGOTIATED", SERVER, "Finished", WITH_EARLY_DATA, "WAIT_EOED"),
    RULE(SERVER, "NEGOTIATED", SERVER, "Finished", WITHOUT_EARLY_DATA, "WAIT_FLIGHT2"),
    RULE(SERVER, "WAIT_EOED", CLIENT, "EndOfEarlyData", ALWAYS, "WAIT_FLIGHT2"),
    RULE(SERVER, "WAIT_FLIGHT2", CLIENT, NULL, WITH_CLIENT_AUTH, "WAIT_CERT"),
    RULE(SERVER, "WAIT_FLIGHT2", CLIENT, NULL, WITHOUT_CLIENT_AUTH, "WAIT_FINISHED"),
    RULE(SERVER, "WAIT_CERT", CLIENT, "Certificate", EMPTY, "WAIT_FINISHED"),
    RULE(SERVER, "WAIT_CERT", CLIENT, "Certificate", NOT_EMPTY, "WAIT_CV"),
    RULE(SERVER, "WAIT_CV", CLIENT, "CertificateVerify", ALWAYS, "WAIT_FINISHED"),
    RULE(SERVER, "WAIT_FINISHED", CLIENT, "Finished", ALWAYS, "CONNECTED"),
};

const size_t hs_tls_rule_count = COUNT(hs_tls_rules);

static bool has_no_certificates(const hs_event *message)
{
    for (const hs_detail *detail = message ? message->details : NULL; detail;
         detail = detail->next) {
        if (strcmp(detail->key, "certificates") == 0) {
            return !detail->text && detail->number == 0;
        }
    }
    return false;
}

static bool is_good(const hs_trace *trace, const hs_event *message, hs_tls_when when)
{
    const hs_tls_facts *tls = &trace->tls;
    bool is_early = tls->early_data == HS_EARLY_DATA_ACCEPTED && !trace->quic.present;
    switch (when) {
    case HS_TLS_WITH_CERTIFICATE:
        return tls->resumed != HS_YES;
    case HS_TLS_WITH_PSK:
        return tls->resumed == HS_YES;
    case HS_TLS_WITH_EARLY_DATA:
        return is_early;
    case HS_TLS_WITHOUT_EARLY_DATA:
        return !is_early;
    case HS_TLS_WITH_CLIENT_AUTH:
        return tls->client_certificate_requested == HS_YES;
    case HS_TLS_WITHOUT_CLIENT_AUTH:
        return tls->client_certificate_requested != HS_YES;
    case HS_TLS_EMPTY:
        return has_no_certificates(message);
    case HS_TLS_NOT_EMPTY:
        return !has_no_certificates(message);
    default:
        return true;
    }
}

const hs_tls_rule *hs_tls_rule_find(const hs_trace *trace, hs_side side, const char *state,
                                    const hs_event *message)
{
    for (size_t i = 0; i < hs_tls_rule_count; i++) {
        const hs_tls_rule *rule = &hs_tls_rules[i];
        bool is_message = message
                              ? rule->message && message->name && rule->sender == message->from &&
                                    strcmp(rule->message, message->name) == 0
                              : !rule->message;
        if (rule->side == side && is_message && strcmp(rule->from, state) == 0 &&
            is_good(trace, message, rule->when)) {
            return rule;
        }
    }
    return NULL;
}
