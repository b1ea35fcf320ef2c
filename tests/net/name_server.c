#include "name_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TYPE_A = 1, TYPE_AAAA = 28, HEADER = 12, NXDOMAIN = 3 };

static const name_server_answer unknown = {.rcode = NXDOMAIN};

static const name_server_answer *answer_for(const name_server *server, const char *label, int type)
{
    for (const name_server_row *row = server->rows; row->label != NULL; row++) {
        if (strcasecmp(row->label, label) == 0)
            return type == TYPE_AAAA ? &row->aaaa : &row->a;
    }
    return &unknown;
}

/* The question's end, and its first label and type. */
static size_t read_question(const uint8_t *query, size_t len, char label[64], int *type)
{
    size_t at = HEADER;
    label[0] = '\0';
    while (at < len && query[at] != 0) {
        if (label[0] == '\0') {
            memcpy(label, query + at + 1, query[at]);
            label[query[at]] = '\0';
        }
        at += (size_t)query[at] + 1;
    }
    assert_true(at + 5 <= len);
    *type = query[at + 1] << 8 | query[at + 2];
    return at + 5;
}

static size_t add_record(uint8_t *at, int type, const char *literal)
{
    uint8_t data[16];
    size_t len = type == TYPE_AAAA ? 16 : 4;
    assert_int_equal(inet_pton(type == TYPE_AAAA ? AF_INET6 : AF_INET, literal, data), 1);
    const uint8_t head[] = {0xc0, HEADER, 0, (uint8_t)type, 0, 1, 0, 0, 0, 60, 0, (uint8_t)len};
    memcpy(at, head, sizeof(head));
    memcpy(at + sizeof(head), data, len);
    return sizeof(head) + len;
}

static size_t write_answer(const name_server_answer *answer, int type, const uint8_t *query,
                           size_t question_end, uint8_t out[512])
{
    memcpy(out, query, question_end);
    size_t len = question_end;
    uint8_t records = 0;
    for (; records < 4 && answer->records[records] != NULL; records++)
        len += add_record(out + len, type, answer->records[records]);
    out[2] = 0x85; /* response, authoritative, recursion desired */
    out[3] = (uint8_t)(0x80 | answer->rcode);
    memset(out + 4, 0, 8);
    out[5] = 1;
    out[7] = records;
    if (answer->garbage) {
        out[7] = 9;
        len -= 3;
    }
    return len;
}

static void on_late(uv_timer_t *timer)
{
    name_server *server = timer->data;
    sendto(server->fd, server->held, server->held_len, 0,
           (const struct sockaddr *)server->held_peer, sizeof(struct sockaddr_in));
}

static void on_query(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    name_server *server = poll->data;
    uint8_t query[512];
    uint8_t out[512];
    struct sockaddr_in peer;
    socklen_t peer_len = sizeof(peer);
    ssize_t n = recvfrom(server->fd, query, sizeof(query), MSG_DONTWAIT, (struct sockaddr *)&peer,
                         &peer_len);
    if (n < HEADER)
        return;
    server->queries++;
    char label[64];
    int type;
    size_t question_end = read_question(query, (size_t)n, label, &type);
    const name_server_answer *answer = answer_for(server, label, type);
    if (answer->silent)
        return;
    size_t len = write_answer(answer, type, query, question_end, out);
    if (answer->late) {
        memcpy(server->held, out, len);
        server->held_len = len;
        memcpy(server->held_peer, &peer, sizeof(peer));
        uv_timer_start(&server->late, on_late, 30, 0);
        return;
    }
    sendto(server->fd, out, len, 0, (struct sockaddr *)&peer, sizeof(peer));
}

void name_server_start(name_server *server, uv_loop_t *loop, const name_server_row *rows)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(name);
    memset(server, 0, sizeof(*server));
    server->rows = rows;
    server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&name, sizeof(name)), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&name, &len), 0);
    snprintf(server->address, sizeof(server->address), "127.0.0.1:%u", ntohs(name.sin_port));
    uv_poll_init(loop, &server->poll, server->fd);
    server->poll.data = server;
    uv_poll_start(&server->poll, UV_READABLE, on_query);
    uv_timer_init(loop, &server->late);
    server->late.data = server;
}

void name_server_stop(name_server *server)
{
    uv_close((uv_handle_t *)&server->poll, NULL);
    uv_close((uv_handle_t *)&server->late, NULL);
    close(server->fd);
}
