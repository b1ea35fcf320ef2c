/* The steps of a probe: each row of this table is one stretch of the way, in a file of its own. */
#ifndef HS_PROBE_STEP_H
#define HS_PROBE_STEP_H

#include <handshake/api.h>
#include <handshake/failure.h>
#include <handshake/trace.h>

typedef struct hs_run hs_run;

/* Which of the user's deadlines a step is under. */
typedef enum hs_deadline {
    HS_DEADLINE_CONNECT,
    HS_DEADLINE_TLS,
    HS_DEADLINE_UPGRADE,
} hs_deadline;

typedef struct hs_step {
    const char *name;
    hs_phase phase; /* the one it begins in; hs_run_set_phase moves on */
    hs_deadline deadline;
    hs_failure_class timed_out;
    hs_failure_class closed; /* the peer's FIN came first */
    hs_failure_class reset;
    void (*start)(hs_run *run);
    /* Plain bytes from the peer; NULL where none can come. */
    void (*received)(hs_run *run, hs_bytes bytes);
    /* Says goodbye in the step's own protocol, once the probe is done. May be NULL. */
    void (*leave)(hs_run *run);
    /* Frees what `start` made. May be NULL. */
    void (*end)(hs_run *run);
} hs_step;

extern const hs_step hs_step_connect;
extern const hs_step hs_step_tls;
extern const hs_step hs_step_http; /* chooses one of the next two by ALPN */
extern const hs_step hs_step_http1;
extern const hs_step hs_step_http2;
extern const hs_step hs_step_websocket;

#endif
