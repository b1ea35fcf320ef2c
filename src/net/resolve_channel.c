/* A c-ares channel in a libuv loop. */
#include "net/resolve_channel.h"

#include <stdlib.h>

/* One socket of c-ares. */
struct hs_resolve_watch {
    uv_poll_t poll;
    hs_resolve_channel *channel;
    hs_resolve_watch *next;
    ares_socket_t fd;
    int events;
};

static void handle_closed(hs_resolve_channel *channel)
{
    channel->handles--;
    if (channel->closing && channel->handles == 0)
        channel->closed(channel->context);
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

static void on_watch_closed(uv_handle_t *handle)
{
    hs_resolve_watch *watch = handle->data;
    hs_resolve_channel *channel = watch->channel;
    free(watch);
    handle_closed(channel);
}

static void on_timeout(uv_timer_t *timer)
{
    hs_resolve_channel *channel = timer->data;
    ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    hs_resolve_channel_arm(channel);
    channel->progressed(channel->context);
}

void hs_resolve_channel_arm(hs_resolve_channel *channel)
{
    struct timeval wait;
    if (ares_timeout(channel->ares, NULL, &wait) == NULL) {
        uv_timer_stop(&channel->timer);
        return;
    }
    uint64_t milliseconds = (uint64_t)wait.tv_sec * 1000 + (uint64_t)wait.tv_usec / 1000 + 1;
    uv_update_time(channel->loop);
    uv_timer_start(&channel->timer, on_timeout, milliseconds, 0);
}

static hs_resolve_watch **find_watch(hs_resolve_channel *channel, ares_socket_t fd)
{
    hs_resolve_watch **link = &channel->watches;
    while (*link != NULL && (*link)->fd != fd)
        link = &(*link)->next;
    return link;
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    hs_resolve_watch *watch = poll->data;
    hs_resolve_channel *channel = watch->channel;
    ares_socket_t fd = watch->fd;
    /* A socket with an error, say a port that is closed, comes with a status and a handle that
     * libuv has stopped; c-ares learns of the error by reading, and may go on with the socket. */
    if (status < 0)
        events = watch->events;
    ares_process_fd(channel->ares, events & UV_READABLE ? fd : ARES_SOCKET_BAD,
                    events & UV_WRITABLE ? fd : ARES_SOCKET_BAD);
    if (status < 0 && *find_watch(channel, fd) == watch)
        uv_poll_start(&watch->poll, watch->events, on_socket);
    hs_resolve_channel_arm(channel);
    channel->progressed(channel->context);
}

static hs_resolve_watch *add_watch(hs_resolve_channel *channel, ares_socket_t fd)
{
    hs_resolve_watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return NULL;
    if (uv_poll_init(channel->loop, &watch->poll, fd) != 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    watch->channel = channel;
    watch->fd = fd;
    watch->next = channel->watches;
    channel->watches = watch;
    channel->handles++;
    return watch;
}

/* c-ares says here what it waits for on a socket, and with neither that it will close it. */
static void on_socket_state(void *context, ares_socket_t fd, int readable, int writable)
{
    hs_resolve_channel *channel = context;
    hs_resolve_watch **link = find_watch(channel, fd);
    hs_resolve_watch *watch = *link;
    if (!readable && !writable) {
        if (watch != NULL) {
            *link = watch->next;
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        }
        return;
    }
    if (watch == NULL)
        watch = add_watch(channel, fd);
    if (watch == NULL)
        return; /* the query will time out */
    watch->events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    uv_poll_start(&watch->poll, watch->events, on_socket);
}

/* ares_library_init is not called: on Unix it only counts its callers, and without a lock, which a
 * library may not do behind the back of its user's threads. */
hs_result hs_resolve_channel_open(hs_resolve_channel *channel)
{
    if (channel->is_open)
        return HS_OK;
    struct ares_options options = {.sock_state_cb = on_socket_state, .sock_state_cb_data = channel};
    int mask = ARES_OPT_SOCK_STATE_CB;
    if (channel->flags != 0) {
        options.flags = channel->flags;
        mask |= ARES_OPT_FLAGS;
    }
#ifdef ARES_OPT_QUERY_CACHE
    /* From 1.31 on answers are cached by default; a measurement wants to ask each time. */
    options.qcache_max_ttl = 0;
    mask |= ARES_OPT_QUERY_CACHE;
#endif
    int status = ares_init_options(&channel->ares, &options, mask);
    if (status != ARES_SUCCESS)
        return status == ARES_ENOMEM ? HS_NO_MEMORY : HS_SYSTEM;
    uv_timer_init(channel->loop, &channel->timer); /* cannot fail */
    channel->timer.data = channel;
    channel->handles++;
    channel->is_open = true;
    return HS_OK;
}

void hs_resolve_channel_cancel(hs_resolve_channel *channel)
{
    if (!channel->is_open)
        return;
    ares_cancel(channel->ares);
    hs_resolve_channel_arm(channel);
}

void hs_resolve_channel_close(hs_resolve_channel *channel)
{
    channel->closing = true;
    if (!channel->is_open) {
        channel->closed(channel->context);
        return;
    }
    ares_destroy(channel->ares);
    channel->is_open = false;
    uv_close((uv_handle_t *)&channel->timer, on_timer_closed);
}
