/* A tiny name server on UDP for tests, in the same loop as what is tested. What it answers depends
 * on the name's first label; see answer_for in the source. */
#ifndef HS_TESTS_NET_NAME_SERVER_H
#define HS_TESTS_NET_NAME_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

typedef struct name_server_answer {
    uint8_t rcode;
    bool silent;
    bool garbage;
    bool late;              /* held back for a while */
    const char *records[4]; /* literals */
} name_server_answer;

typedef struct name_server_row {
    const char *label;
    name_server_answer a;
    name_server_answer aaaa;
} name_server_row;

typedef struct name_server {
    const name_server_row *rows; /* ended by a NULL label; other names do not exist */
    int fd;
    uv_poll_t poll;
    uv_timer_t late;
    uint8_t held[512];
    size_t held_len;
    uint8_t held_peer[28];
    unsigned queries;
    char address[32]; /* "127.0.0.1:port" */
} name_server;

void name_server_start(name_server *server, uv_loop_t *loop, const name_server_row *rows);
void name_server_stop(name_server *server);

#endif
