/* Fingerprints of any hello, into buffers of any size: never past them, and always a C string. */
#include <stdlib.h>
#include <string.h>

#include "wire/tls/fingerprint.h"
#include "wire/tls/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_text(hs_result result, const char *text, size_t size)
{
    must(result == HS_OK || result == HS_LIMIT);
    must(size == 0 || strnlen(text, size) < size);
    must(result == HS_OK || size == 0 || text[0] == '\0');
}

static void fingerprint_client(const hs_tls_client_hello *hello, char *text, size_t size)
{
    char a[HS_TLS_JA4_A];
    hs_tls_ja4_a(hello, 't', a);
    must(strlen(a) == HS_TLS_JA4_A - 1);
    check_text(hs_tls_ja3_text(hello, text, size), text, size);
    check_text(hs_tls_ja4_c_text(hello, text, size), text, size);
    hs_result result = hs_tls_ja4_b_text(hello, text, size);
    check_text(result, text, size);
    if (result == HS_OK && text[0]) {
        for (size_t at = 5; at < strlen(text); at += 5) {
            must(memcmp(text + at - 5, text + at, 4) <= 0);
        }
    }
}

/* Two bytes choose the room, the rest is a message. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    size_t room = ((size_t)data[0] << 8 | data[1]) % (HS_TLS_JA_TEXT_MAX * 2);
    char *text = malloc(room > 0 ? room : 1);
    must(text != NULL);
    hs_fault fault;
    hs_reader r;
    hs_tls_message message;
    hs_tls_message_context context = {HS_TLS_1_2, HS_TLS_KX_NONE};
    hs_reader_init(&r, hs_bytes_of(data + 2, size - 2), &fault, NULL);
    if (hs_tls_message_read(&r, &context, &message) == HS_OK) {
        if (message.msg_type == HS_TLS_HS_CLIENT_HELLO) {
            fingerprint_client(&message.body.client_hello, text, room);
        } else if (message.msg_type == HS_TLS_HS_SERVER_HELLO) {
            check_text(hs_tls_ja3s_text(&message.body.server_hello, text, room), text, room);
        }
    }
    free(text);
    return 0;
}
