/* The key log's table: open addressing over (label, random), entries of their own so that borrowed
 * secrets stay where they are while the table grows. */
#include "secrets/keylog.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/reader.h"
#include "base/writer.h"

enum {
    DEFAULT_ENTRIES = 65536,
    FIRST_SLOTS = 16, /* a power of two */
    LABEL_MAX = 64,
    RANDOM_MAX = 32,
    SECRET_MAX = 1024,
};

typedef struct entry {
    uint64_t hash;
    size_t label_len;
    size_t random_len;
    size_t secret_len;
    uint8_t bytes[]; /* label, random, secret */
} entry;

struct hs_keylog {
    entry **slots;
    size_t slot_count;
    size_t count;
    size_t limit;
};

/* The fields of one line. */
typedef struct fields {
    hs_bytes label;
    uint8_t random[RANDOM_MAX];
    size_t random_len;
    uint8_t secret[SECRET_MAX];
    size_t secret_len;
} fields;

/* FNV-1a. The lines come from our own side of a connection, or from its owner. */
static uint64_t hash_bytes(uint64_t hash, hs_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        hash = (hash ^ bytes.data[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint64_t hash_key(hs_bytes label, hs_bytes random)
{
    return hash_bytes(hash_bytes(UINT64_C(0xcbf29ce484222325), label), random);
}

static hs_bytes entry_label(const entry *e)
{
    return hs_bytes_of(e->bytes, e->label_len);
}

static hs_bytes entry_random(const entry *e)
{
    return hs_bytes_of(e->bytes + e->label_len, e->random_len);
}

static hs_bytes entry_secret(const entry *e)
{
    return hs_bytes_of(e->bytes + e->label_len + e->random_len, e->secret_len);
}

/* The slot that holds the key, or the empty one where it belongs. */
static size_t slot_of(entry *const *slots, size_t slot_count, uint64_t hash, hs_bytes label,
                      hs_bytes random)
{
    size_t i = (size_t)hash & (slot_count - 1);
    while (slots[i] && !(slots[i]->hash == hash && hs_bytes_equal(entry_label(slots[i]), label) &&
                         hs_bytes_equal(entry_random(slots[i]), random))) {
        i = (i + 1) & (slot_count - 1);
    }
    return i;
}

hs_keylog *hs_keylog_new(size_t entry_limit)
{
    hs_keylog *keylog = calloc(1, sizeof *keylog);
    if (!keylog) {
        return NULL;
    }
    keylog->slots = calloc(FIRST_SLOTS, sizeof(entry *));
    if (!keylog->slots) {
        free(keylog);
        return NULL;
    }
    keylog->slot_count = FIRST_SLOTS;
    keylog->limit = entry_limit ? entry_limit : DEFAULT_ENTRIES;
    return keylog;
}

void hs_keylog_free(hs_keylog *keylog)
{
    if (!keylog) {
        return;
    }
    for (size_t i = 0; i < keylog->slot_count; i++) {
        entry *e = keylog->slots[i];
        if (e) {
            OPENSSL_cleanse(e->bytes, e->label_len + e->random_len + e->secret_len);
            free(e);
        }
    }
    free(keylog->slots);
    free(keylog);
}

static hs_result grow(hs_keylog *keylog)
{
    if ((keylog->count + 1) * 4 <= keylog->slot_count * 3) {
        return HS_OK;
    }
    size_t slot_count = keylog->slot_count * 2;
    entry **slots = calloc(slot_count, sizeof(entry *));
    if (!slots) {
        return HS_NO_MEMORY;
    }
    for (size_t i = 0; i < keylog->slot_count; i++) {
        entry *e = keylog->slots[i];
        if (e) {
            slots[slot_of(slots, slot_count, e->hash, entry_label(e), entry_random(e))] = e;
        }
    }
    free(keylog->slots);
    keylog->slots = slots;
    keylog->slot_count = slot_count;
    return HS_OK;
}

static hs_result insert(hs_keylog *keylog, const fields *f)
{
    hs_bytes random = hs_bytes_of(f->random, f->random_len);
    hs_bytes secret = hs_bytes_of(f->secret, f->secret_len);
    uint64_t hash = hash_key(f->label, random);
    /* OpenSSL names every generation after a KeyUpdate CLIENT_TRAFFIC_SECRET_N. */
    if (keylog->slots[slot_of(keylog->slots, keylog->slot_count, hash, f->label, random)]) {
        return HS_OK;
    }
    if (keylog->count == keylog->limit) {
        return HS_LIMIT;
    }
    hs_result result = grow(keylog);
    if (result != HS_OK) {
        return result;
    }
    entry *e = malloc(sizeof *e + f->label.len + random.len + secret.len);
    if (!e) {
        return HS_NO_MEMORY;
    }
    *e = (entry){.hash = hash,
                 .label_len = f->label.len,
                 .random_len = random.len,
                 .secret_len = secret.len};
    memcpy(e->bytes, f->label.data, f->label.len);
    memcpy(e->bytes + f->label.len, random.data, random.len);
    memcpy(e->bytes + f->label.len + random.len, secret.data, secret.len);
    keylog->slots[slot_of(keylog->slots, keylog->slot_count, hash, f->label, random)] = e;
    keylog->count++;
    return HS_OK;
}

/* The bytes up to the next space, and over it. */
static hs_bytes next_word(hs_bytes *left)
{
    size_t len = 0;
    while (len < left->len && left->data[len] != ' ') {
        len++;
    }
    hs_bytes word = hs_bytes_of(left->data, len);
    size_t used = len < left->len ? len + 1 : len;
    *left = hs_bytes_of(left->data + used, left->len - used);
    return word;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(hs_bytes text, uint8_t *out, size_t capacity, size_t *len)
{
    if (text.len == 0 || text.len % 2 != 0 || text.len / 2 > capacity) {
        return false;
    }
    for (size_t i = 0; i < text.len / 2; i++) {
        int high = hex_value(text.data[2 * i]);
        int low = hex_value(text.data[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high * 16 + low);
    }
    *len = text.len / 2;
    return true;
}

static bool is_label(hs_bytes label)
{
    for (size_t i = 0; i < label.len; i++) {
        if (label.data[i] <= ' ' || label.data[i] > '~') {
            return false;
        }
    }
    return label.len > 0 && label.len <= LABEL_MAX;
}

/* What some implementations of QUIC's drafts put before TLS's labels. */
static hs_bytes without_quic(hs_bytes label)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, label, &fault, NULL);
    bool is_quic = hs_bytes_are(hs_read_bytes(&r, strlen("QUIC_"), "prefix"), "QUIC_");
    hs_bytes rest = hs_read_rest(&r, "label");
    return is_quic && rest.len > 0 ? rest : label;
}

hs_result hs_keylog_add_line(hs_keylog *keylog, hs_bytes line)
{
    while (line.len > 0 && (line.data[line.len - 1] == '\r' || line.data[line.len - 1] == '\n' ||
                            line.data[line.len - 1] == ' ')) {
        line.len--;
    }
    if (line.len == 0 || line.data[0] == '#') {
        return HS_OK;
    }
    fields f;
    f.label = without_quic(next_word(&line));
    hs_bytes random = next_word(&line);
    hs_result result = HS_MALFORMED;
    if (is_label(f.label) && read_hex(random, f.random, sizeof f.random, &f.random_len) &&
        read_hex(line, f.secret, sizeof f.secret, &f.secret_len)) {
        result = insert(keylog, &f);
    }
    OPENSSL_cleanse(&f, sizeof f);
    return result;
}

hs_result hs_keylog_add_text(hs_keylog *keylog, hs_bytes text, size_t *malformed)
{
    size_t bad = 0;
    hs_result result = HS_OK;
    while (text.len > 0 && result == HS_OK) {
        const uint8_t *newline = memchr(text.data, '\n', text.len);
        size_t len = newline ? (size_t)(newline - text.data) : text.len;
        result = hs_keylog_add_line(keylog, hs_bytes_of(text.data, len));
        if (result == HS_MALFORMED) {
            bad++;
            result = HS_OK;
        }
        size_t used = newline ? len + 1 : len;
        text = hs_bytes_of(text.data + used, text.len - used);
    }
    if (malformed) {
        *malformed = bad;
    }
    return result;
}

hs_bytes hs_keylog_find(const hs_keylog *keylog, const char *label, hs_bytes client_random)
{
    if (keylog->count == 0) {
        return (hs_bytes){0}; /* every connection of a capture asks, and most have no key log */
    }
    hs_bytes name = hs_bytes_of(label, strlen(label));
    size_t slot = slot_of(keylog->slots, keylog->slot_count, hash_key(name, client_random), name,
                          client_random);
    const entry *e = keylog->slots[slot];
    return e ? entry_secret(e) : (hs_bytes){0};
}

size_t hs_keylog_count(const hs_keylog *keylog)
{
    return keylog->count;
}

static void write_hex(hs_writer *w, hs_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        hs_write_u8(w, (uint8_t)digits[bytes.data[i] >> 4]);
        hs_write_u8(w, (uint8_t)digits[bytes.data[i] & 15]);
    }
}

hs_result hs_keylog_line(const char *label, hs_bytes client_random, hs_bytes secret,
                         char out[HS_KEYLOG_LINE_MAX])
{
    hs_writer w;
    hs_writer_init(&w, out, HS_KEYLOG_LINE_MAX);
    hs_write_text(&w, label);
    hs_write_u8(&w, ' ');
    write_hex(&w, client_random);
    hs_write_u8(&w, ' ');
    write_hex(&w, secret);
    hs_write_u8(&w, 0);
    hs_result result = hs_writer_result(&w);
    if (result != HS_OK) {
        out[0] = 0;
    }
    return result;
}
