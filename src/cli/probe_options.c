/* The table of the probe's options, and the setters of those that are checked as they are read. */
#include "cli/probe_options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/shared_options.h"

enum { PROTOCOL_MAX = 255 };

#define AT(field) offsetof(hs_probe_settings, field)

static hs_result wrong(hs_problem *problem, const char *format, ...) HS_PRINTF(2, 3);
static hs_result wrong(hs_problem *problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
    return HS_INVALID;
}

static hs_result set_tls_max(void *field, const char *argument, hs_problem *problem)
{
    static const struct {
        const char *name;
        int version;
    } versions[] = {
        {"1.0", 0x0301}, {"1.1", 0x0302}, {"1.2", 0x0303}, {"1.3", 0x0304}, {"default", 0}};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (strcmp(versions[i].name, argument) == 0) {
            memcpy(field, &versions[i].version, sizeof versions[i].version);
            return HS_OK;
        }
    }
    return wrong(problem, "'%s' is not one of 1.0, 1.1, 1.2, 1.3, default", argument);
}

/* RFC 7301 3.1: names of 1 to 255 bytes. An empty list offers nothing. */
static hs_result set_alpn(void *field, const char *argument, hs_problem *problem)
{
    for (const char *at = argument; argument[0] != '\0'; at++) {
        size_t len = strcspn(at, ",");
        if (len == 0 || len > PROTOCOL_MAX) {
            return wrong(problem, "'%.80s' is not a comma list of protocol names", argument);
        }
        at += len;
        if (*at == '\0') {
            break;
        }
    }
    *(const char **)field = argument;
    return HS_OK;
}

static hs_result set_write_out(void *field, const char *argument, hs_problem *problem)
{
    if (argument[0] != '@' && hs_probe_check_format(argument, problem) != HS_OK) {
        return HS_INVALID;
    }
    *(const char **)field = argument;
    return HS_OK;
}

const hs_option hs_probe_option_table[] = {
    HS_ADDRESS_OPTIONS,
    {.name = "tcp-fastopen",
     .help = "send the first bytes with the SYN, where the cookie is known",
     .kind = HS_OPTION_FLAG,
     .offset = AT(probe.tcp_fastopen)},

    HS_DEADLINE_OPTIONS,

    {.group = "TLS",
     .name = "tlsv1.2",
     .help = "TLS 1.2 or later",
     .kind = HS_OPTION_CONSTANT,
     .offset = AT(tls_min),
     .value = 0x0303},
    {.name = "tlsv1.3",
     .help = "TLS 1.3 or later",
     .kind = HS_OPTION_CONSTANT,
     .offset = AT(tls_min),
     .value = 0x0304},
    {.name = "tlsv1.0",
     .help = "TLS 1.0 or later (old servers also need --ciphers ALL:@SECLEVEL=0)",
     .kind = HS_OPTION_CONSTANT,
     .offset = AT(tls_min),
     .value = 0x0301},
    {.name = "tlsv1.1",
     .help = "TLS 1.1 or later (as with --tlsv1.0)",
     .kind = HS_OPTION_CONSTANT,
     .offset = AT(tls_min),
     .value = 0x0302},
    {.name = "tls-max",
     .argument = "V",
     .help = "TLS V at most: 1.0, 1.1, 1.2, 1.3",
     .kind = HS_OPTION_CUSTOM,
     .offset = AT(tls_max),
     .set = set_tls_max},
    {.name = "ciphers",
     .argument = "LIST",
     .help = "cipher suites to offer, as OpenSSL lists them",
     .kind = HS_OPTION_TEXT,
     .offset = AT(probe.ciphers)},
    {.name = "groups",
     .argument = "LIST",
     .help = "groups to offer, the first with a key share: X25519:P-256",
     .kind = HS_OPTION_TEXT,
     .offset = AT(probe.groups)},
    {.name = "hello-retry",
     .help = "offer no key share that the server can use, so that it must ask for one",
     .kind = HS_OPTION_FLAG,
     .offset = AT(probe.hello_retry)},
    {.name = "curves", .argument = "LIST", .kind = HS_OPTION_TEXT, .offset = AT(probe.groups)},
    {.name = "alpn",
     .argument = "LIST",
     .help = "application protocols to offer: h2,http/1.1; '' for none",
     .kind = HS_OPTION_CUSTOM,
     .offset = AT(probe.alpn),
     .set = set_alpn},
    HS_SERVER_NAME_OPTION,
    {.name = "resume",
     .help = "connect once for a session ticket, then measure the resumption",
     .kind = HS_OPTION_FLAG,
     .offset = AT(probe.resume)},
    {.name = "early-data",
     .help = "resume, and send the request as early data (0-RTT)",
     .kind = HS_OPTION_FLAG,
     .offset = AT(probe.early_data)},

    HS_TRUST_OPTIONS,

    {.group = "Application",
     .name = "http1.1",
     .help = "HTTP/1.1",
     .kind = HS_OPTION_CONSTANT,
     .offset = AT(http_version),
     .value = HS_HTTP_1_1},
    {.name = "http2",
     .help = "HTTP/2; over http:// and ws:// with prior knowledge",
     .kind = HS_OPTION_CONSTANT,
     .offset = AT(http_version),
     .value = HS_HTTP_2},
    {.name = "http3",
     .help = "HTTP/3, over QUIC",
     .kind = HS_OPTION_CONSTANT,
     .offset = AT(http_version),
     .value = HS_HTTP_3},
    {.name = "quic-versions",
     .argument = "LIST",
     .help = "QUIC versions to offer, the first one first (default: v1,v2)",
     .kind = HS_OPTION_TEXT,
     .offset = AT(probe.quic_versions)},
    {.letter = 'I',
     .name = "head",
     .help = "ask with HEAD in place of GET",
     .kind = HS_OPTION_FLAG,
     .offset = AT(probe.head)},
    {.name = "subprotocol",
     .argument = "LIST",
     .help = "WebSocket subprotocols to offer",
     .kind = HS_OPTION_TEXT,
     .offset = AT(probe.subprotocols)},

    {.group = "Repetition",
     .letter = 'c',
     .name = "count",
     .argument = "N",
     .help = "probe N times, a line each, then a summary",
     .kind = HS_OPTION_INTEGER,
     .offset = AT(count),
     .min = 1,
     .max = INT32_MAX},
    {.letter = 'i',
     .name = "interval",
     .argument = "S",
     .help = "seconds from one probe to the next; without -c until Ctrl-C (default: 1)",
     .kind = HS_OPTION_SECONDS,
     .offset = AT(interval),
     .min = 0,
     .max = HS_OPTION_SECONDS_MAX},

    {.group = "Output",
     .letter = 'v',
     .name = "verbose",
     .help = "with every message that crossed the wire; -vv with every field and its bytes",
     .kind = HS_OPTION_COUNT,
     .offset = AT(verbosity)},
    {.name = "json",
     .help = "one record a line (schema handshake/1)",
     .kind = HS_OPTION_FLAG,
     .offset = AT(json)},
    {.name = "events",
     .help = "with --json: also the messages",
     .kind = HS_OPTION_FLAG,
     .offset = AT(events)},
    {.letter = 'w',
     .name = "write-out",
     .argument = "FMT",
     .help = "print FMT instead, with curl's %{variables}; @FILE reads it",
     .kind = HS_OPTION_CUSTOM,
     .offset = AT(write_out),
     .set = set_write_out},
    {.letter = 'o',
     .name = "output",
     .argument = "FILE",
     .help = "write to FILE instead of stdout",
     .kind = HS_OPTION_TEXT,
     .offset = AT(output)},
    {.name = "keylog",
     .argument = "FILE",
     .help = "append the TLS secrets to FILE ($SSLKEYLOGFILE, where that is set)",
     .kind = HS_OPTION_TEXT,
     .offset = AT(probe.keylog)},
    {.name = "pcap",
     .argument = "FILE",
     .help = "write the packets to FILE (pcapng); rebuilt from the stream where a capture is not "
             "permitted",
     .kind = HS_OPTION_TEXT,
     .offset = AT(probe.pcap)},
    {.name = "embed-secrets",
     .help = "with --pcap: with the TLS secrets in it",
     .kind = HS_OPTION_FLAG,
     .offset = AT(probe.embed_secrets)},
    {.name = "qlog",
     .argument = "DIR",
     .help = "write each connection to a new file in DIR (qlog, .sqlog)",
     .kind = HS_OPTION_TEXT,
     .offset = AT(qlog)},
    {0},
};
