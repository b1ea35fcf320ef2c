/* What was negotiated in a phase: what a person wants to know first, first. */
#include <inttypes.h>
#include <string.h>

#include "base/time_text.h"
#include "report/facts.h"
#include "report/text_parts.h"

static void put_seen(hs_page *page, const char *what, const char *value)
{
    if (value) {
        hs_page_item(page, HS_TONE_PLAIN, "%s%s%s", what, what[0] != '\0' ? " " : "", value);
    }
}

static void put_tcp(hs_page *page, const hs_trace *trace)
{
    const hs_tcp_facts *tcp = &trace->tcp;
    if (!tcp->present) {
        return;
    }
    char text[HS_TIME_TEXT_MAX];
    if (tcp->rtt_us >= 0) {
        hs_page_item(page, HS_TONE_PLAIN, "rtt %s ms (tcp_info)",
                     hs_time_ms(tcp->rtt_us * HS_MICROSECOND, text));
    }
    if (tcp->mss > 0) {
        hs_page_item(page, HS_TONE_PLAIN, "mss %u", tcp->mss);
    }
    if (tcp->syn_retransmits > 0) {
        hs_page_item(page, HS_TONE_NOTE, "SYN sent %d times", tcp->syn_retransmits + 1);
    }
    if (tcp->fast_open && strcmp(tcp->fast_open, "not_used") != 0) {
        put_seen(page, "fast open", tcp->fast_open);
    }
    if (tcp->ecn == HS_YES) {
        hs_page_item(page, HS_TONE_PLAIN, "ecn");
    }
}

static void put_tls_handshake(hs_page *page, const hs_tls_facts *tls)
{
    if (tls->resumed != HS_UNSEEN) {
        hs_page_item(page, HS_TONE_PLAIN, "%s", tls->resumed == HS_YES ? "resumed" : "full");
    }
    if (tls->early_data == HS_EARLY_DATA_ACCEPTED) {
        hs_page_item(page, HS_TONE_GOOD, "early data accepted");
    } else if (tls->early_data == HS_EARLY_DATA_REJECTED) {
        hs_page_item(page, HS_TONE_NOTE, "early data rejected");
    }
    if (tls->hello_retry_request == HS_YES) {
        hs_page_item(page, HS_TONE_NOTE, "HelloRetryRequest");
    }
    if (tls->ocsp_stapled == HS_YES) {
        hs_page_item(page, HS_TONE_PLAIN, "OCSP stapled");
    }
    if (tls->client_certificate_requested == HS_YES) {
        hs_page_item(page, HS_TONE_PLAIN, "client certificate requested");
    }
}

static void put_tls(hs_page *page, const hs_trace *trace)
{
    const hs_tls_facts *tls = &trace->tls;
    char text[HS_FACT_TEXT_MAX];
    if (!tls->present) {
        return;
    }
    if (tls->version != 0) {
        hs_page_item(page, HS_TONE_PLAIN, "%s", hs_fact_tls_version(tls->version, text));
    }
    if (tls->has_cipher) {
        hs_page_item(page, HS_TONE_PLAIN, "%s", hs_fact_cipher(tls->cipher, text));
    }
    if (tls->group != 0) {
        hs_page_item(page, HS_TONE_PLAIN, "%s", hs_fact_group(tls->group, text));
    }
    if (tls->signature != 0) {
        hs_page_item(page, HS_TONE_PLAIN, "%s", hs_fact_signature(tls->signature, text));
    }
    put_seen(page, "alpn", tls->alpn);
    put_tls_handshake(page, tls);
}

static void put_quic(hs_page *page, const hs_trace *trace)
{
    const hs_quic_facts *quic = &trace->quic;
    char text[HS_FACT_TEXT_MAX];
    if (quic->version != 0) {
        hs_page_item(page, HS_TONE_PLAIN, "QUIC %s", hs_fact_quic_version(quic->version, text));
    }
    if (quic->version_negotiation == HS_YES) {
        hs_page_item(page, HS_TONE_NOTE, "Version Negotiation");
    } else if (quic->original_version != 0 && quic->version != quic->original_version) {
        hs_page_item(page, HS_TONE_PLAIN, "upgraded from %s",
                     hs_fact_quic_version(quic->original_version, text));
    }
    if (quic->retry == HS_YES) {
        hs_page_item(page, HS_TONE_NOTE, "Retry");
    }
    if (quic->token == HS_YES) {
        hs_page_item(page, HS_TONE_GOOD, "address token sent");
    }
    if (quic->amplification_limited == HS_YES) {
        hs_page_item(page, HS_TONE_NOTE, "amplification limit reached");
    }
    if (quic->retransmits > 0) {
        hs_page_item(page, HS_TONE_NOTE, "%d packet%s sent again", quic->retransmits,
                     quic->retransmits == 1 ? "" : "s");
    }
    if (quic->probe_timeouts > 0) {
        hs_page_item(page, HS_TONE_NOTE, "%d probe time-out%s", quic->probe_timeouts,
                     quic->probe_timeouts == 1 ? "" : "s");
    }
    put_tls(page, trace);
}

static void put_http(hs_page *page, const hs_http_facts *http)
{
    if (!http->present) {
        return;
    }
    if (http->status > 0) {
        hs_page_item(page, http->status >= 400 ? HS_TONE_NOTE : HS_TONE_PLAIN, "%s%s%d",
                     http->version ? http->version : "", http->version ? " " : "", http->status);
    } else {
        put_seen(page, "", http->version);
    }
    put_seen(page, "", http->server);
    put_seen(page, "to", http->location);
    put_seen(page, "alt-svc", http->alt_svc);
}

/* The upgrade's answer is the connection's only HTTP response. */
static void put_upgrade(hs_page *page, const hs_trace *trace)
{
    const hs_websocket_facts *websocket = &trace->websocket;
    put_http(page, &trace->http);
    if (!websocket->present) {
        return;
    }
    if (websocket->accepted != HS_UNSEEN) {
        bool accepted = websocket->accepted == HS_YES;
        hs_page_item(page, accepted ? HS_TONE_PLAIN : HS_TONE_BAD, "%s",
                     accepted ? "accepted" : "wrong accept value");
    }
    put_seen(page, "subprotocol", websocket->subprotocol);
    put_seen(page, "extensions", websocket->extensions);
}

static void put_settings(hs_page *page, const hs_trace *trace)
{
    const hs_http2_facts *http2 = &trace->http2;
    const hs_http3_facts *http3 = &trace->http3;
    char text[HS_FACT_TEXT_MAX];
    for (size_t i = 0; http3->present && i < http3->setting_count; i++) {
        const hs_http3_setting_fact *setting = &http3->settings[i];
        hs_page_item(page, HS_TONE_PLAIN, "%s %" PRIu64, hs_fact_http3_setting(setting->id, text),
                     setting->value);
    }
    for (size_t i = 0; http2->present && i < http2->setting_count; i++) {
        const hs_setting *setting = &http2->settings[i];
        hs_page_item(page, HS_TONE_PLAIN, "%s %" PRIu32, hs_fact_http2_setting(setting->id, text),
                     setting->value);
    }
}

void hs_text_negotiated(hs_page *page, const hs_trace *trace, hs_phase phase)
{
    switch (phase) {
    case HS_PHASE_TCP:
        put_tcp(page, trace);
        break;
    case HS_PHASE_TLS:
        put_tls(page, trace);
        break;
    case HS_PHASE_UPGRADE:
        put_upgrade(page, trace);
        break;
    case HS_PHASE_SETTINGS:
        put_settings(page, trace);
        break;
    case HS_PHASE_RESPONSE:
        if (!trace->phases[HS_PHASE_UPGRADE].present) {
            put_http(page, &trace->http);
        }
        break;
    case HS_PHASE_QUIC:
        put_quic(page, trace);
        break;
    case HS_PHASE_DNS:
    case HS_PHASE_COUNT:
        break;
    }
}
