/* HTTP/1.1 message heads (RFC 9112 2 to 5): start line and field lines, read and written.
 *
 * The reader is strict where leniency is dangerous: a bare CR, space before a colon, a folded line
 * (obs-fold), a NUL and an empty name are HS_MALFORMED, with the place and the reason in the
 * reader's fault. What is only unusual (a line that ends in LF alone, an unknown version, no reason
 * phrase) is read and stays visible. Message bodies are http1_body.h's.
 */
#ifndef HS_WIRE_HTTP1_H
#define HS_WIRE_HTTP1_H

#include <stdbool.h>

#include <handshake/api.h>

#include "base/reader.h"
#include "base/writer.h"

enum {
    HS_HTTP1_HEAD_MAX = 64 * 1024, /* longest head that is read, with its empty line */
    HS_HTTP1_FIELD_MAX = 256,      /* most field lines */
};

typedef enum hs_http1_kind { HS_HTTP1_REQUEST, HS_HTTP1_RESPONSE } hs_http1_kind;

typedef struct hs_http1_field {
    hs_bytes name;  /* as spelled by the peer */
    hs_bytes value; /* without the whitespace around it */
} hs_http1_field;

/* All bytes are borrowed from what was read, or from what the writer was given. */
typedef struct hs_http1_head {
    hs_http1_kind kind;
    hs_bytes version; /* "HTTP/1.1" */
    hs_bytes method;  /* request */
    hs_bytes target;  /* request; as sent */
    int status;       /* response; 0 to 999 */
    hs_bytes reason;  /* response; may be empty */
    hs_http1_field fields[HS_HTTP1_FIELD_MAX];
    size_t field_count;
    size_t len;       /* of the head with its empty line */
    bool has_bare_lf; /* some line ended in LF without CR */
} hs_http1_head;

/* Reads a head. HS_OK: complete, `head->len` bytes were read. HS_NEED_MORE: so far it may be one;
 * call again with more bytes, from its start. HS_MALFORMED: it is none; `r->fault` says where and
 * why, and `head` has what came before. */
HS_CHECKED hs_result hs_http1_read_head(hs_reader *r, hs_http1_kind kind, hs_http1_head *head);

/* The first field of that name, in any case; NULL where there is none. */
const hs_http1_field *hs_http1_find(const hs_http1_head *head, const char *name);
size_t hs_http1_count(const hs_http1_head *head, const char *name);
/* Whether the comma list in the fields of that name holds `token`, in any case: "Connection:
 * keep-alive, Upgrade". An element's parameters are not looked at. */
bool hs_http1_has_token(const hs_http1_head *head, const char *name, const char *token);
/* Whether `bytes` are `text` in any case (ASCII). */
bool hs_http1_is_same(hs_bytes bytes, const char *text);
/* Takes the next element of a comma list off `list`; false at its end. Empty elements are skipped.
 */
bool hs_http1_next_element(hs_bytes *list, hs_bytes *element);

/* The reason phrase that RFC 9110 15 and IANA have for a status; "" for an unknown one. */
const char *hs_http1_reason(int status);

/* Heads to be written. The text is borrowed until hs_http1_write_head. */
void hs_http1_request_init(hs_http1_head *head, const char *method, const char *target);
/* `reason` NULL: the registered one. */
void hs_http1_response_init(hs_http1_head *head, int status, const char *reason);
/* HS_LIMIT when full. */
HS_CHECKED hs_result hs_http1_add_field(hs_http1_head *head, const char *name, const char *value);
/* HS_INVALID: something in `head` may not stand in a head (so nothing can be injected). HS_LIMIT:
 * no room in `w`. */
HS_CHECKED hs_result hs_http1_write_head(hs_writer *w, const hs_http1_head *head);

#endif
