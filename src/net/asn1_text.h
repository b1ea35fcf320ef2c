/* What certificates say, as short texts that are safe to print. */
#ifndef HS_NET_ASN1_TEXT_H
#define HS_NET_ASN1_TEXT_H

#include <openssl/x509.h>

#include "base/arena.h"

enum { HS_ASN1_TIME_TEXT_MAX = 32 };

/* "2026-11-19T10:25:58Z"; "unknown" for NULL and malformed times. Returns `out`. */
const char *hs_asn1_time_text(const ASN1_TIME *time, char out[HS_ASN1_TIME_TEXT_MAX]);
/* Seconds since the epoch; 0 for malformed times. */
int64_t hs_asn1_time_seconds(const ASN1_TIME *time);
/* "3 days", "1 hour", "12 seconds" for a length of time in seconds, its sign ignored. */
const char *hs_duration_text(hs_arena *arena, int64_t seconds);
/* The length of `text`, or of the part of it that fits `limit` bytes without cutting a UTF-8
 * sequence. */
size_t hs_text_cut(const char *text, size_t limit);
/* The common name in quotes, or the whole name where there is none. Never NULL, unless memory ends.
 */
const char *hs_x509_name_text(hs_arena *arena, const X509_NAME *name);
/* The subjectAltName's DNS names and addresses, comma-separated, about `limit` bytes; what is
 * beyond is counted: "a.example, b.example and 7 more". The common name where there are none. */
const char *hs_x509_names_text(hs_arena *arena, const X509 *certificate, size_t limit);

#endif
