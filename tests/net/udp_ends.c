#include "udp_ends.h"

#include <string.h>

#include "../cmocka_headers.h"
#include "loopback.h"

static void close_here(udp_end *e, udp_call_back place)
{
    e->told_after_close += e->socket == NULL;
    if (e->closes == place && e->socket) {
        hs_udp_socket_close(e->socket);
        e->socket = NULL;
    }
}

static void on_received(void *context, const hs_udp_path *path, hs_bytes datagram, uint8_t ecn,
                        hs_moment moment)
{
    udp_end *e = context;
    e->path = *path;
    e->ecn = ecn;
    e->last_len = datagram.len;
    e->last_first = datagram.len > 0 ? datagram.data[0] : 0;
    if (e->received < UDP_KEPT) {
        e->in[e->received] = moment;
    }
    e->received++;
    if (e->echoes) {
        assert_int_equal(hs_udp_socket_send(e->socket, path, datagram, ecn), HS_OK);
    }
    close_here(e, UDP_IN_RECEIVED);
}

static void on_sent(void *context, hs_bytes datagram, hs_moment moment)
{
    udp_end *e = context;
    (void)datagram;
    if (e->sent < UDP_KEPT) {
        e->out[e->sent] = moment;
    }
    e->sent++;
    close_here(e, UDP_IN_SENT);
}

static void on_left(void *context, uint64_t number, hs_moment moment)
{
    udp_end *e = context;
    assert_true(number < e->sent);
    assert_true(e->left == 0 || number > e->last_left);
    if (number < UDP_KEPT) {
        e->gone[number] = moment;
    }
    e->last_left = number;
    e->left++;
    close_here(e, UDP_IN_LEFT);
}

static void on_failed(void *context, int os_errno)
{
    udp_end *e = context;
    e->os_errno = os_errno;
    e->failures++;
    close_here(e, UDP_IN_FAILED);
}

hs_udp_events udp_events(udp_end *end)
{
    return (hs_udp_events){.context = end,
                           .received = on_received,
                           .sent = on_sent,
                           .left = on_left,
                           .failed = on_failed};
}

static void on_timer(uv_timer_t *timer)
{
    ((udp_ends *)timer->data)->expired = true;
}

void udp_begin(udp_ends *ends)
{
    memset(ends, 0, sizeof *ends);
    assert_int_equal(uv_loop_init(&ends->loop), 0);
    assert_int_equal(uv_timer_init(&ends->loop, &ends->timer), 0);
    ends->timer.data = ends;
    hs_timeline_start(&ends->timeline);
}

void udp_finish(udp_ends *ends)
{
    hs_udp_socket_close(ends->client.socket);
    hs_udp_socket_close(ends->server.socket);
    uv_close((uv_handle_t *)&ends->timer, NULL);
    uv_run(&ends->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&ends->loop), 0);
    assert_int_equal(ends->client.told_after_close, 0);
    assert_int_equal(ends->server.told_after_close, 0);
}

void udp_open_server(udp_ends *ends, const char *address)
{
    hs_address local = loopback_literal(address, 0);
    hs_udp_events events = udp_events(&ends->server);
    assert_int_equal(hs_udp_socket_new_server(&ends->loop, &local, &ends->timeline, &events,
                                              &ends->server.socket),
                     HS_OK);
}

void udp_open_client(udp_ends *ends, const hs_address *remote)
{
    hs_udp_events events = udp_events(&ends->client);
    assert_int_equal(hs_udp_socket_new_client(&ends->loop, remote, &ends->timeline, &events,
                                              &ends->client.socket),
                     HS_OK);
}

void udp_connect(udp_ends *ends, const char *address)
{
    udp_open_server(ends, address);
    udp_open_client(ends, &hs_udp_socket_path(ends->server.socket)->local);
}

hs_result udp_send(udp_ends *ends, hs_bytes datagram)
{
    return hs_udp_socket_send(ends->client.socket, NULL, datagram, 0);
}

void udp_wait_for(udp_ends *ends, const size_t *count, size_t wanted)
{
    ends->expired = false;
    uv_update_time(&ends->loop);
    uv_timer_start(&ends->timer, on_timer, UDP_WAIT_MS, 0);
    while (*count < wanted && !ends->expired) {
        uv_run(&ends->loop, UV_RUN_ONCE);
    }
    uv_timer_stop(&ends->timer);
    assert_int_equal(*count, wanted);
}

uint16_t udp_port(const hs_address *address)
{
    /* The port stands at the same place in both families. */
    return ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
}
