/* The fields of the WebSocket opening handshake (RFC 6455 4). */
#include "wire/websocket.h"

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 4648 4. `out` has room for 4 characters for each 3 bytes begun, and a NUL. */
static void base64(const uint8_t *data, size_t len, char *out)
{
    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)data[i] << 16;
        group |= i + 1 < len ? (uint32_t)data[i + 1] << 8 : 0;
        group |= i + 2 < len ? (uint32_t)data[i + 2] : 0;
        *out++ = base64_alphabet[group >> 18];
        *out++ = base64_alphabet[group >> 12 & 0x3f];
        *out++ = i + 1 < len ? base64_alphabet[group >> 6 & 0x3f] : '=';
        *out++ = i + 2 < len ? base64_alphabet[group & 0x3f] : '=';
    }
    *out = 0;
}

const char *hs_websocket_key_text(const uint8_t nonce[HS_WEBSOCKET_NONCE_LEN],
                                  char out[HS_WEBSOCKET_KEY_SIZE])
{
    base64(nonce, HS_WEBSOCKET_NONCE_LEN, out);
    return out;
}

const char *hs_websocket_accept_text(const uint8_t sha1[20], char out[HS_WEBSOCKET_ACCEPT_SIZE])
{
    base64(sha1, 20, out);
    return out;
}

bool hs_websocket_key_is_valid(hs_bytes key)
{
    if (key.len != HS_WEBSOCKET_KEY_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < key.len; i++) {
        uint8_t byte = key.data[i];
        bool is_letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        bool is_other = (byte >= '0' && byte <= '9') || byte == '+' || byte == '/';
        if (i < key.len - 2 ? !is_letter && !is_other : byte != '=') {
            return false;
        }
    }
    return true;
}

bool hs_websocket_head_upgrades(const hs_http1_head *head)
{
    return hs_http1_has_token(head, "Upgrade", "websocket") &&
           hs_http1_has_token(head, "Connection", "Upgrade");
}
