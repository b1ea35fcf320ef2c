/* What can be explained: one table of topics, each with the connections that it is told from. */
#ifndef HS_EXPLAIN_TOPICS_H
#define HS_EXPLAIN_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

#include <handshake/probe.h>
#include <handshake/serve.h>

/* Where the act's connection goes in place of the server. */
typedef enum hs_act_fault {
    HS_ACT_SOUND,
    HS_ACT_REFUSED,    /* a port at which nobody listens */
    HS_ACT_SILENT,     /* a server whose answers never arrive */
    HS_ACT_WRONG_NAME, /* a name that the certificate does not have */
} hs_act_fault;

/* Which events of the connection are told. */
typedef enum hs_act_part {
    HS_ACT_WHOLE,
    HS_ACT_OPENING,   /* until TCP is open */
    HS_ACT_CLOSING,   /* from the first FIN on */
    HS_ACT_ABOVE_TCP, /* all, but TCP's packets in one line each: they are not the topic */
} hs_act_part;

enum { HS_ACT_EXPECTS_MAX = 16 };

/* One connection. */
typedef struct hs_act {
    const char *title;
    const char *intro;
    const char *scheme;
    hs_service service;
    hs_act_part part;
    hs_act_fault fault;
    bool is_brief;         /* one line a message: it is there for comparison */
    bool retry;            /* the server that answers QUIC with Retry */
    bool needs_namespaces; /* left out on loopback */
    bool no_timestamps;    /* net.ipv4.tcp_timestamps=0 at the client */
    bool prepares;         /* a connection before it fetches what this one uses; it is not told */
    /* hs_probe_options */
    uint16_t tls_max;
    hs_http_version http_version;
    bool resume;
    bool early_data;
    bool hello_retry;
    bool tcp_fastopen;
    const char *expects[HS_ACT_EXPECTS_MAX]; /* messages in order; the rest NULL */
} hs_act;

enum { HS_TOPIC_ACTS_MAX = 4 };

typedef struct hs_topic {
    const char *name;
    const char *title;
    const char *summary; /* one line for the list */
    const char *intro;   /* what it is about; no figures */
    bool needs_namespaces;
    bool syn_cookies;               /* net.ipv4.tcp_syncookies=2 at the server */
    bool whole_machine;             /* the state machine is drawn with all its rules */
    hs_act acts[HS_TOPIC_ACTS_MAX]; /* the rest without a title */
} hs_topic;

extern const hs_topic hs_topics[];
extern const size_t hs_topic_count;

/* NULL: there is none of this name. */
const hs_topic *hs_topic_find(const char *name);
size_t hs_topic_act_count(const hs_topic *topic);

#endif
