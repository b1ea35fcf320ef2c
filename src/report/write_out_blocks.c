/* The variables that write more than a value: the chain, and everything as JSON. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "base/time_text.h"
#include "report/json_object.h"
#include "report/write_out_variables.h"

enum { PEM_LINE = 64, JSON_DIGITS = 15 };

static void put_base64(hs_bytes bytes, FILE *out)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t column = 0;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)bytes.data[i] << 16;
        group |= left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
        group |= left > 2 ? bytes.data[i + 2] : 0;
        fputc(letters[group >> 18], out);
        fputc(letters[group >> 12 & 0x3f], out);
        fputc(left > 1 ? letters[group >> 6 & 0x3f] : '=', out);
        fputc(left > 2 ? letters[group & 0x3f] : '=', out);
        column += 4;
        if (column == PEM_LINE || i + 3 >= bytes.len) {
            fputc('\n', out);
            column = 0;
        }
    }
}

static void put_date(const char *label, int64_t seconds, FILE *out)
{
    time_t time = (time_t)seconds;
    struct tm tm;
    char text[HS_TIME_TEXT_MAX];
    if (gmtime_r(&time, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S GMT", &tm) > 0) {
        fprintf(out, "%s:%s\n", label, text);
    }
}

static void put_line(const char *label, const char *text, FILE *out)
{
    if (text) {
        fprintf(out, "%s:%s\n", label, text);
    }
}

hs_result hs_write_out_certs(const hs_trace *trace, FILE *out)
{
    for (size_t i = 0; i < trace->certificate_count; i++) {
        const hs_certificate *certificate = &trace->certificates[i];
        put_line("Subject", certificate->subject, out);
        put_line("Issuer", certificate->issuer, out);
        put_line("Serial Number", certificate->serial, out);
        put_line("Signature Algorithm", certificate->signature, out);
        put_line("Public Key", certificate->key, out);
        put_date("Start date", certificate->not_before, out);
        put_date("Expire date", certificate->not_after, out);
        if (certificate->der.len > 0) {
            fputs("Cert:-----BEGIN CERTIFICATE-----\n", out);
            put_base64(certificate->der, out);
            fputs("-----END CERTIFICATE-----\n", out);
        }
    }
    return HS_OK;
}

static json_t *value_of(const hs_trace *trace, const hs_variable *variable)
{
    switch (variable->kind) {
    case HS_VARIABLE_TIME:
        return json_real((double)hs_variable_microseconds(trace, variable) / 1e6);
    case HS_VARIABLE_NUMBER:
        return json_integer(variable->number(trace));
    default: {
        const char *text = variable->text(trace);
        return text ? hs_json_string(text) : json_null();
    }
    }
}

hs_result hs_write_out_json(const hs_trace *trace, FILE *out)
{
    hs_json json = {false};
    json_t *object = hs_json_object(&json);
    for (const hs_variable *variable = hs_variables; variable->name; variable++) {
        if (variable->kind <= HS_VARIABLE_TEXT) {
            hs_json_set(&json, object, variable->name, value_of(trace, variable));
        }
    }
    hs_result result = json.failed ? HS_NO_MEMORY : HS_OK;
    size_t flags = JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(JSON_DIGITS);
    if (result == HS_OK && json_dumpf(object, out, flags) != 0) {
        result = ferror(out) ? HS_SYSTEM : HS_NO_MEMORY;
    }
    json_decref(object);
    return result;
}
