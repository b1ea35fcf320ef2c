#include "report/facts.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/http2.h"
#include "wire/http3.h"
#include "wire/quic/version.h"
#include "wire/tls/alert.h"
#include "wire/tls/names.h"

const char *hs_fact_name(const char *name, unsigned value, char out[HS_FACT_TEXT_MAX])
{
    if (name) {
        return name;
    }
    snprintf(out, HS_FACT_TEXT_MAX, "0x%04x", value);
    return out;
}

const char *hs_fact_tls_version(uint16_t version, char out[HS_FACT_TEXT_MAX])
{
    return hs_fact_name(hs_tls_version_name(version), version, out);
}

const char *hs_fact_cipher(uint16_t cipher, char out[HS_FACT_TEXT_MAX])
{
    return hs_fact_name(hs_tls_cipher_suite_name(cipher), cipher, out);
}

const char *hs_fact_group(uint16_t group, char out[HS_FACT_TEXT_MAX])
{
    return hs_fact_name(hs_tls_group_name(group), group, out);
}

const char *hs_fact_signature(uint16_t signature, char out[HS_FACT_TEXT_MAX])
{
    return hs_fact_name(hs_tls_signature_scheme_name(signature), signature, out);
}

const char *hs_fact_alert(int description, char out[HS_FACT_TEXT_MAX])
{
    const char *name = hs_tls_alert_description_name((uint8_t)description);
    if (name) {
        return name;
    }
    snprintf(out, HS_FACT_TEXT_MAX, "%d", description);
    return out;
}

const char *hs_fact_http2_setting(uint16_t id, char out[HS_FACT_TEXT_MAX])
{
    return hs_fact_name(hs_http2_setting_name(id), id, out);
}

const char *hs_fact_http2_error(uint32_t error, char out[HS_FACT_TEXT_MAX])
{
    return hs_fact_name(hs_http2_error_name(error), error, out);
}

const char *hs_fact_quic_version(uint32_t version, char out[HS_FACT_TEXT_MAX])
{
    return hs_quic_version_text(version, out);
}

const char *hs_fact_http3_setting(uint64_t id, char out[HS_FACT_TEXT_MAX])
{
    const char *name = hs_http3_setting_name(id);
    if (name && !hs_http3_is_reserved(id)) {
        return name;
    }
    snprintf(out, HS_FACT_TEXT_MAX, "0x%" PRIx64, id);
    return out;
}

const char *hs_fact_phase_title(hs_phase phase)
{
    static const char *const titles[] = {
#define HS_X(symbol, name, title) title,
        HS_PHASE_MAP(HS_X)
#undef HS_X
    };
    return titles[phase];
}

const char *hs_fact_clock(hs_clock clock)
{
    switch (clock) {
    case HS_CLOCK_USER:
        return "user";
    case HS_CLOCK_KERNEL:
        return "kernel";
    case HS_CLOCK_TCP_INFO:
        return "tcp_info";
    case HS_CLOCK_CAPTURE:
        return "capture";
    case HS_CLOCK_QUIC_ACK:
        return "quic_ack";
    case HS_CLOCK_NONE:
        break;
    }
    return NULL;
}

hs_clock hs_fact_span_clock(const hs_phase_span *span)
{
    hs_clock start = span->start.clock;
    hs_clock end = span->end.clock;
    if (end == HS_CLOCK_TCP_INFO) {
        /* The end was computed: the start and the kernel's own measurement. */
        return end;
    }
    if (start == HS_CLOCK_USER || end == HS_CLOCK_USER) {
        return HS_CLOCK_USER;
    }
    /* A start that was computed from TCP_INFO is the kernel's as well. */
    return end != HS_CLOCK_NONE ? end : start;
}

hs_time hs_fact_span_time(const hs_phase_span *span)
{
    if (!span->present || span->start.at == HS_TIME_NONE || span->end.at == HS_TIME_NONE) {
        return HS_TIME_NONE;
    }
    return span->end.at - span->start.at;
}

hs_time hs_fact_end(const hs_trace *trace)
{
    hs_time end = trace->milestones[HS_MILESTONE_END].at;
    if (end != HS_TIME_NONE) {
        return end;
    }
    end = 0;
    for (int i = 0; i < HS_MILESTONE_COUNT; i++) {
        if (trace->milestones[i].at > end) {
            end = trace->milestones[i].at;
        }
    }
    return end;
}

const char *hs_fact_early_data(hs_early_data early_data)
{
    switch (early_data) {
    case HS_EARLY_DATA_NOT_OFFERED:
        return "not_offered";
    case HS_EARLY_DATA_ACCEPTED:
        return "accepted";
    case HS_EARLY_DATA_REJECTED:
        return "rejected";
    case HS_EARLY_DATA_UNSEEN:
        break;
    }
    return NULL;
}

const char *hs_fact_failure_class(hs_failure_class cls)
{
    const hs_failure_descriptor *failure = hs_failure_describe(cls);
    return failure ? failure->name : NULL;
}

void hs_fact_parts(const hs_accounting *accounting, hs_fact_part parts[HS_FACT_PART_COUNT])
{
    parts[0] = (hs_fact_part){"dns", accounting->dns};
    parts[1] = (hs_fact_part){"network", accounting->network};
    parts[2] = (hs_fact_part){"server", accounting->server};
    parts[3] = (hs_fact_part){"client", accounting->client};
    parts[4] = (hs_fact_part){"tail", accounting->tail};
    parts[5] = (hs_fact_part){"loss", accounting->loss};
}
