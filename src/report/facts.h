/* What several renderers say in the same words. */
#ifndef HS_REPORT_FACTS_H
#define HS_REPORT_FACTS_H

#include <handshake/trace.h>

enum { HS_FACT_TEXT_MAX = 32, HS_FACT_SENTENCE_MAX = 160 };

/* The registered name, or "0x1301" in `out`. */
const char *hs_fact_name(const char *name, unsigned value, char out[HS_FACT_TEXT_MAX]);
const char *hs_fact_tls_version(uint16_t version, char out[HS_FACT_TEXT_MAX]);
const char *hs_fact_cipher(uint16_t cipher, char out[HS_FACT_TEXT_MAX]);
const char *hs_fact_group(uint16_t group, char out[HS_FACT_TEXT_MAX]);
const char *hs_fact_signature(uint16_t signature, char out[HS_FACT_TEXT_MAX]);
const char *hs_fact_alert(int description, char out[HS_FACT_TEXT_MAX]);
const char *hs_fact_http2_setting(uint16_t id, char out[HS_FACT_TEXT_MAX]);
const char *hs_fact_quic_version(uint32_t version, char out[HS_FACT_TEXT_MAX]);
const char *hs_fact_http3_setting(uint64_t id, char out[HS_FACT_TEXT_MAX]);
const char *hs_fact_http2_error(uint32_t error, char out[HS_FACT_TEXT_MAX]);

/* The phase's title for people: "TCP". */
const char *hs_fact_phase_title(hs_phase phase);

/* "user", "kernel", "tcp_info", "capture", "quic_ack"; NULL for HS_CLOCK_NONE. */
const char *hs_fact_clock(hs_clock clock);
/* The clock that vouches for an interval: the less exact one of its two ends. */
hs_clock hs_fact_span_clock(const hs_phase_span *span);
/* HS_TIME_NONE where the phase has no end. */
hs_time hs_fact_span_time(const hs_phase_span *span);
/* When the last thing was observed. */
hs_time hs_fact_end(const hs_trace *trace);

const char *hs_fact_early_data(hs_early_data early_data); /* NULL where unseen */

/* Finding's and failure's helpers. */
const char *hs_fact_failure_class(hs_failure_class cls); /* NULL for none */

/* What stands behind a number of round trips, with the sign that sets it apart: ": TCP 1,
 * HelloRetryRequest 1, TLS 1; 97 % network". That is what was waited for until ready, and the
 * network's share of the whole time after name resolution. False, and an empty text, where the
 * path's round trip is not known. */
bool hs_fact_round_trip_parts(const hs_trace *trace, char *out, size_t size);
/* The same without the network's share. */
bool hs_fact_round_trip_phases(const hs_trace *trace, char *out, size_t size);

/* From the first packet until ready, in round trips of the path. False where one of these is not
 * known. */
bool hs_fact_ready_over_path_rtt(const hs_trace *trace, double *round_trips);

/* "3.02 round trips: TCP 1, HelloRetryRequest 1, TLS 1; 97 % network". Where most of the time went
 * elsewhere than into the network, time over round trip says nothing about round trips, and those
 * that were counted stand in its place: "2 round trips: TCP 1, TLS 1; 4 % network". False, and an
 * empty text, where the path's round trip is not known. */
bool hs_fact_round_trips(const hs_trace *trace, char *out, size_t size);

/* One part of the accounting. */
typedef struct hs_fact_part {
    const char *name;
    hs_time time;
} hs_fact_part;
enum { HS_FACT_PART_COUNT = 6 };
void hs_fact_parts(const hs_accounting *accounting, hs_fact_part parts[HS_FACT_PART_COUNT]);

#endif
