#include "kit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "../cmocka_headers.h"
#include "base/reader.h"

void kit_begin(kit_writer *k, kit_bytes *out, bool little)
{
    hs_writer_init(&k->w, out->data, sizeof out->data);
    k->little = little;
}

void kit_u16(kit_writer *k, uint16_t value)
{
    hs_write_u16(&k->w, k->little ? __builtin_bswap16(value) : value);
}

void kit_u32(kit_writer *k, uint32_t value)
{
    hs_write_u32(&k->w, k->little ? __builtin_bswap32(value) : value);
}

void kit_end(kit_writer *k, kit_bytes *out)
{
    assert_int_equal(hs_writer_result(&k->w), HS_OK);
    out->len = k->w.len;
}

void kit_pcap(kit_bytes *out, bool little, bool nanoseconds, int count)
{
    kit_writer k;
    uint8_t frame[512];
    kit_begin(&k, out, little);
    kit_u32(&k, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
    kit_u16(&k, 2);
    kit_u16(&k, 4);
    kit_u32(&k, 0);
    kit_u32(&k, 0);
    kit_u32(&k, 65535);
    kit_u32(&k, KIT_LINK_RAW);
    for (int i = 0; i < count; i++) {
        uint32_t len = 40 + (uint32_t)i;
        memset(frame, i, len);
        kit_u32(&k, (uint32_t)i + 1);
        kit_u32(&k, 5);
        kit_u32(&k, len);
        kit_u32(&k, len + 100);
        hs_write_bytes(&k.w, hs_bytes_of(frame, len));
    }
    kit_end(&k, out);
}

void kit_block(kit_writer *k, uint32_t type, hs_bytes body)
{
    uint32_t padding = (4U - (uint32_t)body.len % 4U) % 4U;
    uint32_t length = 12 + (uint32_t)body.len + padding;
    kit_u32(k, type);
    kit_u32(k, length);
    hs_write_bytes(&k->w, body);
    for (uint32_t i = 0; i < padding; i++) {
        hs_write_u8(&k->w, 0);
    }
    kit_u32(k, length);
}

void kit_section(kit_writer *k)
{
    uint8_t body[16];
    kit_writer b = {.little = k->little};
    hs_writer_init(&b.w, body, sizeof body);
    kit_u32(&b, 0x1a2b3c4d);
    kit_u16(&b, 1);
    kit_u16(&b, 0);
    hs_write_u64(&b.w, UINT64_MAX);
    kit_block(k, 0x0a0d0d0a, hs_writer_bytes(&b.w));
}

void kit_interface(kit_writer *k, uint16_t link_type, hs_bytes options)
{
    uint8_t body[256];
    kit_writer b = {.little = k->little};
    hs_writer_init(&b.w, body, sizeof body);
    kit_u16(&b, link_type);
    kit_u16(&b, 0);
    kit_u32(&b, 0);
    hs_write_bytes(&b.w, options);
    kit_block(k, 1, hs_writer_bytes(&b.w));
}

void kit_packet(kit_writer *k, uint32_t interface_id, uint64_t units, hs_bytes frame)
{
    uint8_t body[2048];
    kit_writer b = {.little = k->little};
    hs_writer_init(&b.w, body, sizeof body);
    kit_u32(&b, interface_id);
    kit_u32(&b, (uint32_t)(units >> 32));
    kit_u32(&b, (uint32_t)units);
    kit_u32(&b, (uint32_t)frame.len);
    kit_u32(&b, (uint32_t)frame.len + 100);
    hs_write_bytes(&b.w, frame);
    kit_block(k, 6, hs_writer_bytes(&b.w));
}

int kit_file(hs_bytes bytes)
{
    int fd = memfd_create("capture", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.data, bytes.len), bytes.len);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

int kit_pipe(hs_bytes bytes)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_true(bytes.len <= KIT_MAX);
    assert_int_equal(write(fds[1], bytes.data, bytes.len), bytes.len);
    close(fds[1]);
    return fds[0];
}

void kit_gzip(hs_bytes bytes, kit_bytes *out)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (uint8_t *)(uintptr_t)bytes.data;
    stream.avail_in = (uInt)bytes.len;
    stream.next_out = out->data;
    stream.avail_out = sizeof out->data;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->len = sizeof out->data - stream.avail_out;
    deflateEnd(&stream);
}

static void check_packet(const hs_source_item *item, size_t number)
{
    assert_int_equal(item->link_type, KIT_LINK_RAW);
    assert_int_equal(item->frame.len, 40 + number);
    assert_int_equal(item->length, 140 + number);
    for (size_t i = 0; i < item->frame.len; i++) {
        assert_int_equal(item->frame.data[i], number);
    }
}

kit_run kit_read(int fd, bool check)
{
    static const volatile int never = 0;
    kit_run run = {.packets = 0};
    hs_source *source;
    hs_source_item item;
    hs_input *input = hs_input_new(fd, &never);
    assert_non_null(input);
    assert_int_equal(hs_source_file(input, &source), HS_OK);
    for (;;) {
        assert_int_equal(hs_source_next(source, &item), HS_OK);
        if (item.event == HS_SOURCE_END) {
            break;
        }
        if (item.event == HS_SOURCE_PACKET && check) {
            check_packet(&item, run.packets);
        }
        run.packets += item.event == HS_SOURCE_PACKET;
        run.secrets += item.event == HS_SOURCE_SECRETS;
        run.last = item;
    }
    /* The end stays the end. */
    assert_int_equal(hs_source_next(source, &item), HS_OK);
    assert_int_equal(item.event, HS_SOURCE_END);
    run.no_capture = source->is_no_capture;
    run.bad_blocks = source->bad_blocks;
    memcpy(run.damage, source->damage, sizeof run.damage);
    hs_source_free(source);
    hs_input_free(input);
    return run;
}
