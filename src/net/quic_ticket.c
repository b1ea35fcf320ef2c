/* The layout of a ticket. */
#include "net/quic_ticket.h"

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
    return hs_reader_finish(&r);
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
    return hs_writer_result(w);
}
