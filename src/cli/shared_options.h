/* Rows that several commands' tables have in common: each command that connects has the fields
 * `probe` (hs_probe_options) and `resolve` (hs_text_list) in its settings, and a macro AT(field)
 * that gives a field's offset. */
#ifndef HS_CLI_SHARED_OPTIONS_H
#define HS_CLI_SHARED_OPTIONS_H

#include "cli/command.h"

#define HS_OPTION_SECONDS_MAX (86400 * HS_SECOND)

hs_result hs_option_set_server_name(void *field, const char *argument, hs_problem *problem);

/* clang-format off */
#define HS_ADDRESS_OPTIONS                                                                  \
    {.group = "Connection",                                                                 \
     .letter = '4',                                                                         \
     .help = "IPv4 addresses only",                                                         \
     .kind = HS_OPTION_CONSTANT,                                                            \
     .offset = AT(probe.family),                                                            \
     .value = 4},                                                                           \
    {.letter = '6',                                                                         \
     .help = "IPv6 addresses only",                                                         \
     .kind = HS_OPTION_CONSTANT,                                                            \
     .offset = AT(probe.family),                                                            \
     .value = 6},                                                                           \
    {.name = "resolve",                                                                     \
     .argument = "H:P:A",                                                                   \
     .help = "use address A for host H and port P (repeatable)",                            \
     .kind = HS_OPTION_LIST,                                                                \
     .offset = AT(resolve)}

#define HS_DEADLINE_OPTIONS                                                                 \
    {.group = "Deadlines, in seconds",                                                      \
     .name = "connect-timeout",                                                             \
     .argument = "S",                                                                       \
     .help = "name resolution and TCP, or QUIC's first answer (default: 10)",               \
     .kind = HS_OPTION_SECONDS,                                                             \
     .offset = AT(probe.connect_timeout),                                                   \
     .min = 1,                                                                              \
     .max = HS_OPTION_SECONDS_MAX},                                                         \
    {.name = "tls-timeout",                                                                 \
     .argument = "S",                                                                       \
     .help = "the TLS or QUIC handshake (default: 10)",                                     \
     .kind = HS_OPTION_SECONDS,                                                             \
     .offset = AT(probe.tls_timeout),                                                       \
     .min = 1,                                                                              \
     .max = HS_OPTION_SECONDS_MAX},                                                         \
    {.name = "upgrade-timeout",                                                             \
     .argument = "S",                                                                       \
     .help = "WebSocket upgrade, SETTINGS of HTTP/2 and 3, first response (default: 10)",   \
     .kind = HS_OPTION_SECONDS,                                                             \
     .offset = AT(probe.upgrade_timeout),                                                   \
     .min = 1,                                                                              \
     .max = HS_OPTION_SECONDS_MAX},                                                         \
    {.letter = 'm',                                                                         \
     .name = "timeout",                                                                     \
     .argument = "S",                                                                       \
     .help = "everything in one run (default: 30)",                                         \
     .kind = HS_OPTION_SECONDS,                                                             \
     .offset = AT(probe.timeout),                                                           \
     .min = 1,                                                                              \
     .max = HS_OPTION_SECONDS_MAX},                                                         \
    {.name = "max-time",                                                                    \
     .argument = "S",                                                                       \
     .kind = HS_OPTION_SECONDS,                                                             \
     .offset = AT(probe.timeout),                                                           \
     .min = 1,                                                                              \
     .max = HS_OPTION_SECONDS_MAX}

#define HS_SERVER_NAME_OPTION                                                               \
    {.name = "servername",                                                                  \
     .argument = "N",                                                                       \
     .help = "name to send (SNI) and to verify, instead of the target's host",              \
     .kind = HS_OPTION_CUSTOM,                                                              \
     .offset = AT(probe.server_name),                                                       \
     .set = hs_option_set_server_name}

#define HS_TRUST_OPTIONS                                                                    \
    {.group = "Trust",                                                                      \
     .name = "cacert",                                                                      \
     .argument = "F",                                                                       \
     .help = "trust the roots in file F, beside the system's",                              \
     .kind = HS_OPTION_TEXT,                                                                \
     .offset = AT(probe.cacert)},                                                           \
    {.letter = 'E',                                                                         \
     .name = "cert",                                                                        \
     .argument = "F",                                                                       \
     .help = "client certificate (PEM)",                                                    \
     .kind = HS_OPTION_TEXT,                                                                \
     .offset = AT(probe.cert)},                                                             \
    {.name = "key",                                                                         \
     .argument = "F",                                                                       \
     .help = "its key, where it is not in the same file",                                   \
     .kind = HS_OPTION_TEXT,                                                                \
     .offset = AT(probe.key)},                                                              \
    {.letter = 'k',                                                                         \
     .name = "insecure",                                                                    \
     .help = "go on although the certificate does not verify, and say so",                  \
     .kind = HS_OPTION_FLAG,                                                                \
     .offset = AT(probe.insecure)},                                                         \
    {.name = "pinnedpubkey",                                                                \
     .argument = "P",                                                                       \
     .help = "public key that the server must have: sha256//… or a file",                   \
     .kind = HS_OPTION_TEXT,                                                                \
     .offset = AT(probe.pinned_public_key)}
/* clang-format on */

#endif
