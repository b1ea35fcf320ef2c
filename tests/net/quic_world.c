#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include "base/reader.h"
#include "quic_world.h"

static void set_address(struct sockaddr_storage *out, const char *address, uint16_t port)
{
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    memset(out, 0, sizeof(*out));
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    assert_int_equal(inet_pton(AF_INET, address, &in->sin_addr), 1);
}

/* --- the path --- */

static void put(world *w, bool from_client, hs_bytes bytes)
{
    int number = ++w->sent[!from_client];
    w->sent_bytes[!from_client] += bytes.len;
    assert_in_range(bytes.len, 1, HS_QUIC_DATAGRAM_MAX);
    world_datagram *datagram = calloc(1, sizeof(*datagram));
    assert_non_null(datagram);
    datagram->at = w->now + WORLD_DELAY;
    datagram->to_server = from_client;
    datagram->len = bytes.len;
    memcpy(datagram->bytes, bytes.data, bytes.len);
    if (w->filter && !w->filter(w, from_client, number, datagram->bytes, &datagram->len)) {
        free(datagram);
        return;
    }
    world_datagram **at = &w->queue;
    while (*at && (*at)->at <= datagram->at) {
        at = &(*at)->next;
    }
    datagram->next = *at;
    *at = datagram;
}

static void deliver(world *w)
{
    world_datagram *datagram = w->queue;
    hs_bytes bytes = hs_bytes_of(datagram->bytes, datagram->len);
    w->queue = datagram->next;
    if (datagram->to_server) {
        assert_int_equal(hs_quic_server_feed(w->server, &w->seen, bytes, HS_QUIC_ECN_ECT_0, w->now),
                         HS_OK);
    } else if (w->client) {
        assert_int_equal(
            hs_quic_session_feed(w->client, &w->path, bytes, HS_QUIC_ECN_ECT_0, w->now), HS_OK);
    }
    free(datagram);
}

static hs_time earlier(hs_time a, hs_time b)
{
    return a == HS_TIME_NONE || (b != HS_TIME_NONE && b < a) ? b : a;
}

static bool step(world *w, hs_time until)
{
    hs_time client = w->client ? hs_quic_session_deadline(w->client) : HS_TIME_NONE;
    hs_time server = hs_quic_server_deadline(w->server);
    hs_time arrival = w->queue ? w->queue->at : HS_TIME_NONE;
    hs_time next = earlier(arrival, earlier(client, server));
    if (next == HS_TIME_NONE || next > until) {
        return false;
    }
    w->now = next > w->now ? next : w->now;
    if (arrival != HS_TIME_NONE && arrival <= w->now) {
        deliver(w);
    } else if (client != HS_TIME_NONE && client <= w->now) {
        assert_int_equal(hs_quic_session_expire(w->client, w->now), HS_OK);
    } else {
        assert_int_equal(hs_quic_server_expire(w->server, w->now), HS_OK);
    }
    return true;
}

void world_run(world *w, hs_time until)
{
    int steps = 0;
    while (step(w, until)) {
        assert_true(++steps < 200000);
    }
    w->now = until > w->now ? until : w->now;
}

void world_shake_hands(world *w, hs_time at_most)
{
    hs_time until = w->now + at_most;
    while (!w->c.confirmed && !w->c.closed && step(w, until)) {
    }
}

void world_settle(world *w)
{
    world_run(w, w->now + HS_SECOND);
}

/* --- the ends --- */

static void on_client_output(void *context, const hs_quic_path *path, hs_bytes datagram,
                             hs_quic_ecn ecn)
{
    const world_end *end = context;
    (void)path;
    (void)ecn;
    put(end->world, true, datagram);
}

static void on_server_output(void *context, const hs_quic_path *path, hs_bytes datagram,
                             hs_quic_ecn ecn)
{
    world *w = context;
    (void)path;
    (void)ecn;
    put(w, false, datagram);
}

static void on_keylog(void *context, const char *line)
{
    world_end *end = context;
    const char *space = strchr(line, ' ');
    assert_non_null(space);
    assert_int_equal(strcspn(space + 1, " "), 64);
    end->keylog_lines++;
}

static void on_negotiated(void *context, uint32_t version)
{
    ((world_end *)context)->negotiated = version;
}

static void on_completed(void *context)
{
    world_end *end = context;
    end->completed++;
    end->completed_at = end->world->now;
}

static void on_confirmed(void *context)
{
    world_end *end = context;
    end->confirmed++;
    end->confirmed_at = end->world->now;
}

static void on_early_data(void *context, bool accepted)
{
    world_end *end = context;
    end->accepted_early += accepted;
    end->rejected_early += !accepted;
}

static void on_data(void *context, int64_t stream, hs_bytes bytes, bool fin, bool is_early)
{
    world_end *end = context;
    hs_quic_session *session = end->session;
    assert_true(bytes.len > 0 || fin);
    assert_int_equal(hs_buffer_append(&end->data, bytes), HS_OK);
    end->fins += fin;
    end->early_chunks += is_early;
    assert_int_equal(hs_quic_session_consume(session, stream, bytes.len), HS_OK);
    if (end->echo && !(stream & 2)) {
        assert_int_equal(hs_quic_session_send(session, stream, bytes, fin), HS_OK);
    }
}

static void on_reset(void *context, int64_t stream, uint64_t error)
{
    (void)stream;
    (void)error;
    ((world_end *)context)->streams_reset++;
}

static void on_stopped(void *context, int64_t stream)
{
    (void)stream;
    ((world_end *)context)->streams_stopped++;
}

static void on_stream_closed(void *context, int64_t stream, bool has_error, uint64_t error)
{
    (void)stream;
    (void)has_error;
    (void)error;
    ((world_end *)context)->streams_closed++;
}

static void on_ticket(void *context)
{
    ((world_end *)context)->tickets++;
}

static void on_token(void *context, hs_bytes token)
{
    assert_true(token.len > 0);
    ((world_end *)context)->tokens++;
}

static void on_closed(void *context, const hs_quic_end *how)
{
    world_end *end = context;
    end->closed++;
    end->end = *how;
    end->closed_at = end->world->now;
}

static void on_ended(void *context)
{
    world_end *end = context;
    end->ended++;
    assert_int_equal(end->closed, 1);
    end->session = NULL;
    if (end == end->world->s) {
        end->world->accepted = NULL;
    }
}

static const hs_quic_session_events all_events = {
    .keylog = on_keylog,
    .version_negotiated = on_negotiated,
    .handshake_completed = on_completed,
    .handshake_confirmed = on_confirmed,
    .early_data = on_early_data,
    .stream_data = on_data,
    .stream_reset = on_reset,
    .stream_stopped = on_stopped,
    .stream_closed = on_stream_closed,
    .ticket = on_ticket,
    .new_token = on_token,
    .closed = on_closed,
    .ended = on_ended,
};

static void reset_end(world *w, world_end *end)
{
    hs_buffer_free(&end->data);
    *end = (world_end){.world = w};
    hs_buffer_init(&end->data, WORLD_STREAM_BYTES);
}

static void add_server_end(world *w)
{
    world_end *end = calloc(1, sizeof(*end));
    assert_non_null(end);
    reset_end(w, end);
    end->next = w->s;
    w->s = end;
}

static void on_accepted(void *context, hs_quic_session *session, hs_quic_session_events *events)
{
    world *w = context;
    w->sessions++;
    w->accepted = session;
    add_server_end(w);
    w->s->session = session;
    w->s->echo = true;
    *events = all_events;
    events->context = w->s;
    if (w->on_accepted) {
        w->on_accepted(session);
    }
}

static void on_stateless(void *context, const hs_quic_path *path, const char *what)
{
    world *w = context;
    (void)path;
    w->stateless++;
    snprintf(w->last_stateless, sizeof(w->last_stateless), "%s", what);
}

/* --- making --- */

void world_restart_server(world *w)
{
    const hs_quic_server_events events = {w, on_server_output, on_accepted, on_stateless};
    hs_quic_server_free(w->server);
    w->accepted = NULL;
    assert_int_equal(hs_quic_server_new(w->server_context, &events, &w->server), HS_OK);
}

static hs_tls_context *verifier_of(const hs_probe_options *options)
{
    return tls_client(options);
}

void world_open(world *w, const tls_fixture *fixture, const world_options *options)
{
    hs_problem problem = {""};
    const char *cert = options->cert ? options->cert : fixture->server_file;
    hs_quic_server_config config = {.cert = cert,
                                    .alpn = options->server_alpn ? options->server_alpn : "h3,echo",
                                    .versions = options->server_versions,
                                    .version_count = options->server_version_count,
                                    .retry = options->retry,
                                    .no_tickets = options->no_tickets,
                                    .no_early_data = options->no_early_data,
                                    .no_new_tokens = options->no_new_tokens,
                                    .sessions_max = options->sessions_max,
                                    .idle_timeout = options->idle_timeout,
                                    .epoch = INT64_C(1700000000) * HS_SECOND};
    hs_probe_options client = {.cacert = options->cacert ? options->cacert : fixture->ca_file,
                               .insecure = options->insecure,
                               .pinned_public_key = options->pins};
    memset(w, 0, sizeof(*w));
    memset(config.secret, options->secret, sizeof(config.secret));
    w->now = HS_SECOND;
    w->random = 88172645463325252ULL;
    set_address(&w->path.local, "10.1.1.1", 50001);
    set_address(&w->path.remote, "10.2.2.2", 443);
    w->seen = (hs_quic_path){w->path.remote, w->path.local};
    w->verifier = verifier_of(&client);
    client.ciphers = options->ciphers;
    client.groups = options->groups;
    client.cert = options->client_cert;
    hs_result result = hs_quic_context_new_server(&config, &w->server_context, &problem);
    if (result != HS_OK) {
        fail_msg("%s", problem.text);
    }
    result = hs_quic_context_new_client(&client, w->verifier, &w->client_context, &problem);
    if (result != HS_OK) {
        fail_msg("%s", problem.text);
    }
    reset_end(w, &w->c);
    add_server_end(w);
    world_restart_server(w);
}

void world_rebind(world *w)
{
    set_address(&w->seen.remote, "10.1.1.9", 60009);
}

void world_drop_client(world *w)
{
    hs_quic_session_free(w->client);
    w->client = NULL;
}

void world_close(world *w)
{
    world_drop_client(w);
    hs_quic_server_free(w->server);
    hs_quic_context_free(w->client_context);
    hs_quic_context_free(w->server_context);
    hs_tls_context_free(w->verifier);
    while (w->queue) {
        world_datagram *next = w->queue->next;
        free(w->queue);
        w->queue = next;
    }
    hs_buffer_free(&w->c.data);
    while (w->s) {
        world_end *next = w->s->next;
        hs_buffer_free(&w->s->data);
        free(w->s);
        w->s = next;
    }
}

void world_client(world *w, const char *name, const char *alpn, const uint32_t *versions,
                  size_t version_count)
{
    hs_quic_session_events events = all_events;
    hs_quic_target target = {.server_name = name ? name : "host.example",
                             .alpn = alpn ? alpn : "h3",
                             .path = w->path,
                             .versions = versions,
                             .version_count = version_count};
    world_drop_client(w);
    reset_end(w, &w->c);
    events.context = &w->c;
    events.output = on_client_output;
    w->sent[0] = 0;
    w->sent[1] = 0;
    assert_int_equal(hs_quic_session_new(w->client_context, &target, &events, &w->client), HS_OK);
    w->c.session = w->client;
}

void world_start(world *w)
{
    assert_int_equal(hs_quic_session_start(w->client, w->now), HS_OK);
}

void world_connect(world *w)
{
    world_start(w);
    world_shake_hands(w, HS_SECOND);
}

int64_t world_ask(world *w, const char *text, bool fin)
{
    int64_t stream = -1;
    assert_int_equal(hs_quic_session_open(w->client, true, &stream), HS_OK);
    assert_int_equal(hs_quic_session_send(w->client, stream, hs_bytes_of(text, strlen(text)), fin),
                     HS_OK);
    return stream;
}

const char *world_text(world_end *end)
{
    assert_int_equal(hs_buffer_append(&end->data, hs_bytes_of("", 1)), HS_OK);
    return (const char *)hs_buffer_bytes(&end->data).data;
}

hs_bytes world_ticket(world *w)
{
    hs_bytes ticket = hs_quic_session_ticket(w->client);
    uint8_t *copy = malloc(ticket.len + 1);
    assert_non_null(copy);
    assert_true(ticket.len > 0);
    memcpy(copy, ticket.data, ticket.len);
    return hs_bytes_of(copy, ticket.len);
}

void world_offer(world *w, hs_bytes ticket, bool early)
{
    bool may = !early;
    assert_int_equal(hs_quic_session_offer(w->client, ticket, &may), HS_OK);
    assert_int_equal(may, early);
}

void world_expect_failure(const world *w, hs_failure_class cls, const char *part)
{
    assert_int_equal(w->c.closed, 1);
    const hs_tls_failure *failure = &w->c.end.failure;
    if (failure->cls != cls || !strstr(failure->message, part)) {
        fail_msg("%s: %s", hs_failure_describe(failure->cls)->name, failure->message);
    }
}
