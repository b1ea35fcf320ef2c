/* Rules over what is spoken on the connection. */
#include <inttypes.h>
#include <string.h>

#include "findings/rules.h"

bool hs_rule_no_tls(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    const char *scheme = trace->target.scheme;
    bool plain = scheme && (strcmp(scheme, "http") == 0 || strcmp(scheme, "ws") == 0);
    if (!plain || trace->tls.present || !hs_trace_reached(trace, HS_MILESTONE_READY)) {
        return false;
    }
    if (hs_trace_is_loopback(trace)) {
        judgement->finding->severity = HS_SEVERITY_INFO;
    }
    return hs_judgement_say(judgement, "%s sends everything as plain text", scheme);
}

bool hs_rule_redirect(hs_judgement *judgement)
{
    const hs_http_facts *http = &judgement->trace->http;
    if (!http->present || http->status < 300 || http->status > 399 || !http->location) {
        return false;
    }
    return hs_judgement_say(judgement, "%d to %s", http->status, http->location);
}

bool hs_rule_server_error(hs_judgement *judgement)
{
    const hs_http_facts *http = &judgement->trace->http;
    if (!http->present || http->status < 500 || http->status > 599 ||
        judgement->trace->failure.cls != HS_FAILURE_NONE) {
        return false;
    }
    return hs_judgement_say(judgement, "%s answered %d", http->version ? http->version : "HTTP",
                            http->status);
}

bool hs_rule_goaway(hs_judgement *judgement)
{
    const hs_trace *trace = judgement->trace;
    if (!trace->http2.has_goaway || trace->failure.cls != HS_FAILURE_NONE) {
        return false;
    }
    return hs_judgement_say(judgement, "GOAWAY with error code %" PRIu32,
                            trace->http2.goaway_error);
}
