/* Public-key pins as curl spells them: "sha256//base64;sha256//base64…", or a file with a public
 * key or a certificate, PEM or DER. A pin is the SHA-256 of a DER SubjectPublicKeyInfo (RFC
 * 7469 2.4). */
#ifndef HS_NET_PINS_H
#define HS_NET_PINS_H

#include <stdbool.h>

#include <openssl/x509.h>

#include <handshake/api.h>
#include <handshake/probe.h>

enum { HS_PIN_TEXT_MAX = 64 };

typedef struct hs_pins hs_pins;

/* HS_INVALID, HS_SYSTEM and HS_NO_MEMORY come with `problem` filled. */
HS_CHECKED hs_result hs_pins_new(const char *text, hs_pins **out, hs_problem *problem);
void hs_pins_free(hs_pins *pins);
size_t hs_pins_count(const hs_pins *pins);
/* Whether the certificate's public key is one of the pinned. */
bool hs_pins_match(const hs_pins *pins, const X509 *certificate);
/* "sha256//…" of the certificate's public key; "" where it cannot be encoded. Returns `out`. */
const char *hs_pin_text(const X509 *certificate, char out[HS_PIN_TEXT_MAX]);

#endif
