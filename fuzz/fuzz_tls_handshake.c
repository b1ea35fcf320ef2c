/* Every handshake message in every context. The first byte chooses version and key exchange, the
 * rest is messages. With notes or without, the answer is the same; what is read is written as it
 * was, and so is each extension's body; the notes of a whole message have neither gap nor overlap.
 */
#include <stdlib.h>

#include "wire/tls/extension_get.h"
#include "wire/tls/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOTES = 4096, OUT = 1 << 17 };

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_extensions(const hs_tls_extensions *extensions)
{
    static uint8_t out[OUT];
    size_t count = 0;
    size_t malformed = 0;
    hs_tls_extension_iterator it = hs_tls_extensions_begin(extensions);
    for (hs_tls_extension each; hs_tls_extension_next(&it, &each); count++) {
        hs_tls_extension_value value;
        if (hs_tls_extension_value_read(&each, extensions->context, &value) != HS_OK) {
            malformed++;
            continue;
        }
        hs_writer w;
        hs_writer_init(&w, out, sizeof(out));
        hs_block block = hs_tls_extension_open(&w, each.type);
        hs_write_bytes(&w, each.data);
        hs_write_close(&w, block);
        size_t len = w.len;
        must(hs_writer_result(&w) == HS_OK);
        hs_tls_extension_write(&w, each.type, extensions->context, &value);
        must(hs_writer_result(&w) == HS_OK);
        must(hs_bytes_equal(hs_bytes_of(out, len), hs_bytes_of(out + len, w.len - len)));
    }
    must(count == extensions->count && malformed == extensions->malformed);
}

static void ask(const hs_tls_extensions *extensions)
{
    hs_bytes bytes;
    hs_tls_u16_list list;
    hs_tls_opaque_list names;
    hs_tls_key_share_list shares;
    hs_tls_psk_list psks;
    size_t count = 0;
    uint16_t number = 0;
    (void)hs_tls_get_host_name(extensions, &bytes);
    if (hs_tls_get_alpn_list(extensions, &names)) {
        while (hs_tls_opaque_next(&names, &bytes)) {
        }
    }
    if (hs_tls_get_supported_groups(extensions, &list)) {
        while (hs_tls_u16_next(&list, &number)) {
        }
        must(list.left.len == 0);
    }
    if (hs_tls_get_key_shares(extensions, &shares)) {
        hs_tls_key_share_entry entry;
        while (hs_tls_key_share_next(&shares, &entry)) {
        }
        must(shares.left.len == 0);
    }
    if (hs_tls_get_psk_identities(extensions, &count, &psks)) {
        hs_tls_psk_identity identity;
        for (; hs_tls_psk_next(&psks, &identity); count--) {
        }
        must(count == 0);
    }
    (void)hs_tls_get_selected_version(extensions, &number);
    (void)hs_tls_get_selected_group(extensions, &number, &bytes);
}

static void check_certificates(const hs_tls_certificate *message)
{
    size_t count = 0;
    hs_tls_certificate_entry entry;
    hs_tls_certificate_iterator it = hs_tls_certificate_begin(message);
    for (; hs_tls_certificate_next(&it, &entry); count++) {
        check_extensions(&entry.extensions);
    }
    must(count == message->count);
}

static void check_body(const hs_tls_message *message)
{
    const hs_tls_extensions *extensions = NULL;
    switch (message->msg_type) {
    case HS_TLS_HS_CLIENT_HELLO:
        extensions = &message->body.client_hello.extensions;
        (void)hs_tls_client_hello_version(&message->body.client_hello);
        break;
    case HS_TLS_HS_SERVER_HELLO:
        extensions = &message->body.server_hello.extensions;
        (void)hs_tls_server_hello_version(&message->body.server_hello);
        (void)hs_tls_server_hello_downgrade(&message->body.server_hello);
        break;
    case HS_TLS_HS_ENCRYPTED_EXTENSIONS:
        extensions = &message->body.encrypted_extensions.extensions;
        break;
    case HS_TLS_HS_CERTIFICATE_REQUEST:
        extensions = &message->body.certificate_request.extensions;
        break;
    case HS_TLS_HS_NEW_SESSION_TICKET:
        extensions = &message->body.new_session_ticket.extensions;
        break;
    case HS_TLS_HS_CERTIFICATE:
        check_certificates(&message->body.certificate);
        break;
    default:
        break;
    }
    if (extensions) {
        check_extensions(extensions);
        ask(extensions);
    }
}

static void check_notes(const hs_notes *notes, size_t first, size_t last)
{
    size_t at = first;
    must(notes->depth == 0);
    for (size_t i = 0; i < notes->count; i++) {
        if (notes->items[i].kind != HS_NOTE_BLOCK) {
            must(notes->items[i].offset == at);
            at += notes->items[i].length;
        }
    }
    must(at == last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t versions[] = {HS_TLS_1_3, HS_TLS_1_2, HS_TLS_1_0, HS_TLS_SSLV3};
    static hs_note items[NOTES];
    static uint8_t out[OUT];
    if (size == 0 || size > OUT / 2) {
        return 0;
    }
    hs_tls_message_context context = {
        versions[data[0] & 3], (hs_tls_key_exchange)((data[0] >> 2) % (HS_TLS_KX_FORTEZZA + 1))};
    hs_fault fault;
    hs_fault noted_fault;
    hs_reader r;
    hs_reader noted;
    hs_bytes bytes = hs_bytes_of(data + 1, size - 1);
    hs_notes notes = {.items = items, .capacity = NOTES};
    hs_reader_init(&r, bytes, &fault, NULL);
    hs_reader_init(&noted, bytes, &noted_fault, &notes);
    for (size_t at = 0; at < bytes.len;) {
        hs_tls_message message;
        hs_tls_message again;
        notes.count = 0;
        notes.dropped = 0;
        hs_result result = hs_tls_message_read(&r, &context, &message);
        must(hs_tls_message_read(&noted, &context, &again) == result);
        must(fault.offset == noted_fault.offset && fault.field == noted_fault.field);
        if (result != HS_OK) {
            break;
        }
        size_t end = bytes.len - hs_reader_left(&r);
        if (notes.dropped == 0) {
            check_notes(&notes, at, end);
        }
        hs_writer w;
        hs_writer_init(&w, out, sizeof(out));
        hs_tls_message_write(&w, &message);
        must(hs_writer_result(&w) == HS_OK);
        must(hs_bytes_equal(hs_writer_bytes(&w), hs_bytes_of(bytes.data + at, end - at)));
        check_body(&message);
        at = end;
    }
    return 0;
}
