#include "report/json_object.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *hs_json_object(hs_json *json)
{
    json_t *object = json_object();
    json->failed = json->failed || !object;
    return object;
}

json_t *hs_json_array(hs_json *json)
{
    json_t *array = json_array();
    json->failed = json->failed || !array;
    return array;
}

void hs_json_set(hs_json *json, json_t *object, const char *key, json_t *value)
{
    /* Also ends `value` where it fails. */
    if (json_object_set_new(object, key, value) != 0) {
        json->failed = true;
    }
}

void hs_json_append(hs_json *json, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0) {
        json->failed = true;
    }
}

void hs_json_set_nonempty(hs_json *json, json_t *object, const char *key, json_t *value)
{
    if (value && json_object_size(value) == 0) {
        json_decref(value);
    } else {
        hs_json_set(json, object, key, value);
    }
}

/* Text that is not UTF-8 (it can come from the command line) keeps its ASCII; the rest as \xNN. */
static json_t *ascii_string(const char *text)
{
    char *ascii = malloc(4 * strlen(text) + 1);
    if (!ascii) {
        return NULL;
    }
    char *out = ascii;
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at < 0x80) {
            *out++ = (char)*at;
        } else {
            out += sprintf(out, "\\x%02x", *at);
        }
    }
    *out = '\0';
    json_t *string = json_string(ascii);
    free(ascii);
    return string;
}

json_t *hs_json_string(const char *text)
{
    json_t *string = json_string(text);
    return string ? string : ascii_string(text);
}

void hs_json_text(hs_json *json, json_t *object, const char *key, const char *text)
{
    if (text) {
        hs_json_set(json, object, key, hs_json_string(text));
    }
}

void hs_json_integer(hs_json *json, json_t *object, const char *key, int64_t value)
{
    hs_json_set(json, object, key, json_integer(value));
}

void hs_json_bool(hs_json *json, json_t *object, const char *key, bool value)
{
    hs_json_set(json, object, key, json_boolean(value));
}

void hs_json_seen(hs_json *json, json_t *object, const char *key, hs_seen seen)
{
    if (seen != HS_UNSEEN) {
        hs_json_bool(json, object, key, seen == HS_YES);
    }
}

void hs_json_ms(hs_json *json, json_t *object, const char *key, hs_time time)
{
    if (time == HS_TIME_NONE) {
        return;
    }
    hs_time half = time < 0 ? -HS_MICROSECOND / 2 : HS_MICROSECOND / 2;
    hs_time microseconds = (time + half) / HS_MICROSECOND;
    hs_json_set(json, object, key, json_real((double)microseconds / 1000.0));
}

void hs_json_ratio(hs_json *json, json_t *object, const char *key, double value)
{
    const double thousandths = 1000;
    if (!isnan(value)) {
        hs_json_set(json, object, key, json_real(round(value * thousandths) / thousandths));
    }
}

/* Jansson gives a record out in hundreds of pieces: together they are one write. */
typedef struct pieces {
    FILE *out;
    size_t len;
    char text[8 * 1024];
} pieces;

static bool write_out(pieces *p)
{
    bool is_written = fwrite(p->text, 1, p->len, p->out) == p->len;
    p->len = 0;
    return is_written;
}

static int add_piece(const char *piece, size_t len, void *context)
{
    pieces *p = context;
    if (len > sizeof p->text - p->len && !write_out(p)) {
        return -1;
    }
    if (len > sizeof p->text) {
        return fwrite(piece, 1, len, p->out) == len ? 0 : -1;
    }
    memcpy(p->text + p->len, piece, len);
    p->len += len;
    return 0;
}

static bool write_line(const json_t *object, size_t flags, FILE *out)
{
    pieces p;
    p.out = out;
    p.len = 0;
    bool is_dumped = json_dump_callback(object, add_piece, &p, flags) == 0;
    return is_dumped && add_piece("\n", 1, &p) == 0 && write_out(&p);
}

hs_result hs_json_write(const hs_json *json, json_t *object, FILE *out)
{
    /* Enough for every time to microseconds, and few enough that 12.345 stays 12.345. */
    enum { REAL_DIGITS = 15 };
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS);
    hs_result result = json->failed || !object ? HS_NO_MEMORY : HS_OK;
    if (result == HS_OK && !write_line(object, flags, out)) {
        result = ferror(out) ? HS_SYSTEM : HS_NO_MEMORY;
    }
    json_decref(object);
    return result;
}
