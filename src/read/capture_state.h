/* A capture on its way: what capture.c and its parts share. */
#ifndef HS_READ_CAPTURE_STATE_H
#define HS_READ_CAPTURE_STATE_H

#include <signal.h>
#include <stdio.h>

#include <handshake/read.h>

#include "decode/flows.h"
#include "net/packet_file.h"
#include "read/ahead.h"
#include "read/secrets_file.h"
#include "read/selection.h"
#include "read/source.h"

struct hs_capture {
    hs_capture_options options;
    volatile sig_atomic_t stop;
    bool enough; /* `count` connections were given out: the rest is not wanted */
    uint64_t given;
    hs_capture_counters counters;
    hs_result result; /* the first failure that ends the run */

    hs_input **inputs;  /* of the files */
    size_t input_count; /* opened so far */
    hs_source *device;
    hs_ahead *ahead;
    hs_chunks *chunks; /* of the flows */
    uint64_t seed[2];  /* of the flows' hash tables */

    hs_keylog *keylog;
    hs_secrets_file secrets;
    bool keylog_full;
    bool brings_secrets; /* the source that is being read may */

    hs_flows *flows;
    int64_t last_at;  /* of the newest packet of these flows */
    uint64_t number;  /* of the packet within its file */
    const char *name; /* of the file or device */
    hs_time deadline; /* of a live capture, monotonic; HS_TIME_NONE */

    /* --pcap */
    hs_selection *selection;
    FILE *pcap;
    FILE *spool;  /* what cannot be read a second time waits here, as pcapng */
    int spool_fd; /* to read it; -1: none */
    hs_packet_file *spooled;
    hs_buffer embedded; /* secrets */
};

/* One line to the user. */
void hs_capture_trouble(hs_capture *capture, const char *format, ...) HS_PRINTF(2, 3);

/* capture_open.c: all that the options name. On failure the caller frees. */
HS_CHECKED hs_result hs_capture_open(hs_capture *capture, hs_problem *problem);
void hs_capture_close(hs_capture *capture);
const char *hs_capture_file_name(const char *path);

/* capture_write.c: packets for --pcap. */
/* Keeps a packet that comes only once. */
HS_CHECKED hs_result hs_capture_spool(hs_capture *capture, const hs_source_item *packet);
/* Keeps in mind that the connection's packets are wanted. */
HS_CHECKED hs_result hs_capture_select(hs_capture *capture, const hs_trace *trace);
/* Reads everything once more, and writes what was selected. */
HS_CHECKED hs_result hs_capture_write(hs_capture *capture, hs_problem *problem);

/* The monotonic clock. */
hs_time hs_capture_now(void);

#endif
