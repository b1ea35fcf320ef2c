/* Reading captures: every connection in a pcap or pcapng file, or on a device, becomes a trace.
 *
 * A capture is used from one thread; hs_capture_stop may be called from a signal handler. Where
 * there are files, hs_capture_new makes a thread that reads them ahead: it takes no signals, and
 * calls nothing of the caller's. Packets are hostile input: call hs_capture_confine between
 * hs_capture_new, which opens everything, and hs_capture_run, which parses.
 */
#ifndef HANDSHAKE_READ_H
#define HANDSHAKE_READ_H

#include <stdbool.h>

#include <handshake/api.h>
#include <handshake/probe.h> /* hs_problem */
#include <handshake/time.h>
#include <handshake/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All strings are borrowed and must live as long as the capture. */
typedef struct hs_capture_options {
    const char *const *files; /* pcap and pcapng, also gzipped; "-" is stdin */
    size_t file_count;
    const char *device;  /* instead of files */
    const char *filter;  /* of the device: a pcap-filter(7) expression; NULL: everything */
    hs_time duration;    /* of a live capture; 0: until hs_capture_stop */
    const char *keylog;  /* TLS secrets; NULL: $SSLKEYLOGFILE, if set and readable */
    size_t memory_limit; /* of flows and handshakes; 0: 256 MiB */
    uint64_t count;      /* end after so many connections; 0: no such end */

    /* Which connections are of interest. */
    const char *host;    /* an address of either end, or the server's name; NULL: any */
    int port;            /* of either end; -1: any */
    bool failed;         /* those that failed */
    hs_time slower_than; /* ready, or failed, after more than this; HS_TIME_NONE: any */

    const char *pcap;   /* file for the packets of these connections' handshakes (pcapng); NULL */
    bool embed_secrets; /* with the secrets of these connections */

    /* What the traces are for. Light ones hold what a line about a connection needs (times, ends,
     * version, name, ALPN, failure), at a fraction of the time and memory; `conflicting_bytes` are
     * not counted, and there is no accounting. */
    bool light;
    bool keep_events; /* the ladder */
    bool keep_bytes;  /* and the bytes of each message */
    bool findings;    /* judge the traces */

    /* A connection that is over, in order of its end. The trace lives until the call returns. */
    void (*connection)(void *context, const hs_trace *trace);
    /* Something could not be read: one line, without newline. May be NULL. */
    void (*trouble)(void *context, const char *line);
    void *context;
} hs_capture_options;

HS_API void hs_capture_options_init(hs_capture_options *options);

/* What was read, and what could not be. */
typedef struct hs_capture_counters {
    uint64_t files_read; /* that were captures */
    uint64_t files_unread;
    uint64_t packets;
    uint64_t tcp_packets;
    uint64_t udp_packets;
    uint64_t other_packets;
    uint64_t truncated_packets;    /* a header was cut off by the snapshot length */
    uint64_t malformed_packets;    /* their headers contradict themselves */
    uint64_t unknown_link_packets; /* of link types that are not decoded */
    uint64_t fragments;
    uint64_t fragments_dropped;
    uint64_t bad_blocks;     /* of pcapng */
    uint64_t kernel_dropped; /* by a live capture, for want of room */
    uint64_t untracked;      /* packets that were not followed for want of memory */
    uint64_t connections;    /* all, before the filter */
    uint64_t evicted;        /* connections that were ended early, for memory */
    uint64_t spool_dropped;  /* packets that --pcap could not keep of a pipe or a device */
    uint64_t packets_written;
    size_t memory_peak;
} hs_capture_counters;

typedef struct hs_capture hs_capture;

/* Checks the options and opens what they name. HS_INVALID and HS_SYSTEM come with `problem` filled;
 * HS_NO_MEMORY without. */
HS_API HS_CHECKED hs_result hs_capture_new(const hs_capture_options *options, hs_capture **out,
                                           hs_problem *problem);
HS_API void hs_capture_free(hs_capture *capture);

/* Gives up what reading does not need, for the whole process and for ever: privileges (for a
 * device), and all system calls that open or start anything. HS_SYSTEM with `problem` filled where
 * the kernel does not allow it. */
HS_API HS_CHECKED hs_result hs_capture_confine(hs_capture *capture, hs_problem *problem);

/* Reads to the end, once. HS_OK even where some files were damaged (see `trouble`). HS_INVALID:
 * there was no capture in any file. HS_SYSTEM: the output could not be written, with `problem`
 * filled. */
HS_API HS_CHECKED hs_result hs_capture_run(hs_capture *capture, hs_problem *problem);
/* Ends the run soon, with all connections given out. Async-signal-safe. */
HS_API void hs_capture_stop(hs_capture *capture);
HS_API hs_capture_counters hs_capture_count(const hs_capture *capture);

#ifdef __cplusplus
}
#endif
#endif
