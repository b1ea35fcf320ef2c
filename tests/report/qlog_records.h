/* A qlog file of JSON text sequences, read again for the tests. */
#ifndef HS_TESTS_QLOG_RECORDS_H
#define HS_TESTS_QLOG_RECORDS_H

#include <jansson.h>

#include <handshake/trace.h>

/* The file's text; malloc'ed. */
char *qlog_text(const hs_trace *trace);
/* All records, the header first. Each is framed as RFC 7464 has it, times ascend, and every event
 * has what the main schema asks for. */
json_t *qlog_records(const hs_trace *trace);
/* The data of the nth event of this name; NULL: there is none. Borrowed. */
json_t *qlog_data(const json_t *records, const char *name, size_t nth);
size_t qlog_count(const json_t *records, const char *name);
/* The nth frame of this type in all packets. */
json_t *qlog_frame(const json_t *records, const char *type, size_t nth);
/* A member's text; "" where there is none. */
const char *qlog_member(const json_t *object, const char *key);
json_int_t qlog_number(const json_t *object, const char *key);

#endif
