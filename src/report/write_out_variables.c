/* curl's --write-out variables, with curl's meaning: times count from the start. */
#include "report/write_out_variables.h"

#include <string.h>

#include "report/write_out.h"

static int64_t zero(const hs_trace *trace)
{
    (void)trace;
    return 0;
}

static int64_t http_code(const hs_trace *trace)
{
    return trace->http.present ? trace->http.status : 0;
}

static const char *http_version(const hs_trace *trace)
{
    const char *version = trace->http.present ? trace->http.version : NULL;
    if (!version) {
        return "0";
    }
    if (strcmp(version, "HTTP/1.0") == 0) {
        return "1";
    }
    return strncmp(version, "HTTP/", 5) == 0 ? version + 5 : version;
}

static int64_t num_connects(const hs_trace *trace)
{
    return trace->milestones[HS_MILESTONE_ESTABLISHED].at != HS_TIME_NONE ? 1 : 0;
}

static int64_t num_certs(const hs_trace *trace)
{
    return (int64_t)trace->certificate_count;
}

static int64_t remote_port(const hs_trace *trace)
{
    return trace->target.address ? trace->target.port : 0;
}

static int64_t ssl_verify_result(const hs_trace *trace)
{
    return trace->tls.verify_code > 0 ? trace->tls.verify_code : 0;
}

static int64_t exitcode(const hs_trace *trace)
{
    const hs_failure_descriptor *failure = hs_failure_describe(trace->failure.cls);
    return failure ? failure->exit_status : 0;
}

static const char *errormsg(const hs_trace *trace)
{
    const hs_failure_descriptor *failure = hs_failure_describe(trace->failure.cls);
    if (!failure) {
        return NULL;
    }
    return trace->failure.message ? trace->failure.message : failure->meaning;
}

static const char *remote_ip(const hs_trace *trace)
{
    return trace->target.address;
}

static const char *scheme(const hs_trace *trace)
{
    return trace->target.scheme;
}

static const char *url(const hs_trace *trace)
{
    return trace->target.url;
}

#define TIME(name, milestone)                                                                      \
    {                                                                                              \
        name, HS_VARIABLE_TIME, HS_MILESTONE_##milestone, 0, NULL, NULL, NULL                      \
    }
#define NUMBER(name, digits, function)                                                             \
    {                                                                                              \
        name, HS_VARIABLE_NUMBER, HS_MILESTONE_END, digits, function, NULL, NULL                   \
    }
#define TEXT(name, function)                                                                       \
    {                                                                                              \
        name, HS_VARIABLE_TEXT, HS_MILESTONE_END, 0, NULL, function, NULL                          \
    }
#define BLOCK(name, function)                                                                      \
    {                                                                                              \
        name, HS_VARIABLE_BLOCK, HS_MILESTONE_END, 0, NULL, NULL, function                         \
    }
#define SWITCH(name, kind)                                                                         \
    {                                                                                              \
        name, HS_VARIABLE_##kind, HS_MILESTONE_END, 0, NULL, NULL, NULL                            \
    }

const hs_variable hs_variables[] = {
    BLOCK("certs", hs_write_out_certs),
    TEXT("errormsg", errormsg),
    NUMBER("exitcode", 1, exitcode),
    NUMBER("http_code", 3, http_code),
    TEXT("http_version", http_version),
    BLOCK("json", hs_write_out_json),
    NUMBER("num_certs", 1, num_certs),
    NUMBER("num_connects", 1, num_connects),
    NUMBER("num_redirects", 1, zero),
    SWITCH("onerror", ONERROR),
    TEXT("remote_ip", remote_ip),
    NUMBER("remote_port", 1, remote_port),
    NUMBER("response_code", 3, http_code),
    TEXT("scheme", scheme),
    NUMBER("ssl_verify_result", 1, ssl_verify_result),
    SWITCH("stderr", STDERR),
    SWITCH("stdout", STDOUT),
    TIME("time_appconnect", TLS_DONE),
    TIME("time_connect", ESTABLISHED),
    TIME("time_namelookup", DNS_DONE),
    TIME("time_pretransfer", READY),
    /* Redirects are reported, not followed. */
    TIME("time_redirect", COUNT),
    TIME("time_starttransfer", FIRST_RESPONSE),
    TIME("time_total", END),
    TEXT("url", url),
    TEXT("url_effective", url),
    {0},
};

int64_t hs_variable_microseconds(const hs_trace *trace, const hs_variable *variable)
{
    if (variable->milestone == HS_MILESTONE_COUNT) {
        return 0;
    }
    /* QUIC's handshake is TLS's as well. */
    bool is_quic = variable->milestone == HS_MILESTONE_TLS_DONE && trace->quic.present;
    hs_time at = trace->milestones[is_quic ? HS_MILESTONE_QUIC_DONE : variable->milestone].at;
    return at == HS_TIME_NONE || at < 0 ? 0 : (at + HS_MICROSECOND / 2) / HS_MICROSECOND;
}

bool hs_write_out_is_curls(const char *name)
{
    static const char *const others[] = {
        "conn_id",
        "content_type",
        "filename_effective",
        "ftp_entry_path",
        "header_json",
        "http_connect",
        "local_ip",
        "local_port",
        "method",
        "num_headers",
        "num_retries",
        "proxy_ssl_verify_result",
        "proxy_used",
        "redirect_url",
        "referer",
        "size_delivered",
        "size_download",
        "size_header",
        "size_request",
        "size_upload",
        "speed_download",
        "speed_upload",
        "time_posttransfer",
        "time_queue",
        "tls_earlydata",
        "urlnum",
        "xfer_id",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(others[i], name) == 0) {
            return true;
        }
    }
    return false;
}
