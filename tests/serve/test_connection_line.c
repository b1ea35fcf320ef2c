#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/reader.h"
#include "serve/connection_line.h"

static char line[1024];

static void keep_line(void *context, const char *text)
{
    (void)context;
    strcpy(line, text);
}

static hs_serve_host host;

static hs_connection connection(void)
{
    hs_connection c;
    memset(&c, 0, sizeof c);
    host.line = keep_line;
    c.host = &host;
    c.number = 7;
    c.phase = HS_CONNECTION_TLS;
    return c;
}

static void peers_cannot_write_to_the_terminal(void **state)
{
    (void)state;
    char out[HS_ESCAPED_MAX];
    assert_string_equal(hs_line_escaped(hs_bytes_of("a\x1b[2J\n\\\x80z", 9), out),
                        "a\\x1b[2J\\x0a\\x5c\\x80z");
    assert_string_equal(hs_line_escaped(hs_bytes_of("", 0), out), "");
}

static void long_text_is_shortened(void **state)
{
    (void)state;
    char out[HS_ESCAPED_MAX];
    uint8_t bytes[1000];
    for (size_t len = 0; len < sizeof bytes; len++) {
        memset(bytes, len % 2 ? 'a' : 0x01, sizeof bytes);
        hs_line_escaped((hs_bytes){bytes, len}, out);
        assert_true(strlen(out) < sizeof out);
        bool whole = len * (len % 2 ? 1 : 4) + sizeof "…" <= sizeof out;
        assert_int_equal(whole, strstr(out, "…") == NULL);
    }
}

static void a_failed_handshake_names_class_and_alert(void **state)
{
    (void)state;
    hs_connection c = connection();
    hs_tls_failure failure = {.cls = HS_FAILURE_TLS_VERSION_MISMATCH, .alert = 70, .verify = -1};
    strcpy(failure.message, "unsupported\nprotocol");
    hs_connection_line_tls_failed(&c, &failure);
    assert_string_equal(line, "#7 TLS handshake failed: tls.version_mismatch, sent alert "
                              "protocol_version (70): unsupported\\x0aprotocol");
    failure.alert = -1;
    failure.cls = HS_FAILURE_TLS_CLOSED;
    failure.message[0] = '\0';
    hs_connection_line_tls_failed(&c, &failure);
    assert_string_equal(line, "#7 TLS handshake failed: tls.closed");
}

static void the_end_says_who_and_how(void **state)
{
    (void)state;
    static const hs_protocol protocol = {.unit = "request"};
    hs_connection c = connection();
    c.protocol = &protocol;
    c.units = 2;
    c.has_fin = true;
    hs_connection_line_closed(&c);
    assert_int_equal(strncmp(line, "#7 closed by client (FIN), 2 requests, ", 39), 0);
    c.error = UV_ECONNRESET;
    hs_connection_line_closed(&c);
    assert_non_null(strstr(line, "closed by client (FIN)"));
    c.has_fin = false;
    hs_connection_line_closed(&c);
    assert_non_null(strstr(line, "closed by client (RST)"));
    c.error = 0;
    c.units = 0;
    c.ended_why = "idle for 60 s";
    hs_connection_line_closed(&c);
    assert_int_equal(strncmp(line, "#7 closed by server (idle for 60 s), ", 37), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peers_cannot_write_to_the_terminal),
        cmocka_unit_test(long_text_is_shortened),
        cmocka_unit_test(a_failed_handshake_names_class_and_alert),
        cmocka_unit_test(the_end_says_who_and_how),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
