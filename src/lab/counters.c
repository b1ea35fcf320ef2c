#include "lab/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/netlink.h"

enum { TEXT_MAX = 32 * 1024 };

typedef struct counter_row {
    const char *name;
    const char *meaning;
} counter_row;

static const counter_row rows[] = {
#define HS_X(symbol, name, meaning) {name, meaning},
    HS_LISTEN_COUNTER_MAP(HS_X)
#undef HS_X
};

const char *hs_listen_counter_name(hs_listen_counter counter)
{
    return rows[counter].name;
}

const char *hs_listen_counter_meaning(hs_listen_counter counter)
{
    return rows[counter].meaning;
}

static void set_counter(hs_listen_counters *counters, const char *name, size_t len, int64_t value)
{
    for (size_t i = 0; i < HS_LISTEN_COUNTER_COUNT; i++) {
        if (strlen(rows[i].name) == len && strncmp(rows[i].name, name, len) == 0) {
            counters->values[i] = value;
        }
    }
}

/* The words of two lines, side by side. */
static void parse_pair(const char *names, const char *values, hs_listen_counters *counters)
{
    for (;;) {
        names += strspn(names, " ");
        values += strspn(values, " ");
        size_t name = strcspn(names, " \n");
        size_t value = strcspn(values, " \n");
        if (name == 0 || value == 0) {
            return;
        }
        char *end;
        long long number = strtoll(values, &end, 10);
        if (end == values + value && number >= 0) {
            set_counter(counters, names, name, number);
        }
        names += name;
        values += value;
    }
}

void hs_listen_counters_parse(const char *text, hs_listen_counters *counters)
{
    for (size_t i = 0; i < HS_LISTEN_COUNTER_COUNT; i++) {
        counters->values[i] = HS_COUNTER_UNSEEN;
    }
    while (*text != '\0') {
        const char *values = strchr(text, '\n');
        const char *end = values ? strchr(values + 1, '\n') : NULL;
        if (!values) {
            return;
        }
        parse_pair(text, values + 1, counters);
        text = end ? end + 1 : "";
    }
}

hs_result hs_listen_counters_read(hs_listen_counters *counters)
{
    /* Of this thread, because a namespace is a thread's. */
    int fd = open("/proc/thread-self/net/netstat", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return HS_SYSTEM;
    }
    char text[TEXT_MAX];
    size_t len = 0;
    ssize_t got = 1;
    while (len < sizeof text - 1 && got > 0) {
        got = read(fd, text + len, sizeof text - 1 - len);
        len += got > 0 ? (size_t)got : 0;
    }
    int os_errno = errno;
    close(fd);
    errno = os_errno;
    text[len] = '\0';
    hs_listen_counters_parse(text, counters);
    return got < 0 ? HS_SYSTEM : HS_OK;
}

static hs_result count_one(void *context, const hs_netlink_message *message)
{
    uint64_t *count = context;
    *count += message->type == SOCK_DIAG_BY_FAMILY;
    return HS_OK;
}

hs_result hs_half_open_count(int diag, uint64_t *count)
{
    const struct inet_diag_req_v2 sockets = {
        .sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1U << TCP_SYN_RECV};
    hs_netlink_request request;
    *count = 0;
    hs_netlink_begin(&request, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &sockets, sizeof sockets);
    return hs_netlink_ask(diag, &request, count_one, count);
}
