/* Time values.
 *
 * A time is a count of nanoseconds. Inside a trace, times are relative to the trace's start, which
 * is 0. Where a figure came from is part of it: every moment carries its clock.
 */
#ifndef HANDSHAKE_TIME_H
#define HANDSHAKE_TIME_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int64_t hs_time;

/* "not observed"; never a valid time. */
#define HS_TIME_NONE INT64_MIN

#define HS_MICROSECOND INT64_C(1000)
#define HS_MILLISECOND INT64_C(1000000)
#define HS_SECOND INT64_C(1000000000)

/* Where a time was read. */
typedef enum hs_clock {
    HS_CLOCK_NONE,     /* no time */
    HS_CLOCK_USER,     /* the monotonic clock, read by this program around a system call */
    HS_CLOCK_KERNEL,   /* the kernel's stamp of the packet (SO_TIMESTAMPING, AF_PACKET) */
    HS_CLOCK_TCP_INFO, /* computed from a kernel measurement in TCP_INFO */
    HS_CLOCK_CAPTURE,  /* the capture file's packet time */
    HS_CLOCK_QUIC_ACK, /* computed from QUIC packets and the ACKs that name them (RFC 9002 5) */
} hs_clock;

typedef struct hs_moment {
    hs_time at; /* HS_TIME_NONE where not observed */
    hs_clock clock;
} hs_moment;

#ifdef __cplusplus
}
#endif
#endif
