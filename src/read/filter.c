#include "read/filter.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/* The same address may be spelled in several ways (RFC 5952). */
static bool same_address(const char *a, const char *b)
{
    unsigned char x[16];
    unsigned char y[16];
    if (!a || !b) {
        return false;
    }
    if (inet_pton(AF_INET6, a, x) == 1) {
        return inet_pton(AF_INET6, b, y) == 1 && memcmp(x, y, sizeof x) == 0;
    }
    return inet_pton(AF_INET, a, x) == 1 && inet_pton(AF_INET, b, y) == 1 && memcmp(x, y, 4) == 0;
}

static bool same_name(const char *a, const char *b)
{
    return a && b && strcasecmp(a, b) == 0;
}

static bool is_host(const hs_trace *trace, const char *host)
{
    return same_address(trace->capture.client_address, host) ||
           same_address(trace->target.address, host) || same_name(trace->tls.server_name, host) ||
           same_name(trace->target.host, host);
}

/* Until the handshake was over, one way or the other. */
static hs_time handshake_time(const hs_trace *trace)
{
    hs_time ready = trace->milestones[HS_MILESTONE_READY].at;
    return ready != HS_TIME_NONE ? ready : trace->failure.elapsed;
}

bool hs_filter_wants(const hs_capture_options *options, const hs_trace *trace)
{
    if (options->host && !is_host(trace, options->host)) {
        return false;
    }
    if (options->port >= 0 && trace->target.port != options->port &&
        trace->capture.client_port != options->port) {
        return false;
    }
    if (options->failed && trace->failure.cls == HS_FAILURE_NONE) {
        return false;
    }
    hs_time time = handshake_time(trace);
    return options->slower_than == HS_TIME_NONE ||
           (time != HS_TIME_NONE && time > options->slower_than);
}
