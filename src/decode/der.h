/* DER elements (X.690 8.1, 10.1) on the reader: tag, length, content. */
#ifndef HS_DECODE_DER_H
#define HS_DECODE_DER_H

#include "base/reader.h"

enum {
    HS_DER_BOOLEAN = 0x01,
    HS_DER_INTEGER = 0x02,
    HS_DER_BIT_STRING = 0x03,
    HS_DER_OCTET_STRING = 0x04,
    HS_DER_OID = 0x06,
    HS_DER_SEQUENCE = 0x30,
    HS_DER_CONTEXT_0 = 0xa0,
    HS_DER_CONTEXT_3 = 0xa3,
};

typedef struct hs_der {
    uint8_t tag;
    hs_bytes content;
    hs_bytes whole; /* with tag and length */
} hs_der;

/* The next element, which must lie whole within the reader. */
hs_der hs_der_read(hs_reader *r, const char *field);
/* The same, and its tag must be `tag`. */
hs_der hs_der_expect(hs_reader *r, uint8_t tag, const char *field);
/* The tag of the next element; 0 at the end. */
uint8_t hs_der_peek(const hs_reader *r);
/* A reader over an element's content, with the same fault. */
hs_reader hs_der_enter(const hs_reader *parent, hs_der element);

#endif
