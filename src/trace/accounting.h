/* Where the time went: the total taken apart with nothing left over.
 *
 * For each turn the client's last byte out, the server's first byte in, its last byte in and the
 * client's next byte out are looked at. With R the path's round trip, `network` takes R (or less)
 * of each wait, `server` what a wait has beyond R, `tail` runs from the first to the last byte of a
 * server's flight, `client` is the time until the next byte goes out, or the next attempt begins,
 * `loss` is time spent in retransmitting the SYN, `dns` is name resolution. They add up to the
 * total.
 */
#ifndef HS_TRACE_ACCOUNTING_H
#define HS_TRACE_ACCOUNTING_H

#include <handshake/trace.h>

/* Fills trace->phases from the milestones and segments. */
void hs_trace_compute_phases(hs_trace *trace);
/* What the client sends after this, and before the response, asks for nothing: an acknowledgement
 * of HTTP/2's SETTINGS, or of packets of QUIC. The response is waited for once, however many of
 * them go. HS_TIME_NONE: nothing is known of that. */
hs_time hs_trace_all_asked(const hs_trace *trace);
/* Fills trace->accounting from phases, milestones and segments. */
void hs_trace_compute_accounting(hs_trace *trace);

#endif
