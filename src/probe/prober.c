/* The prober: what outlives one connection, and the order of connections where one is made for the
 * ticket that the next one is measured with. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "net/resolve.h"
#include "net/tls_session.h"
#include "probe/options.h"
#include "probe/packets.h"
#include "probe/run.h"

enum { TICKET_LIMIT = 128 * 1024, ALPN_MAX = 32 };

struct hs_prober {
    uv_loop_t loop;
    uv_async_t wake;
    volatile sig_atomic_t stopped;
    hs_probe_options options;
    hs_resolver *resolver;
    hs_tls_context *tls_context;   /* made for the first target that has TLS */
    hs_quic_context *quic_context; /* and for the first that has QUIC */
    FILE *keylog_file;
    const char *keylog_name;
    hs_packets *packets;
    /* The newest ticket, and which target gave it. */
    hs_buffer ticket;
    char ticket_alpn[ALPN_MAX];
    char ticket_target[HS_HOST_MAX + 16];
};

static hs_result open_keylog(hs_prober *prober, hs_problem *problem)
{
    const char *name = prober->options.keylog;
    if (!name) {
        name = getenv("SSLKEYLOGFILE");
    }
    if (!name || !name[0]) {
        return HS_OK;
    }
    prober->keylog_name = name;
    prober->keylog_file = fopen(name, "ae");
    if (!prober->keylog_file) {
        (void)snprintf(problem->text, sizeof problem->text,
                       "the key log '%.300s' cannot be opened: %s", name, strerror(errno));
        return HS_SYSTEM;
    }
    return HS_OK;
}

/* Who asked for the secrets is told that they are not there, as of the packets. */
static hs_result check_keylog(const hs_prober *prober, hs_problem *problem)
{
    if (!prober->keylog_file || !ferror(prober->keylog_file)) {
        return HS_OK;
    }
    (void)snprintf(problem->text, sizeof problem->text, "the key log '%.300s' cannot be written to",
                   prober->keylog_name);
    return HS_SYSTEM;
}

/* The loop wakes up; hs_prober_run looks at `stopped`. */
static void on_wake(uv_async_t *wake)
{
    (void)wake;
}

static hs_result make_tls_context(hs_prober *prober, hs_problem *problem)
{
    if (prober->tls_context) {
        return HS_OK;
    }
    return hs_tls_context_new_client(&prober->options, &prober->tls_context, problem);
}

static hs_result make_contexts(hs_prober *prober, const hs_scheme *scheme, hs_problem *problem)
{
    hs_result result = scheme->has_tls ? make_tls_context(prober, problem) : HS_OK;
    if (result == HS_OK && scheme->is_quic && !prober->quic_context) {
        result = hs_quic_context_new_client(&prober->options, prober->tls_context,
                                            &prober->quic_context, problem);
    }
    return result;
}

/* Options that only a TLS context can check are checked now, not at the first target. */
static bool names_tls_material(const hs_probe_options *o)
{
    return o->ciphers || o->groups || o->cacert || o->cert || o->key || o->pinned_public_key ||
           o->hello_retry;
}

static hs_result open_loop(hs_prober *prober, hs_problem *problem)
{
    int error = uv_loop_init(&prober->loop);
    if (error == 0) {
        error = uv_async_init(&prober->loop, &prober->wake, on_wake);
        if (error == 0) {
            uv_unref((uv_handle_t *)&prober->wake);
            return HS_OK;
        }
        (void)uv_loop_close(&prober->loop);
    }
    (void)snprintf(problem->text, sizeof problem->text, "no event loop: %s", uv_strerror(error));
    return HS_SYSTEM;
}

hs_result hs_prober_new(const hs_probe_options *options, hs_prober **out, hs_problem *problem)
{
    hs_result result = hs_probe_options_check(options, problem);
    if (result != HS_OK) {
        return result;
    }
    hs_prober *prober = calloc(1, sizeof *prober);
    if (!prober) {
        return HS_NO_MEMORY;
    }
    prober->options = *options;
    hs_buffer_init(&prober->ticket, TICKET_LIMIT);
    result = open_loop(prober, problem);
    if (result != HS_OK) {
        free(prober);
        return result;
    }
    if (names_tls_material(options)) {
        result = make_tls_context(prober, problem);
    }
    if (result == HS_OK) {
        result = open_keylog(prober, problem);
    }
    if (result == HS_OK) {
        result = hs_packets_open(options, &prober->packets, problem);
    }
    if (result == HS_OK) {
        result = hs_resolver_new(&prober->loop, &prober->resolver);
        if (result == HS_SYSTEM) {
            (void)snprintf(problem->text, sizeof problem->text,
                           "the resolver's configuration cannot be read");
        }
    }
    if (result != HS_OK) {
        hs_prober_free(prober);
        return result;
    }
    *out = prober;
    return HS_OK;
}

void hs_prober_free(hs_prober *prober)
{
    if (!prober) {
        return;
    }
    hs_resolver_free(prober->resolver);
    uv_close((uv_handle_t *)&prober->wake, NULL);
    uv_run(&prober->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&prober->loop);
    hs_quic_context_free(prober->quic_context);
    hs_tls_context_free(prober->tls_context);
    hs_packets_close(prober->packets);
    if (prober->keylog_file) {
        (void)fclose(prober->keylog_file); /* every line was flushed when it was written */
    }
    hs_buffer_free(&prober->ticket);
    free(prober);
}

void hs_prober_stop(hs_prober *prober)
{
    prober->stopped = 1;
    (void)uv_async_send(&prober->wake);
}

static hs_result run_once(hs_prober *prober, hs_run_setup *setup, hs_trace **out)
{
    hs_run *run = NULL;
    hs_result result = hs_run_start(setup, &run);
    if (result != HS_OK) {
        return result;
    }
    while (!hs_run_is_over(run) && !prober->stopped) {
        uv_run(&prober->loop, UV_RUN_ONCE);
    }
    result = run->result;
    if (prober->stopped && !run->finished) {
        result = HS_LIMIT;
    }
    hs_trace *trace = hs_run_end(run, &prober->ticket, prober->ticket_alpn);
    if (result != HS_OK) {
        hs_trace_free(trace);
        return result;
    }
    *out = trace;
    return HS_OK;
}

/* A connection that is not measured, for its ticket. Its failure is the target's. */
static hs_result fetch_ticket(hs_prober *prober, hs_run_setup *setup, hs_trace **failed)
{
    hs_trace *trace = NULL;
    setup->wants_ticket = true;
    hs_result result = run_once(prober, setup, &trace);
    setup->wants_ticket = false;
    if (result == HS_OK && trace->failure.cls != HS_FAILURE_NONE) {
        *failed = trace;
        return HS_OK;
    }
    hs_trace_free(trace);
    return result;
}

static bool resumes(const hs_prober *prober)
{
    return prober->options.resume || prober->options.early_data;
}

static void choose_transport(const hs_prober *prober, hs_url *url)
{
    const hs_scheme *over_quic = hs_scheme_over_quic(url->scheme);
    if (prober->options.http_version == HS_HTTP_3 && over_quic) {
        url->scheme = over_quic;
    }
}

static hs_result check_target(const hs_prober *prober, const hs_url *url, hs_problem *problem)
{
    const char *what = NULL;
    const hs_probe_options *o = &prober->options;
    if (o->http_version == HS_HTTP_3 && !url->scheme->is_quic) {
        what = "--http3 needs https://";
    } else if (url->scheme->is_quic && o->tcp_fastopen) {
        what = "--tcp-fastopen is TCP's, and this is QUIC";
    } else if (url->scheme->is_quic && o->tls_max != 0 && o->tls_max < 0x0304) {
        what = "QUIC has no TLS below 1.3 (--tls-max)";
    } else if (url->scheme->is_quic && !url->scheme->alpn && (!o->alpn || !o->alpn[0])) {
        what = "QUIC needs an application protocol: name it with --alpn";
    } else if (o->alpn && !o->alpn[0] && url->scheme->is_quic) {
        what = "QUIC needs an application protocol (--alpn)";
    } else if (prober->options.tcp_fastopen && !url->scheme->has_tls && !url->scheme->has_request) {
        what = "--tcp-fastopen needs something to send with the SYN: use another scheme";
    } else if (o->hello_retry && !url->scheme->has_tls) {
        what = "--hello-retry needs TLS";
    } else if (o->hello_retry && url->scheme->is_quic) {
        what = "--hello-retry is for TLS over TCP, and this is QUIC";
    } else if (resumes(prober) && !url->scheme->has_tls) {
        what = "--resume and --early-data need TLS";
    } else if (prober->options.early_data && !url->scheme->has_request) {
        what = "--early-data needs a request to send: use https:// or wss://";
    }
    if (!what) {
        return HS_OK;
    }
    (void)snprintf(problem->text, sizeof problem->text, "'%.300s': %s", url->text, what);
    return HS_INVALID;
}

/* A ticket of this target's, where none is held. */
static hs_result have_ticket(hs_prober *prober, hs_run_setup *setup, hs_trace **failed)
{
    char target[sizeof prober->ticket_target];
    (void)snprintf(target, sizeof target, "%.255s:%u%s", setup->url->host, setup->url->port,
                   setup->url->scheme->is_quic ? "/udp" : "");
    if (strcmp(target, prober->ticket_target) != 0) {
        hs_buffer_consume(&prober->ticket, hs_buffer_bytes(&prober->ticket).len);
        (void)snprintf(prober->ticket_target, sizeof prober->ticket_target, "%s", target);
    }
    return hs_buffer_bytes(&prober->ticket).len == 0 ? fetch_ticket(prober, setup, failed) : HS_OK;
}

static hs_result run_resumed(hs_prober *prober, hs_run_setup *setup, hs_trace **out)
{
    hs_result result = have_ticket(prober, setup, out);
    if (result != HS_OK || *out) {
        return result;
    }
    /* A ticket is used once (RFC 8446 C.4): the run takes it out of the store. */
    hs_bytes held = hs_buffer_bytes(&prober->ticket);
    hs_buffer ticket;
    hs_buffer_init(&ticket, TICKET_LIMIT);
    result = hs_buffer_append(&ticket, held);
    hs_buffer_consume(&prober->ticket, held.len);
    if (result == HS_OK) {
        char alpn[ALPN_MAX];
        memcpy(alpn, prober->ticket_alpn, sizeof alpn);
        setup->ticket = hs_buffer_bytes(&ticket);
        setup->ticket_alpn = alpn[0] ? alpn : NULL;
        setup->send_early = prober->options.early_data;
        result = run_once(prober, setup, out);
    }
    hs_buffer_free(&ticket);
    return result;
}

/* What `run` does with the target of a URL, and what both must check first. */
typedef hs_result (*target_run)(hs_prober *prober, hs_run_setup *setup, hs_trace **out);

static hs_result with_target(hs_prober *prober, const char *text, target_run run, hs_trace **out,
                             hs_problem *problem)
{
    hs_url url;
    *out = NULL;
    hs_result result = hs_url_parse(text, &url, problem);
    if (result == HS_OK) {
        choose_transport(prober, &url);
        result = check_target(prober, &url, problem);
    }
    if (result == HS_OK) {
        result = make_contexts(prober, url.scheme, problem);
    }
    if (result != HS_OK) {
        return result;
    }
    hs_run_setup setup = {.loop = &prober->loop,
                          .options = &prober->options,
                          .resolver = prober->resolver,
                          .tls_context = prober->tls_context,
                          .quic_context = prober->quic_context,
                          .url = &url,
                          .keylog_file = prober->keylog_file,
                          .packets = prober->packets};
    result = run(prober, &setup, out);
    if (result == HS_OK) {
        result = hs_packets_check(prober->packets, problem);
    }
    if (result == HS_OK) {
        result = check_keylog(prober, problem);
    }
    if (result != HS_OK) {
        hs_trace_free(*out);
        *out = NULL;
    }
    return result;
}

hs_result hs_prober_prepare(hs_prober *prober, const char *text, hs_trace **failed,
                            hs_problem *problem)
{
    if (!resumes(prober)) {
        *failed = NULL;
        return HS_OK;
    }
    return with_target(prober, text, have_ticket, failed, problem);
}

hs_result hs_prober_run(hs_prober *prober, const char *text, hs_trace **out, hs_problem *problem)
{
    return with_target(prober, text, resumes(prober) ? run_resumed : run_once, out, problem);
}

const char *hs_prober_rebuilt_because(const hs_prober *prober)
{
    return hs_packets_rebuilt_because(prober->packets);
}

uint64_t hs_prober_packets_lost(const hs_prober *prober)
{
    return hs_packets_lost(prober->packets);
}
