#include "wire/pcapng.h"

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_OLD_PACKET = 2,
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_ENHANCED_PACKET = 6,
    BLOCK_SECRETS = 10,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    BYTE_ORDER_SWAPPED = 0x4d3c2b1a,
    BLOCK_HEAD = 8, /* type and total length */
    BLOCK_LEAST = 12,
    SECTION_HEAD = 12, /* and the byte-order magic */
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_TSRESOL = 9,
    OPTION_TSOFFSET = 14,
    RESOLUTION_MICROSECONDS = 6,
    RESOLUTION_IS_BINARY = 0x80,
    DECIMAL_DIGITS_MAX = 27, /* of 10^-n: 10^(27-9) is below 2^63 */
    NANOSECOND_DIGITS = 9,
};

__extension__ typedef __int128 wide;

typedef struct interface {
    int link_type;
    uint32_t snap_length; /* 0: no limit */
    uint8_t resolution;
    int64_t offset; /* seconds */
} interface;

struct hs_pcapng {
    bool in_section;
    bool swapped; /* the section's byte order is not the network's */
    interface *interfaces;
    size_t count;
    size_t capacity;
    int64_t last_at;
};

hs_pcapng *hs_pcapng_new(void)
{
    return calloc(1, sizeof(hs_pcapng));
}

void hs_pcapng_free(hs_pcapng *pcapng)
{
    if (pcapng) {
        free(pcapng->interfaces);
        free(pcapng);
    }
}

bool hs_pcapng_is_magic(hs_bytes bytes)
{
    static const uint8_t section[] = {0x0a, 0x0d, 0x0d, 0x0a};
    return hs_bytes_equal(bytes, hs_bytes_of(section, sizeof section));
}

static uint16_t read16(const hs_pcapng *pcapng, hs_reader *r, const char *field)
{
    uint16_t value = hs_read_u16(r, field);
    return pcapng->swapped ? __builtin_bswap16(value) : value;
}

static uint32_t read32(const hs_pcapng *pcapng, hs_reader *r, const char *field)
{
    uint32_t value = hs_read_u32(r, field);
    return pcapng->swapped ? __builtin_bswap32(value) : value;
}

static uint64_t read64(const hs_pcapng *pcapng, hs_reader *r, const char *field)
{
    uint64_t value = hs_read_u64(r, field);
    return pcapng->swapped ? __builtin_bswap64(value) : value;
}

/* ---- times */

static bool is_resolution(uint8_t resolution)
{
    return (resolution & RESOLUTION_IS_BINARY) != 0 ? resolution < RESOLUTION_IS_BINARY + 64
                                                    : resolution <= DECIMAL_DIGITS_MAX;
}

static wide power_of_ten(int exponent)
{
    wide value = 1;
    while (exponent-- > 0) {
        value *= 10;
    }
    return value;
}

/* Times before 1970 and after 2116 stand at the nearest that there is: so the difference of any two
 * differences of times can be computed. */
#define TIME_MAX ((INT64_C(1) << 62) - 1)

static int64_t nanoseconds(const interface *face, uint64_t units)
{
    int exponent = face->resolution & ~RESOLUTION_IS_BINARY;
    wide time = (wide)units;
    if ((face->resolution & RESOLUTION_IS_BINARY) != 0) {
        time = (time * power_of_ten(NANOSECOND_DIGITS)) >> exponent;
    } else if (exponent <= NANOSECOND_DIGITS) {
        time *= power_of_ten(NANOSECOND_DIGITS - exponent);
    } else {
        time /= power_of_ten(exponent - NANOSECOND_DIGITS);
    }
    time += (wide)face->offset * power_of_ten(NANOSECOND_DIGITS);
    return time < 0 ? 0 : time > TIME_MAX ? TIME_MAX : (int64_t)time;
}

/* ---- blocks */

static void read_options(const hs_pcapng *pcapng, hs_reader *r, interface *face)
{
    while (hs_reader_ok(r) && hs_reader_left(r) > 0) {
        uint16_t code = read16(pcapng, r, "option_code");
        uint16_t length = read16(pcapng, r, "option_length");
        if (code == OPTION_END) {
            (void)hs_read_rest(r, "options");
            return;
        }
        hs_reader value = hs_read_block(r, length, "option_value");
        if (code == OPTION_TSRESOL && length == 1) {
            face->resolution = hs_read_u8(&value, "if_tsresol");
        } else if (code == OPTION_TSOFFSET && length == 8) {
            face->offset = (int64_t)read64(pcapng, &value, "if_tsoffset");
        } else {
            (void)hs_read_rest(&value, "option_value");
        }
        hs_reader_close(&value);
        (void)hs_read_bytes(r, (4U - length % 4U) % 4U, "padding");
    }
}

static hs_result add_interface(hs_pcapng *pcapng, hs_reader *r)
{
    interface face = {.resolution = RESOLUTION_MICROSECONDS};
    face.link_type = read16(pcapng, r, "link_type");
    (void)hs_read_u16(r, "reserved");
    face.snap_length = read32(pcapng, r, "snap_length");
    read_options(pcapng, r, &face);
    if (!is_resolution(face.resolution)) {
        hs_reader_fail(r, "if_tsresol", "no such resolution");
    }
    if (!hs_reader_ok(r)) {
        /* It keeps its number, so that those after it keep theirs. */
        face.resolution = RESOLUTION_MICROSECONDS;
    }
    if (pcapng->count == HS_PCAPNG_INTERFACES_MAX) {
        hs_reader_fail(r, "interface", "too many interfaces");
        return HS_OK;
    }
    if (pcapng->count == pcapng->capacity) {
        size_t capacity = pcapng->capacity == 0 ? 4 : 2 * pcapng->capacity;
        interface *grown = reallocarray(pcapng->interfaces, capacity, sizeof *grown);
        if (!grown) {
            return HS_NO_MEMORY;
        }
        pcapng->interfaces = grown;
        pcapng->capacity = capacity;
    }
    pcapng->interfaces[pcapng->count++] = face;
    return HS_OK;
}

static const interface *find_interface(const hs_pcapng *pcapng, hs_reader *r, uint32_t number)
{
    if (number >= pcapng->count) {
        hs_reader_fail(r, "interface_id", "no such interface");
        return NULL;
    }
    return &pcapng->interfaces[number];
}

/* Enhanced Packet Block, and the Packet Block that it replaced. */
static void read_packet(hs_pcapng *pcapng, hs_reader *r, bool is_old, hs_pcapng_item *item)
{
    uint32_t number = 0;
    if (is_old) {
        number = read16(pcapng, r, "interface_id");
        (void)hs_read_u16(r, "drops_count");
    } else {
        number = read32(pcapng, r, "interface_id");
    }
    uint64_t high = read32(pcapng, r, "timestamp_high");
    uint64_t units = high << 32 | read32(pcapng, r, "timestamp_low");
    uint32_t captured = read32(pcapng, r, "captured_length");
    item->length = read32(pcapng, r, "original_length");
    item->frame = hs_read_bytes(r, captured, "packet_data");
    const interface *face = find_interface(pcapng, r, number);
    if (face && hs_reader_ok(r)) {
        item->kind = HS_PCAPNG_PACKET;
        item->link_type = face->link_type;
        item->at = pcapng->last_at = nanoseconds(face, units);
    }
}

/* Its captured length is not told: the least of the packet's, the snapshot length and the block. */
static void read_simple_packet(hs_pcapng *pcapng, hs_reader *r, hs_pcapng_item *item)
{
    uint32_t length = read32(pcapng, r, "original_length");
    const interface *face = find_interface(pcapng, r, 0);
    if (!face) {
        return;
    }
    size_t captured = hs_reader_left(r) < length ? hs_reader_left(r) : length;
    if (face->snap_length > 0 && captured > face->snap_length) {
        captured = face->snap_length;
    }
    item->frame = hs_read_bytes(r, captured, "packet_data");
    item->kind = HS_PCAPNG_PACKET;
    item->link_type = face->link_type;
    item->length = length;
    item->at = pcapng->last_at;
}

static void read_secrets(const hs_pcapng *pcapng, hs_reader *r, hs_pcapng_item *item)
{
    item->secrets_type = read32(pcapng, r, "secrets_type");
    uint32_t length = read32(pcapng, r, "secrets_length");
    item->secrets = hs_read_bytes(r, length, "secrets_data");
    if (hs_reader_ok(r)) {
        item->kind = HS_PCAPNG_SECRETS;
    }
}

static hs_result read_body(hs_pcapng *pcapng, uint32_t type, hs_bytes body, hs_pcapng_item *item)
{
    hs_fault fault;
    hs_reader r;
    hs_result result = HS_OK;
    hs_reader_init(&r, body, &fault, NULL);
    *item = (hs_pcapng_item){.kind = HS_PCAPNG_OTHER};
    switch (type) {
    case BLOCK_SECTION:
        (void)hs_read_u32(&r, "byte_order_magic");
        if (read16(pcapng, &r, "major_version") != 1) {
            hs_reader_fail(&r, "major_version", "no such version");
        }
        pcapng->count = 0;
        break;
    case BLOCK_INTERFACE:
        result = add_interface(pcapng, &r);
        break;
    case BLOCK_ENHANCED_PACKET:
    case BLOCK_OLD_PACKET:
        read_packet(pcapng, &r, type == BLOCK_OLD_PACKET, item);
        break;
    case BLOCK_SIMPLE_PACKET:
        read_simple_packet(pcapng, &r, item);
        break;
    case BLOCK_SECRETS:
        read_secrets(pcapng, &r, item);
        break;
    default:
        break;
    }
    if (!hs_reader_ok(&r)) {
        item->kind = HS_PCAPNG_BAD;
    }
    return result;
}

/* The byte order of a section is told by the section's own block. */
static hs_result read_byte_order(hs_pcapng *pcapng, uint32_t magic, const char **why)
{
    if (magic != BYTE_ORDER_MAGIC && magic != BYTE_ORDER_SWAPPED) {
        *why = "a section without a byte order";
        return HS_MALFORMED;
    }
    pcapng->swapped = magic == BYTE_ORDER_SWAPPED;
    pcapng->in_section = true;
    return HS_OK;
}

hs_result hs_pcapng_block(hs_pcapng *pcapng, hs_bytes bytes, size_t *size, hs_pcapng_item *item,
                          const char **why)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, bytes, &fault, NULL);
    *size = SECTION_HEAD;
    if (bytes.len < SECTION_HEAD) {
        return HS_NEED_MORE;
    }
    uint32_t type = hs_read_u32(&r, "block_type");
    uint32_t length = hs_read_u32(&r, "block_total_length");
    if (type == BLOCK_SECTION) {
        hs_result result = read_byte_order(pcapng, hs_read_u32(&r, "byte_order_magic"), why);
        if (result != HS_OK) {
            return result;
        }
    } else if (!pcapng->in_section) {
        *why = "no section begins here";
        return HS_MALFORMED;
    }
    type = pcapng->swapped ? __builtin_bswap32(type) : type;
    length = pcapng->swapped ? __builtin_bswap32(length) : length;
    if (length < BLOCK_LEAST || length % 4 != 0 || length > HS_PCAPNG_BLOCK_MAX) {
        *why = "a block whose length cannot be";
        return HS_MALFORMED;
    }
    *size = length;
    if (bytes.len < length) {
        return HS_NEED_MORE;
    }
    hs_reader_init(&r, bytes, &fault, NULL);
    (void)hs_read_bytes(&r, BLOCK_HEAD, "block_head");
    hs_bytes body = hs_read_bytes(&r, length - BLOCK_LEAST, "block_body");
    if (read32(pcapng, &r, "block_total_length") != length) {
        *why = "a block whose two lengths differ";
        return HS_MALFORMED;
    }
    return read_body(pcapng, type, body, item);
}

/* ---- writing: one section, in network byte order */

static void write_padding(hs_writer *w)
{
    while (w->len % 4 != 0 && !w->overflow) {
        hs_write_u8(w, 0);
    }
}

static void write_option(hs_writer *w, uint16_t code, hs_bytes value)
{
    hs_write_u16(w, code);
    hs_write_u16(w, (uint16_t)value.len);
    hs_write_bytes(w, value);
    write_padding(w);
}

/* What an option of so many bytes takes, its padding included. */
static size_t option_size(size_t len)
{
    enum { OPTION_HEAD = 4 };
    return OPTION_HEAD + (len + 3) / 4 * 4;
}

static size_t comment_size(const char *comment)
{
    return comment ? option_size(strlen(comment)) : 0;
}

static void write_comment(hs_writer *w, const char *comment)
{
    if (comment) {
        write_option(w, OPTION_COMMENT, hs_bytes_of(comment, strlen(comment)));
    }
}

/* The length stands at both ends of a block. */
static void write_block(hs_writer *w, uint32_t type, size_t body)
{
    hs_write_u32(w, type);
    hs_write_u32(w, (uint32_t)(BLOCK_LEAST + (body + 3) / 4 * 4));
}

static void write_tail(hs_writer *w, size_t body)
{
    write_padding(w);
    hs_write_u32(w, (uint32_t)(BLOCK_LEAST + (body + 3) / 4 * 4));
}

void hs_pcapng_write_section(hs_writer *w, const char *application, const char *comment)
{
    enum { USER_APPLICATION = 4, FIXED = 16 };
    size_t length = strlen(application);
    size_t body = FIXED + comment_size(comment) + option_size(length) + option_size(0);
    write_block(w, BLOCK_SECTION, body);
    hs_write_u32(w, BYTE_ORDER_MAGIC);
    hs_write_u16(w, 1);
    hs_write_u16(w, 0);
    hs_write_u64(w, UINT64_MAX); /* section length: not told */
    write_comment(w, comment);
    write_option(w, USER_APPLICATION, hs_bytes_of(application, length));
    write_option(w, OPTION_END, hs_bytes_of(NULL, 0));
    write_tail(w, body);
}

void hs_pcapng_write_secrets(hs_writer *w, hs_bytes secrets)
{
    enum { FIXED = 8 };
    write_block(w, BLOCK_SECRETS, FIXED + secrets.len);
    hs_write_u32(w, HS_PCAPNG_TLS_KEY_LOG);
    hs_write_u32(w, (uint32_t)secrets.len);
    hs_write_bytes(w, secrets);
    write_tail(w, FIXED + secrets.len);
}

void hs_pcapng_write_interface(hs_writer *w, int link_type)
{
    enum { BODY = 8 + 8 + 4 };
    static const uint8_t resolution[] = {NANOSECOND_DIGITS};
    write_block(w, BLOCK_INTERFACE, BODY);
    hs_write_u16(w, (uint16_t)link_type);
    hs_write_u16(w, 0);
    hs_write_u32(w, 0); /* snapshot length: no limit */
    write_option(w, OPTION_TSRESOL, hs_bytes_of(resolution, sizeof resolution));
    write_option(w, OPTION_END, hs_bytes_of(NULL, 0));
    write_tail(w, BODY);
}

void hs_pcapng_write_packet(hs_writer *w, uint32_t interface_id, int64_t at, hs_bytes frame,
                            uint32_t length, const char *comment)
{
    enum { FIXED = 20 };
    size_t body = FIXED + (frame.len + 3) / 4 * 4;
    if (comment) {
        body += comment_size(comment) + option_size(0);
    }
    write_block(w, BLOCK_ENHANCED_PACKET, body);
    hs_write_u32(w, interface_id);
    hs_write_u64(w, (uint64_t)at);
    hs_write_u32(w, (uint32_t)frame.len);
    hs_write_u32(w, length);
    hs_write_bytes(w, frame);
    write_padding(w);
    if (comment) {
        write_comment(w, comment);
        write_option(w, OPTION_END, hs_bytes_of(NULL, 0));
    }
    write_tail(w, body);
}
