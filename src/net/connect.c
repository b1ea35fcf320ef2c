/* One TCP connection out of several addresses: Happy Eyeballs (RFC 8305). */
#include "net/connect.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/connect_attempt.h"
#include "net/socket_stamp.h"

enum {
    RESOLUTION_DELAY = 50, /* milliseconds, RFC 8305 8 */
    ATTEMPT_DELAY = 250,
    IPV6 = 0,
    IPV4 = 1,
    NO_WINNER = -1,
};

/* Addresses of one family that wait for their turn. */
typedef struct waiting {
    hs_address addresses[HS_CONNECT_ATTEMPTS_MAX];
    size_t first;
    size_t count;
} waiting;

struct hs_connector {
    uv_loop_t *loop;
    const hs_timeline *timeline;
    hs_connect_options options;
    hs_connect_events events;
    uv_timer_t timer;
    waiting waiting[2];
    int next_family;
    hs_connect_attempt attempts[HS_CONNECT_ATTEMPTS_MAX];
    hs_attempt_socket sockets[HS_CONNECT_ATTEMPTS_MAX];
    size_t count;
    size_t under_way;
    size_t handles; /* libuv's, not yet closed */
    int winner;
    int stamp_keeper;
    bool list_closed;
    bool told;
    bool freed;
};

static int telling(hs_failure_class failure)
{
    switch (failure) {
    case HS_FAILURE_TCP_REFUSED:
        return 5;
    case HS_FAILURE_TCP_RESET:
        return 4;
    case HS_FAILURE_TCP_TIMED_OUT:
        return 3;
    case HS_FAILURE_TCP_ADDRESS_UNREACHABLE:
        return 1;
    default:
        return 2;
    }
}

/* --- handles --- */

static void release(hs_connector *connector)
{
    if (connector->freed && connector->handles == 0)
        free(connector);
}

static void handle_closed(void *context)
{
    hs_connector *connector = context;
    connector->handles--;
    release(connector);
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

static void close_attempts(hs_connector *connector)
{
    for (size_t i = 0; i < connector->count; i++) {
        int fd = hs_attempt_take(&connector->sockets[i]);
        if (fd >= 0)
            close(fd);
    }
    connector->under_way = 0;
}

/* --- attempts --- */

static void pursue(hs_connector *connector);
static void conclude(hs_connector *connector);

static void note_outcome(hs_connector *connector, size_t index, hs_moment end, int os_errno)
{
    hs_connect_attempt *attempt = &connector->attempts[index];
    attempt->end = end;
    attempt->os_errno = os_errno;
    attempt->failure = hs_connect_failure_class(os_errno);
    if (os_errno == 0) {
        attempt->won = true;
        connector->winner = (int)index;
    }
}

static void on_settled(void *context, size_t index, int os_errno)
{
    hs_connector *connector = context;
    note_outcome(connector, index, hs_timeline_now(connector->timeline), os_errno);
    connector->under_way--;
    if (os_errno != 0) {
        close(hs_attempt_take(&connector->sockets[index]));
        pursue(connector);
    }
    conclude(connector);
}

static void start_attempt(hs_connector *connector, const hs_address *address)
{
    size_t index = connector->count++;
    hs_connect_attempt *attempt = &connector->attempts[index];
    hs_attempt_socket *own = &connector->sockets[index];
    *attempt = (hs_connect_attempt){.address = *address, .end = {HS_TIME_NONE, HS_CLOCK_NONE}};
    *own = (hs_attempt_socket){
        .context = connector, .index = index, .settled = on_settled, .closed = handle_closed};
    hs_moment end;
    int os_errno = hs_attempt_start(own, connector->loop, &connector->options, connector->timeline,
                                    attempt, &end);
    if (own->has_handle)
        connector->handles++;
    if (os_errno == EINPROGRESS)
        connector->under_way++;
    else
        note_outcome(connector, index, end, os_errno);
}

/* RFC 8305 4: the families take turns for as long as both have addresses. */
static bool take_next(hs_connector *connector, hs_address *out)
{
    if (connector->count == HS_CONNECT_ATTEMPTS_MAX)
        return false;
    waiting *list = &connector->waiting[connector->next_family];
    if (list->first == list->count) {
        connector->next_family = !connector->next_family;
        list = &connector->waiting[connector->next_family];
    }
    if (list->first == list->count)
        return false;
    *out = list->addresses[list->first++];
    connector->next_family = !connector->next_family;
    return true;
}

/* --- the order of events --- */

static bool has_failed(const hs_connector *connector)
{
    bool more = connector->count < HS_CONNECT_ATTEMPTS_MAX &&
                (connector->waiting[IPV6].first < connector->waiting[IPV6].count ||
                 connector->waiting[IPV4].first < connector->waiting[IPV4].count);
    bool awaited = !connector->list_closed && connector->count < HS_CONNECT_ATTEMPTS_MAX;
    return connector->winner == NO_WINNER && connector->under_way == 0 && !more && !awaited;
}

/* Tells the outcome, if there is one. The last thing to be done in a call-back of the loop. */
static void conclude(hs_connector *connector)
{
    if (connector->told || connector->freed)
        return;
    hs_connect_events *events = &connector->events;
    if (connector->winner != NO_WINNER) {
        int fd = hs_attempt_take(&connector->sockets[connector->winner]);
        close_attempts(connector);
        uv_timer_stop(&connector->timer);
        connector->told = true;
        events->connected(events->context, fd, &connector->attempts[connector->winner]);
    } else if (has_failed(connector)) {
        hs_failure_class failure = HS_FAILURE_TCP_FAILED;
        int os_errno = 0;
        for (size_t i = 0; i < connector->count; i++) {
            const hs_connect_attempt *attempt = &connector->attempts[i];
            if (i == 0 || telling(attempt->failure) > telling(failure)) {
                failure = attempt->failure;
                os_errno = attempt->os_errno;
            }
        }
        uv_timer_stop(&connector->timer);
        connector->told = true;
        events->failed(events->context, failure, os_errno);
    }
}

static void on_timer(uv_timer_t *timer)
{
    hs_connector *connector = timer->data;
    if (connector->winner == NO_WINNER)
        pursue(connector);
    conclude(connector);
}

static void wake_after(hs_connector *connector, uint64_t milliseconds)
{
    uv_update_time(connector->loop);
    uv_timer_start(&connector->timer, on_timer, milliseconds, 0);
}

/* Starts the next attempt, and at once the one after it where that fails at once. What comes of it
 * is told from the loop. */
static void pursue(hs_connector *connector)
{
    hs_address address;
    size_t before = connector->under_way;
    while (connector->winner == NO_WINNER && connector->under_way == before &&
           take_next(connector, &address))
        start_attempt(connector, &address);
    if (connector->winner != NO_WINNER || has_failed(connector))
        wake_after(connector, 0);
    else if (connector->under_way > before)
        wake_after(connector, ATTEMPT_DELAY);
}

hs_result hs_connector_add(hs_connector *connector, const hs_address *addresses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool ipv6 = hs_address_family(&addresses[i]) == 6;
        waiting *list = &connector->waiting[ipv6 ? IPV6 : IPV4];
        if (list->count < HS_CONNECT_ATTEMPTS_MAX)
            list->addresses[list->count++] = addresses[i];
    }
    if (connector->winner != NO_WINNER || connector->told || count == 0)
        return HS_OK;
    bool is_first = connector->count == 0;
    if (is_first && connector->waiting[IPV6].count == 0 && !connector->list_closed) {
        if (!uv_is_active((uv_handle_t *)&connector->timer))
            wake_after(connector, RESOLUTION_DELAY);
    } else if (connector->under_way == 0 || !uv_is_active((uv_handle_t *)&connector->timer)) {
        pursue(connector); /* else the attempt delay is running */
    }
    return HS_OK;
}

void hs_connector_close_list(hs_connector *connector)
{
    connector->list_closed = true;
    if (connector->winner != NO_WINNER || connector->told)
        return;
    if (connector->count == 0)
        pursue(connector);
    else if (has_failed(connector))
        wake_after(connector, 0);
}

const hs_connect_attempt *hs_connector_attempts(const hs_connector *connector, size_t *count)
{
    *count = connector->count;
    return connector->attempts;
}

/* The kernel begins to stamp packets a moment after the first socket asked for it, too late for the
 * first reply of a near peer. One that does nothing else asks early, and keeps it going. */
static int open_stamp_keeper(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        hs_stamp_receiving(fd);
    return fd;
}

hs_result hs_connector_new(uv_loop_t *loop, const hs_timeline *timeline,
                           const hs_connect_options *options, const hs_connect_events *events,
                           hs_connector **out)
{
    hs_connector *connector = calloc(1, sizeof(*connector));
    *out = connector;
    if (connector == NULL)
        return HS_NO_MEMORY;
    connector->loop = loop;
    connector->timeline = timeline;
    connector->options = *options;
    connector->events = *events;
    connector->next_family = IPV6;
    connector->winner = NO_WINNER;
    connector->stamp_keeper = open_stamp_keeper();
    uv_timer_init(loop, &connector->timer); /* cannot fail */
    connector->timer.data = connector;
    connector->handles = 1;
    return HS_OK;
}

void hs_connector_free(hs_connector *connector)
{
    if (connector == NULL || connector->freed)
        return;
    connector->freed = true;
    close_attempts(connector);
    if (connector->stamp_keeper >= 0)
        close(connector->stamp_keeper);
    uv_close((uv_handle_t *)&connector->timer, on_timer_closed);
}
