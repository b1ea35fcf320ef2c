/* The members of a record, each made in the file that its comment names. NULL when out of memory.
 */
#ifndef HS_REPORT_JSON_PARTS_H
#define HS_REPORT_JSON_PARTS_H

#include "report/json_object.h"

/* json_transport.c */
json_t *hs_json_target(hs_json *json, const hs_target *target);
json_t *hs_json_phases(hs_json *json, const hs_trace *trace);
json_t *hs_json_milestones(hs_json *json, const hs_trace *trace);
json_t *hs_json_accounting(hs_json *json, const hs_accounting *accounting);

/* json_capture.c */
json_t *hs_json_client(hs_json *json, const hs_capture_facts *capture);
json_t *hs_json_capture(hs_json *json, const hs_capture_facts *capture);
json_t *hs_json_tcp(hs_json *json, const hs_tcp_facts *tcp);

/* json_tls.c */
json_t *hs_json_tls(hs_json *json, const hs_tls_facts *tls);
json_t *hs_json_certificates(hs_json *json, const hs_trace *trace);

/* json_application.c */
json_t *hs_json_http(hs_json *json, const hs_http_facts *http);
json_t *hs_json_http2(hs_json *json, const hs_http2_facts *http2);
json_t *hs_json_websocket(hs_json *json, const hs_websocket_facts *websocket);

/* json_quic.c */
json_t *hs_json_quic(hs_json *json, const hs_quic_facts *quic);
json_t *hs_json_http3(hs_json *json, const hs_http3_facts *http3);

/* json_verdict.c */
json_t *hs_json_failure(hs_json *json, const hs_failure *failure);
json_t *hs_json_findings(hs_json *json, const hs_trace *trace);
json_t *hs_json_events(hs_json *json, const hs_trace *trace);
/* What there is to tell of an event, by key. */
json_t *hs_json_details(hs_json *json, const hs_event *event);

#endif
