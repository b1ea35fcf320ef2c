/* Names and times of RFC 5280 as text; what a certificate says is never printed raw. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "base/reader.h"
#include "net/asn1_text.h"

const char *hs_asn1_time_text(const ASN1_TIME *time, char out[HS_ASN1_TIME_TEXT_MAX])
{
    struct tm broken;
    if (!time || ASN1_TIME_to_tm(time, &broken) != 1 ||
        strftime(out, HS_ASN1_TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &broken) == 0) {
        snprintf(out, HS_ASN1_TIME_TEXT_MAX, "unknown");
    }
    return out;
}

int64_t hs_asn1_time_seconds(const ASN1_TIME *time)
{
    struct tm broken;
    if (!time || ASN1_TIME_to_tm(time, &broken) != 1) {
        return 0;
    }
    return timegm(&broken);
}

const char *hs_duration_text(hs_arena *arena, int64_t seconds)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    if (seconds < 0) {
        seconds = -seconds;
    }
    size_t i = 0;
    while (i < 3 && seconds < units[i].seconds) {
        i++;
    }
    int64_t count = seconds / units[i].seconds;
    return hs_arena_printf(arena, "%lld %s%s", (long long)count, units[i].name,
                           count == 1 ? "" : "s");
}

size_t hs_text_cut(const char *text, size_t limit)
{
    size_t len = strnlen(text, limit + 1);
    if (len <= limit) {
        return len;
    }
    len = limit;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) {
        len--;
    }
    return len;
}

static const char *shorten(hs_arena *arena, const char *text, size_t limit)
{
    size_t len = text ? hs_text_cut(text, limit) : 0;
    if (!text || !text[len]) {
        return text;
    }
    return hs_arena_printf(arena, "%.*s...", (int)len, text);
}

static const char *escape_string(hs_arena *arena, const ASN1_STRING *string)
{
    unsigned char *utf8 = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, string);
    if (len < 0) {
        return hs_arena_escaped(
            arena, hs_bytes_of(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string)));
    }
    const char *text = hs_arena_escaped(arena, hs_bytes_of(utf8, (size_t)len));
    OPENSSL_free(utf8);
    return text;
}

static const char *common_name(hs_arena *arena, const X509_NAME *name)
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    X509_NAME_ENTRY *entry = at >= 0 ? X509_NAME_get_entry(name, at) : NULL;
    return entry ? escape_string(arena, X509_NAME_ENTRY_get_data(entry)) : NULL;
}

const char *hs_x509_name_text(hs_arena *arena, const X509_NAME *name)
{
    const char *text = common_name(arena, name);
    if (text) {
        return hs_arena_printf(arena, "\"%s\"", shorten(arena, text, 80));
    }
    if (X509_NAME_entry_count(name) == 0) {
        return "(empty name)";
    }
    char *whole = X509_NAME_oneline(name, NULL, 0);
    const char *escaped = whole ? hs_arena_escaped(arena, hs_bytes_of(whole, strlen(whole))) : NULL;
    OPENSSL_free(whole);
    return escaped ? hs_arena_printf(arena, "\"%s\"", shorten(arena, escaped, 120))
                   : "(unreadable name)";
}

/* NULL for kinds that name no host. */
static const char *general_name(hs_arena *arena, const GENERAL_NAME *name)
{
    if (name->type == GEN_DNS) {
        return hs_arena_escaped(arena, hs_bytes_of(ASN1_STRING_get0_data(name->d.dNSName),
                                                   (size_t)ASN1_STRING_length(name->d.dNSName)));
    }
    if (name->type == GEN_IPADD) {
        int len = ASN1_STRING_length(name->d.iPAddress);
        char text[INET6_ADDRSTRLEN] = "";
        if (len == 4 || len == 16) {
            inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), text,
                      sizeof(text));
        }
        return hs_arena_text(arena, text);
    }
    return NULL;
}

const char *hs_x509_names_text(hs_arena *arena, const X509 *certificate, size_t limit)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    const char *text = NULL;
    int shown = 0;
    int more = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const char *name = shorten(arena, general_name(arena, sk_GENERAL_NAME_value(names, i)), 80);
        if (!name) {
            continue;
        }
        if (shown > 0 && (!text || strlen(text) + strlen(name) > limit)) {
            more++;
            continue;
        }
        text = text ? hs_arena_printf(arena, "%s, %s", text, name) : name;
        shown++;
    }
    GENERAL_NAMES_free(names);
    if (more > 0 && text) {
        text = hs_arena_printf(arena, "%s and %d more", text, more);
    }
    return text ? text : hs_x509_name_text(arena, X509_get_subject_name(certificate));
}
