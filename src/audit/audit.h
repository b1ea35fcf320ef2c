/* The posture of this host for handshakes: settings, listeners, routes, counters, and what follows
 * from them. Nothing is changed. All of it is that of the network namespace that the program is in.
 */
#ifndef HS_AUDIT_AUDIT_H
#define HS_AUDIT_AUDIT_H

#include <handshake/trace.h> /* hs_seen, hs_severity */

#include "audit/counters.h"
#include "audit/rules.h"
#include "audit/settings.h"

enum {
    HS_AUDIT_LISTENERS_MAX = 65536,
    HS_AUDIT_ROUTES_MAX = 64,
    HS_AUDIT_UNSEEN_MAX = 64,
    HS_AUDIT_ADDRESS = 16,
    HS_AUDIT_PROCESS = 16, /* TASK_COMM_LEN */
    HS_AUDIT_TEXT = 512,
    HS_AUDIT_ENDPOINT = 80,
    HS_AUDIT_DEVICE = 16, /* IF_NAMESIZE */
    HS_AUDIT_INITCWND = 10,
};

/* A listening TCP socket. */
typedef struct hs_audit_listener {
    bool is_v6;
    uint8_t address[HS_AUDIT_ADDRESS]; /* 4 or 16 bytes of it */
    uint16_t port;
    uint32_t device; /* index of the one that it is bound to; 0: any */
    hs_seen v6_only;
    uint32_t queue; /* established connections that wait for accept() */
    uint32_t limit; /* the smaller of listen()'s backlog and somaxconn */
    uint32_t uid;
    uint64_t inode;
    int64_t fast_open_limit;        /* greatest Fast Open queue, 0: off; -1: not observed */
    int64_t pid;                    /* of one process that has it; 0: not observed */
    int64_t last_pid;               /* while processes are looked through */
    unsigned holders;               /* processes seen to have it */
    char process[HS_AUDIT_PROCESS]; /* its name */
} hs_audit_listener;

/* A default route. */
typedef struct hs_audit_route {
    bool is_v6;
    uint32_t table;
    uint32_t device;   /* index of the outgoing one; 0: several, or not told */
    uint32_t initcwnd; /* 0: not set, so that the kernel's 10 hold */
} hs_audit_route;

typedef struct hs_audit_finding {
    hs_audit_rule rule;
    char evidence[HS_AUDIT_TEXT];
} hs_audit_finding;

/* Something that could not be looked at. */
typedef struct hs_audit_unseen {
    char what[HS_AUDIT_TEXT];
    char why[HS_AUDIT_TEXT];
} hs_audit_unseen;

typedef struct hs_audit {
    int64_t at; /* nanoseconds since the epoch */
    hs_audit_value settings[HS_AUDIT_SETTING_COUNT];
    hs_audit_route routes[HS_AUDIT_ROUTES_MAX];
    size_t route_count;
    bool has_routes; /* the list is whole */
    hs_audit_listener *listeners;
    size_t listener_count;
    bool has_listeners;
    hs_audit_counters counters;
    int64_t time_wait; /* sockets in TIME-WAIT; -1: not observed */
    hs_audit_finding findings[HS_AUDIT_RULE_COUNT];
    size_t finding_count;
    hs_audit_unseen unseen[HS_AUDIT_UNSEEN_MAX];
    size_t unseen_count;
} hs_audit;

/* Looks at everything and judges it. What could not be seen is in `unseen`; HS_NO_MEMORY is the
 * only failure. */
HS_CHECKED hs_result hs_audit_run(hs_audit **out);
void hs_audit_free(hs_audit *audit);

void hs_audit_add_unseen(hs_audit *audit, const char *why, const char *format, ...) HS_PRINTF(3, 4);
/* "127.0.0.1:80", "[::1]:80", "*:80"; returns `out`. */
const char *hs_audit_endpoint(const hs_audit_listener *listener, char out[HS_AUDIT_ENDPOINT]);
/* The kernel's own rule: one more than the limit may wait. */
bool hs_audit_is_full(const hs_audit_listener *listener);

/* The parts of hs_audit_run. Listeners are in order of inode while they are completed, then of
 * port. */
HS_CHECKED hs_result hs_audit_listeners_read(hs_audit *audit);
void hs_audit_processes_read(hs_audit *audit);
hs_audit_listener *hs_audit_listener_find(hs_audit *audit, uint64_t inode);
void hs_audit_routes_read(hs_audit *audit);
/* Fills `findings` from all the rest, the gravest first. */
void hs_audit_judge(hs_audit *audit);

#endif
