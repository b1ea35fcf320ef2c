#include <stdlib.h>
#include <string.h>

#include "../cmocka_headers.h"

#include <openssl/pem.h>

#include "mint.h"
#include "net/pins.h"

#define ZEROS "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

typedef struct fixture {
    char *folder;
    mint one;
    mint other;
} fixture;

static int open_fixture(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->folder = mint_folder();
    f->one = mint_ca("One");
    f->other = mint_ca("Other");
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    fixture *f = *state;
    mint_free(&f->one);
    mint_free(&f->other);
    mint_remove_folder(f->folder);
    free(f);
    return 0;
}

static void lists_match_any_of_their_pins(void **state)
{
    const fixture *f = *state;
    char one[HS_PIN_TEXT_MAX];
    char list[256];
    hs_pins *pins = NULL;
    hs_problem problem;
    snprintf(list, sizeof(list), ZEROS ";%s;", hs_pin_text(f->one.certificate, one));
    assert_int_equal(strlen(one), 8 + 44);
    assert_int_equal(hs_pins_new(list, &pins, &problem), HS_OK);
    assert_int_equal(hs_pins_count(pins), 2);
    assert_true(hs_pins_match(pins, f->one.certificate));
    assert_false(hs_pins_match(pins, f->other.certificate));
    hs_pins_free(pins);
}

/* As openssl prints it: the hash of what `openssl x509 -pubkey | openssl pkey -pubin -outform der`
 * gives. */
static void a_pin_is_the_hash_of_the_public_key_info(void **state)
{
    const fixture *f = *state;
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(f->one.key, &der);
    unsigned char digest[32];
    unsigned char base64[64];
    char pin[HS_PIN_TEXT_MAX];
    assert_true(len > 0);
    assert_int_equal(EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL), 1);
    EVP_EncodeBlock(base64, digest, 32);
    hs_pin_text(f->one.certificate, pin);
    assert_string_equal(pin + 8, (const char *)base64);
    OPENSSL_free(der);
}

static void check_file(const fixture *f, const char *path)
{
    hs_pins *pins = NULL;
    hs_problem problem = {""};
    hs_result result = hs_pins_new(path, &pins, &problem);
    if (result != HS_OK) {
        fail_msg("%s", problem.text);
    }
    assert_int_equal(hs_pins_count(pins), 1);
    assert_true(hs_pins_match(pins, f->one.certificate));
    assert_false(hs_pins_match(pins, f->other.certificate));
    hs_pins_free(pins);
}

static void files_have_a_key_or_a_certificate(void **state)
{
    const fixture *f = *state;
    char path[256];
    for (int form = 0; form < 4; form++) {
        snprintf(path, sizeof(path), "%s/pin-%d", f->folder, form);
        BIO *bio = BIO_new_file(path, "w");
        assert_non_null(bio);
        int written = form == 0   ? PEM_write_bio_PUBKEY(bio, f->one.key)
                      : form == 1 ? PEM_write_bio_X509(bio, f->one.certificate)
                      : form == 2 ? i2d_PUBKEY_bio(bio, f->one.key)
                                  : i2d_X509_bio(bio, f->one.certificate);
        assert_int_equal(written, 1);
        BIO_free(bio);
        check_file(f, path);
    }
}

static void malformed_pins_are_refused(void **state)
{
    const fixture *f = *state;
    static const char *const texts[] = {
        "sha256//",
        "sha256//AAAA",
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!AA=",
        ZEROS ";sha1//AAAA",
        ZEROS ";;" ZEROS,
        ZEROS " ;" ZEROS,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        hs_pins *pins = NULL;
        hs_problem problem = {""};
        assert_int_equal(hs_pins_new(texts[i], &pins, &problem), HS_INVALID);
        assert_null(pins);
        assert_non_null(strstr(problem.text, "sha256//BASE64"));
    }
    hs_pins *pins = NULL;
    hs_problem problem = {""};
    assert_int_equal(hs_pins_new("/nonexistent/pin", &pins, &problem), HS_SYSTEM);
    assert_non_null(strstr(problem.text, "/nonexistent/pin: No such file"));
    char *path = mint_write_text(f->folder, "text", "no key here\n");
    assert_int_equal(hs_pins_new(path, &pins, &problem), HS_INVALID);
    assert_non_null(strstr(problem.text, "neither a public key nor a certificate"));
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_match_any_of_their_pins),
        cmocka_unit_test(a_pin_is_the_hash_of_the_public_key_info),
        cmocka_unit_test(files_have_a_key_or_a_certificate),
        cmocka_unit_test(malformed_pins_are_refused),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
