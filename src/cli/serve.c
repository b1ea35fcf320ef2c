/* `handshake serve`: the lab server, until it is interrupted. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include <handshake/serve.h>

#include "cli/command.h"

enum { EXIT_NOT_BOUND = 7, FILES_WANTED = 4096 };

typedef struct settings {
    hs_serve_options serve;
    bool quiet;
} settings;

#define PORT_OPTION(symbol, scheme, answer)                                                        \
    {.name = scheme,                                                                               \
     .argument = "PORT",                                                                           \
     .help = answer,                                                                               \
     .kind = HS_OPTION_INTEGER,                                                                    \
     .offset = offsetof(settings, serve.ports[HS_SERVICE_##symbol]),                               \
     .max = UINT16_MAX,                                                                            \
     .group = HS_SERVICE_##symbol == 0 ? "Services (PORT 0: any free one)" : NULL},

static const hs_option options[] = {
    HS_SERVICE_MAP(PORT_OPTION){
        .group = "Where",
        .name = "bind",
        .argument = "ADDR",
        .help = "listen on this IP address alone (default: 127.0.0.1 and ::1)",
        .kind = HS_OPTION_TEXT,
        .offset = offsetof(settings, serve.bind)},
    {.group = "Certificate",
     .name = "cert",
     .argument = "FILE",
     .help = "PEM chain to present, leaf first (default: one from the local CA)",
     .kind = HS_OPTION_TEXT,
     .offset = offsetof(settings, serve.cert)},
    {.name = "key",
     .argument = "FILE",
     .help = "its private key, PEM (default: in the --cert file)",
     .kind = HS_OPTION_TEXT,
     .offset = offsetof(settings, serve.key)},
    {.name = "state",
     .argument = "DIR",
     .help = "folder of the local CA and of QUIC's key (default: $XDG_STATE_HOME/handshake, "
             "else ~/.local/state/handshake)",
     .kind = HS_OPTION_TEXT,
     .offset = offsetof(settings, serve.state)},
    {.group = "QUIC",
     .name = "retry",
     .help = "ask every new client to prove its address (Retry)",
     .kind = HS_OPTION_FLAG,
     .offset = offsetof(settings, serve.quic_retry)},
    {.name = "quic-versions",
     .argument = "LIST",
     .help = "versions to offer, the preferred first (default: v2,v1)",
     .kind = HS_OPTION_TEXT,
     .offset = offsetof(settings, serve.quic_versions)},
    {.name = "quic-alpn",
     .argument = "LIST",
     .help = "application protocols that --quic echoes (default: echo,hq-interop)",
     .kind = HS_OPTION_TEXT,
     .offset = offsetof(settings, serve.quic_alpn)},
    {.group = "Output",
     .letter = 'q',
     .name = "quiet",
     .help = "only the lines of the start: the CA's file, and what listens where",
     .kind = HS_OPTION_FLAG,
     .offset = offsetof(settings, quiet)},
    {.name = NULL},
};

static const hs_exit exits[] = {
    {"0", "stopped"},
    {"2", "usage error"},
    {"7", "a port could not be bound"},
    HS_EXIT_ROW_READER_LEFT,
    {0},
};

static const hs_example examples[] = {
    {"handshake serve", "every service, each on a free port"},
    {"handshake serve --https 8443 --wss 8444", "these two"},
    {"handshake serve --tls 8443 --cert chain.pem --key key.pem", "with a certificate of your own"},
    {"handshake serve --https 8443 --https3 8443", "HTTP/3 too, which the https answers name"},
    {"handshake serve --quic 4433 --https3 4433 --retry", "both over QUIC on one UDP port"},
    {NULL, NULL},
};

static hs_server *running; /* for the signal handler, which is given nothing else */

static void interrupted(int number)
{
    (void)number;
    hs_server_stop(running);
}

typedef struct listener {
    bool quiet;
    bool has_started;
    bool has_failed;
} listener;

/* Flushed line by line: scripts read the ports from a pipe while the server runs. */
static void print_line(void *context, const char *text)
{
    listener *l = context;
    if (l->has_failed || (l->quiet && l->has_started)) {
        return;
    }
    if (printf("%s\n", text) < 0 || fflush(stdout) != 0) {
        l->has_failed = true;
        if (running) {
            hs_server_stop(running);
        }
    }
}

/* Without a choice everything is served, on ports that disturb nobody. */
static void choose_services(hs_serve_options *serve)
{
    for (int i = 0; i < HS_SERVICE_COUNT; i++) {
        if (serve->ports[i] >= 0) {
            return;
        }
    }
    for (int i = 0; i < HS_SERVICE_COUNT; i++) {
        serve->ports[i] = 0;
    }
}

/* The server's own limit of connections lies above many systems' soft limit of files. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < FILES_WANTED) {
        limit.rlim_cur = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void set_signals(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static int run(const hs_command *command, int argc, char **argv)
{
    settings s = {.quiet = false};
    hs_serve_options_init(&s.serve);
    hs_operands operands;
    int status;
    if (!hs_command_parse(command, argc, argv, &s, &operands, &status)) {
        return status;
    }
    choose_services(&s.serve);
    listener l = {.quiet = s.quiet};
    s.serve.line = print_line;
    s.serve.context = &l;
    raise_file_limit();
    hs_problem problem;
    hs_server *server;
    hs_result result = hs_server_new(&s.serve, &server, &problem);
    if (result != HS_OK) {
        hs_command_fail(command, "%s", problem.text);
        return result == HS_SYSTEM ? EXIT_NOT_BOUND : HS_EXIT_USAGE;
    }
    l.has_started = true;
    running = server;
    set_signals(interrupted);
    if (l.has_failed) {
        hs_server_stop(server);
    }
    result = hs_server_run(server);
    set_signals(SIG_IGN);
    running = NULL;
    hs_server_free(server);
    if (result != HS_OK) {
        return hs_command_fail(command, "%s", hs_result_text(result));
    }
    return hs_command_finish(command, HS_EXIT_OK);
}

const hs_command hs_command_serve = {
    .name = "serve",
    .operands = "",
    .summary = "the lab server: every protocol on loopback, with a local CA",
    .description =
        "Serves the protocols that have a port, and all of them on free ports where none has. "
        "The first lines on stdout say what listens where (\"https 127.0.0.1:8443 listening\") and "
        "which CA certificate clients need (\"CA certificate FILE\"); then each event is a line. "
        "Ctrl-C stops it.",
    .options = options,
    .exits = exits,
    .examples = examples,
    .run = run,
};
