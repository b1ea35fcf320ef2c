/* The table of rules, and the walk over it. To add a finding: one row here, one function in a
 * rules_*.c file. */
#include "findings/findings.h"

#include "findings/rules.h"
#include "trace/build.h"

#define ROW(symbol, severity, title, advice)                                                       \
    {                                                                                              \
#symbol, HS_SEVERITY_##severity, title, advice, hs_rule_##symbol                           \
    }

static const hs_rule rules[] = {
    /* Trust. */
    ROW(verification_ignored, WARNING, "the certificate does not verify, and --insecure hid it",
        "mend the cause; a connection like this one can be read and changed on the way"),
    ROW(certificate_outside_dates, WARNING, "a certificate of the chain is outside its dates",
        "renew it; check the clocks of both sides"),
    ROW(certificate_expires_soon, NOTICE, "the certificate expires soon",
        "renew it now, and automatically from then on"),
    ROW(weak_key, WARNING, "a key in the chain is too small",
        "issue a certificate for an RSA key of 2048 bits or more, or for P-256"),
    ROW(weak_signature, WARNING, "a certificate is signed with a broken hash",
        "let the CA issue it anew with SHA-256 or better"),
    ROW(root_sent, INFO, "the server sends its root certificate",
        "leave it out of the chain: a client has the root or does not trust it"),
    ROW(chain_long, INFO, "the certificate chain is long",
        "use a CA with a shorter path, or one with ECDSA certificates"),
    /* TLS. */
    ROW(old_tls_version, WARNING, "a TLS version that RFC 8996 deprecates",
        "allow TLS 1.2 and 1.3 on the server, and nothing older"),
    ROW(tls12_costs_a_round_trip, NOTICE, "TLS 1.2 costs one more round trip than TLS 1.3",
        "enable TLS 1.3 on the server"),
    ROW(no_forward_secrecy, WARNING, "no forward secrecy",
        "prefer ECDHE suites: whoever gets the server's key later can read this connection"),
    ROW(weak_cipher, WARNING, "a weak cipher", "prefer AES-GCM or ChaCha20-Poly1305 on the server"),
    ROW(cbc_cipher, NOTICE, "a CBC cipher", "prefer AES-GCM or ChaCha20-Poly1305 on the server"),
    ROW(hello_retry_request, NOTICE, "the server asked for another key share",
        "offer its group first"),
    ROW(early_data_rejected, NOTICE, "early data was sent and rejected",
        "check that the server accepts early data and that the ticket is fresh and unused"),
    ROW(no_alpn, NOTICE, "no application protocol was chosen",
        "configure ALPN on the server; without it HTTP/2 is not possible"),
    ROW(no_session_ticket, INFO, "no session ticket came",
        "let the server issue tickets: a resumed handshake is cheaper for both sides"),
    ROW(ocsp_not_stapled, INFO, "no OCSP response was stapled",
        "staple one, if the CA still runs an OCSP responder"),
    /* The path. */
    ROW(flight_exceeds_window, NOTICE, "the server's first flight exceeds the initial window",
        "send a shorter chain or ECDSA certificates, or raise the server's initial window"),
    ROW(syn_retransmitted, WARNING, "the SYN had to be sent again",
        "look for packet loss, a full accept queue or a firewall that drops"),
    ROW(data_retransmitted, NOTICE, "data had to be sent again",
        "look for packet loss on the path"),
    ROW(family_fell_back, NOTICE, "IPv6 did not work, IPv4 did",
        "mend IPv6 at the server or on the way, or take its AAAA record away"),
    ROW(address_failed, NOTICE, "an address of the target does not answer",
        "mend it, or take it out of the DNS"),
    ROW(name_resolution_dominates, NOTICE, "name resolution took longer than the handshake",
        "use a closer or caching resolver, and look at the record's TTL"),
    ROW(server_time_dominates, NOTICE, "most of the time is the server's own",
        "look at the server's load and at what it does in this phase, not at the network"),
    ROW(client_time_dominates, INFO, "most of the time is this machine's own",
        "measure from a less loaded machine"),
    ROW(no_window_scale, NOTICE, "no window scaling",
        "look for a middlebox that strips TCP options: throughput is limited to 64 KiB a round "
        "trip"),
    ROW(no_sack, NOTICE, "no selective acknowledgement",
        "look for a middlebox that strips TCP options: recovery from loss is slow without it"),
    ROW(fast_open_not_used, INFO, "TCP Fast Open saved nothing",
        "a first connection only fetches the cookie; the server needs net.ipv4.tcp_fastopen=2 or "
        "3"),
    /* QUIC. */
    ROW(quic_retry, INFO, "the server asked for a proof of the address (Retry)",
        "keep the token that an earlier connection gave (NEW_TOKEN), or let the server ask under "
        "load only"),
    ROW(quic_version_negotiation, NOTICE, "the first QUIC version was not the server's",
        "begin with a version that the server has, or let both sides know compatible versions"),
    ROW(quic_amplification_limited, NOTICE,
        "the server's first flight exceeds three times what it had received",
        "send a shorter chain, ECDSA certificates, or compressed ones (RFC 8879)"),
    ROW(quic_packets_lost, NOTICE, "QUIC packets had to be sent again",
        "look for packet loss on the path, and for a firewall that limits UDP"),
    ROW(http3_offered, INFO, "the server offers HTTP/3, which saves a round trip",
        "connect by QUIC at once (--http3), or publish it in the DNS (HTTPS record)"),
    /* The application. */
    ROW(no_tls, NOTICE, "the connection is not encrypted", "use the scheme with TLS (https, wss)"),
    ROW(redirect, INFO, "the answer is a redirect",
        "use the final URL at once: a redirect to another host costs a whole handshake more"),
    ROW(server_error, NOTICE, "the answer is a server error", "look in the server's log"),
    ROW(goaway, NOTICE, "the server announced the end of the HTTP/2 connection",
        "a server that is shutting down does so; else the error code names the cause"),
};

enum { RULE_COUNT = sizeof rules / sizeof rules[0] };

/* Links what was found into the trace, the gravest first. */
static void link_findings(hs_trace *trace, hs_finding *const found[], size_t count)
{
    const hs_finding *first = NULL;
    for (int severity = HS_SEVERITY_INFO; severity <= HS_SEVERITY_ERROR; severity++) {
        for (size_t i = count; i > 0; i--) {
            if ((int)found[i - 1]->severity == severity) {
                found[i - 1]->next = first;
                first = found[i - 1];
            }
        }
    }
    trace->findings = first;
}

/* `*out` stays NULL where the rule has nothing to say. */
static hs_result run_rule(const hs_trace *trace, hs_arena *arena, const hs_rule *rule,
                          hs_finding **out)
{
    hs_finding finding = {.id = rule->id,
                          .severity = rule->severity,
                          .title = rule->title,
                          .advice = rule->advice,
                          .cost_round_trips = -1,
                          .cost = HS_TIME_NONE};
    hs_judgement judgement = {trace, arena, &finding};
    if (!rule->applies(&judgement)) {
        return HS_OK;
    }
    hs_finding *kept = HS_ARENA_NEW(arena, hs_finding);
    if (!kept || !finding.evidence || !finding.advice) {
        return HS_NO_MEMORY;
    }
    *kept = finding;
    *out = kept;
    return HS_OK;
}

hs_result hs_findings_run(hs_trace *trace)
{
    hs_finding *found[RULE_COUNT];
    size_t count = 0;
    hs_result result = HS_OK;
    for (size_t i = 0; i < RULE_COUNT && result == HS_OK; i++) {
        hs_finding *finding = NULL;
        result = run_rule(trace, hs_trace_arena(trace), &rules[i], &finding);
        if (finding) {
            found[count++] = finding;
        }
    }
    link_findings(trace, found, count);
    return result;
}
