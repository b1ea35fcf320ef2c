/* The layout of a ticket: its parts, and the SHA-256 of all before it. GnuTLS 3.7 crashes over
 * sessions that were damaged, so none reaches it. */
#include <openssl/evp.h>

#include "net/quic_ticket.h"

enum { DIGEST = 32 };

static const uint8_t magic[] = {'h', 's', 'q', 't', 1};

static hs_bytes block16(hs_reader *r, const char *field)
{
    hs_reader block = hs_read_block16(r, field);
    hs_bytes bytes = hs_read_rest(&block, field);
    hs_reader_close(&block);
    return bytes;
}

hs_result hs_quic_ticket_read(hs_bytes bytes, hs_quic_ticket *ticket)
{
    hs_fault fault;
    hs_reader r;
    *ticket = (hs_quic_ticket){0};
    hs_reader_init(&r, bytes, &fault, NULL);
    if (!hs_bytes_equal(hs_read_bytes(&r, sizeof(magic), "magic"),
                        hs_bytes_of(magic, sizeof(magic)))) {
        hs_reader_fail(&r, "magic", "not a QUIC ticket");
    }
    ticket->version = hs_read_u32(&r, "version");
    ticket->early_data_max = hs_read_u32(&r, "early_data_max");
    ticket->alpn = block16(&r, "alpn");
    ticket->server_name = block16(&r, "server_name");
    ticket->parameters = block16(&r, "parameters");
    ticket->token = block16(&r, "token");
    ticket->session = block16(&r, "session");
    hs_bytes before = hs_bytes_of(bytes.data, r.pos);
    hs_bytes digest = hs_read_bytes(&r, DIGEST, "digest");
    hs_result result = hs_reader_finish(&r);
    if (result != HS_OK) {
        return result;
    }
    uint8_t computed[DIGEST];
    bool same = EVP_Digest(before.data, before.len, computed, NULL, EVP_sha256(), NULL) == 1 &&
                hs_bytes_equal(digest, hs_bytes_of(computed, DIGEST));
    return same ? HS_OK : HS_MALFORMED;
}

static void write_block16(hs_writer *w, hs_bytes bytes)
{
    hs_block block = hs_write_open(w, 2);
    hs_write_bytes(w, bytes);
    hs_write_close(w, block);
}

hs_result hs_quic_ticket_write(hs_writer *w, const hs_quic_ticket *ticket)
{
    hs_write_bytes(w, hs_bytes_of(magic, sizeof(magic)));
    hs_write_u32(w, ticket->version);
    hs_write_u32(w, ticket->early_data_max);
    write_block16(w, ticket->alpn);
    write_block16(w, ticket->server_name);
    write_block16(w, ticket->parameters);
    write_block16(w, ticket->token);
    write_block16(w, ticket->session);
    uint8_t digest[DIGEST];
    hs_bytes before = hs_writer_bytes(w);
    if (EVP_Digest(before.data, before.len, digest, NULL, EVP_sha256(), NULL) != 1) {
        return HS_CRYPTO;
    }
    hs_write_bytes(w, hs_bytes_of(digest, DIGEST));
    return hs_writer_result(w);
}
