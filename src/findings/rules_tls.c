/* Rules over the TLS handshake. */
#include <string.h>

#include "findings/rules.h"
#include "wire/tls/cipher_suite.h"
#include "wire/tls/names.h"

static bool tls_done(const hs_trace *trace)
{
    return trace->tls.present && (hs_trace_reached(trace, HS_MILESTONE_TLS_DONE) ||
                                  hs_trace_reached(trace, HS_MILESTONE_QUIC_DONE));
}

/* What the client offered stands in the first part of its JA4, "t13d1516h2": transport, highest
 * version, SNI, numbers of suites and extensions, first and last letter of the first ALPN. */
enum { JA4_VERSION = 1, JA4_ALPN = 8, JA4_PART_LEN = 10 };

static bool ja4_has(const hs_trace *trace, size_t offset, const char two[2])
{
    const char *ja4 = trace->tls.ja4;
    return ja4 && strlen(ja4) >= JA4_PART_LEN && memcmp(ja4 + offset, two, 2) == 0;
}

bool hs_rule_old_tls_version(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    uint16_t version = trace->tls.version;
    if (!tls_done(trace) || version == 0 || version >= HS_TLS_1_2) {
        return false;
    }
    const char *name = hs_tls_version_name(version);
    return hs_judgement_say(judgement, "%s was negotiated", name ? name : "an older version");
}

bool hs_rule_tls12_costs_a_round_trip(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    /* A resumed handshake of TLS 1.2 takes one round trip, as TLS 1.3's. */
    if (!tls_done(trace) || trace->tls.version != HS_TLS_1_2 || trace->tls.resumed == HS_YES) {
        return false;
    }
    hs_judgement_costs_round_trips(judgement, 1);
    if (ja4_has(trace, JA4_VERSION, "13")) {
        return hs_judgement_say(judgement, "TLSv1.3 was offered, the server chose TLSv1.2");
    }
    if (trace->tls.ja4) {
        judgement->finding->advice = "offer TLS 1.3 (--tls-max 1.3), and enable it on the server";
        return hs_judgement_say(judgement, "TLSv1.2 was negotiated; TLSv1.3 was not offered");
    }
    return hs_judgement_say(judgement, "TLSv1.2 was negotiated");
}

bool hs_rule_no_forward_secrecy(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    const hs_tls_cipher_suite *suite = trace->tls.has_cipher
                                           ? hs_tls_cipher_suite_find(trace->tls.cipher)
                                           : NULL;
    if (!tls_done(trace) || !suite) {
        return false;
    }
    switch (suite->key_exchange) {
    case HS_TLS_KX_RSA:
    case HS_TLS_KX_RSA_EXPORT:
    case HS_TLS_KX_DH:
    case HS_TLS_KX_ECDH:
    case HS_TLS_KX_PSK:
    case HS_TLS_KX_RSA_PSK:
        return hs_judgement_say(judgement, "%s exchanges keys without an ephemeral one",
                                suite->name);
    default:
        return false;
    }
}

bool hs_rule_weak_cipher(hs_judgement *judgement)
{
    static const char *const weak[] = {"_NULL_", "_EXPORT_", "_RC4_",  "_RC2_",
                                       "_DES_",  "_DES40_",  "_3DES_", "_anon_"};
    const hs_trace *trace = judgement->trace;
    const char *name = trace->tls.has_cipher ? hs_tls_cipher_suite_name(trace->tls.cipher) : NULL;
    if (!tls_done(trace) || !name) {
        return false;
    }
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        if (strstr(name, weak[i])) {
            return hs_judgement_say(judgement, "%s was negotiated", name);
        }
    }
    return false;
}

bool hs_rule_cbc_cipher(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    const char *name = trace->tls.has_cipher ? hs_tls_cipher_suite_name(trace->tls.cipher) : NULL;
    if (!tls_done(trace) || !name || !strstr(name, "_CBC_") || strstr(name, "DES")) {
        return false;
    }
    return hs_judgement_say(judgement, "%s was negotiated", name);
}

bool hs_rule_hello_retry_request(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    if (!trace->tls.present || trace->tls.hello_retry_request != HS_YES) {
        return false;
    }
    hs_judgement_costs_round_trips(judgement, 1);
    const char *group = trace->tls.group ? hs_tls_group_name(trace->tls.group) : NULL;
    if (!group) {
        return hs_judgement_say(judgement, "a HelloRetryRequest came");
    }
    judgement->finding->advice = hs_arena_printf(judgement->arena, "offer %s first (--groups %s:…)",
                                                 group, group);
    return hs_judgement_say(judgement, "a HelloRetryRequest came; then %s was used", group);
}

bool hs_rule_early_data_rejected(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    if (!trace->tls.present || trace->tls.early_data != HS_EARLY_DATA_REJECTED) {
        return false;
    }
    hs_judgement_costs_round_trips(judgement, 1);
    return hs_judgement_say(judgement, "the request had to be sent again%s",
                            trace->tls.resumed == HS_YES ? ", although the session was resumed"
                                                         : ", and the session was not resumed");
}

bool hs_rule_no_alpn(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    const char *ja4 = trace->tls.ja4;
    bool offered = ja4 && strlen(ja4) >= JA4_PART_LEN && !ja4_has(trace, JA4_ALPN, "00");
    /* Where TLS 1.3's encrypted messages could not be read, neither could the server's choice. */
    bool is_hidden = trace->tls.version == HS_TLS_1_3 &&
                     trace->tls.client_certificate_requested == HS_UNSEEN;
    if (!tls_done(trace) || trace->tls.alpn || !offered || is_hidden) {
        return false;
    }
    return hs_judgement_say(judgement, "the client offered some, the server answered with none");
}

/* Tickets of TLS 1.3 come after the handshake, so only an answered connection tells. */
bool hs_rule_no_session_ticket(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    if (!tls_done(trace) || trace->tls.version != HS_TLS_1_3 || trace->tls.tickets > 0 ||
        !hs_trace_reached(trace, HS_MILESTONE_FIRST_RESPONSE)) {
        return false;
    }
    return hs_judgement_say(judgement, "no NewSessionTicket until the first response");
}

bool hs_rule_ocsp_not_stapled(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    if (!tls_done(trace) || trace->tls.ocsp_stapled != HS_NO || trace->tls.resumed == HS_YES) {
        return false;
    }
    return hs_judgement_say(judgement, "the client asked for one (status_request)");
}
