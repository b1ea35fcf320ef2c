/* Which full handshake a session is of: found again, renamed, and bounded whatever comes. */
#include "hex.h"

#include "secrets/tls12_sessions.h"

enum { LIMIT = 1 << 20, MILLION = 1000000 };

static const uint64_t seed[2] = {1, 2};

static hs_bytes random_of(uint8_t value)
{
    static uint8_t random[HS_TLS12_SESSIONS_RANDOM];
    memset(random, value, sizeof random);
    return hs_bytes_of(random, sizeof random);
}

static hs_bytes name_of(uint32_t number, uint8_t name[4])
{
    for (size_t i = 0; i < 4; i++) {
        name[i] = (uint8_t)(number >> 8 * i);
    }
    return hs_bytes_of(name, 4);
}

static void finds_what_was_added(void **state)
{
    (void)state;
    uint8_t found[HS_TLS12_SESSIONS_RANDOM] = {0};
    hs_tls12_sessions *sessions = hs_tls12_sessions_new(LIMIT, seed);
    assert_non_null(sessions);
    assert_false(hs_tls12_sessions_find(sessions, hex("0102"), found));
    assert_int_equal(hs_tls12_sessions_add(sessions, hex("0102"), random_of(7)), HS_OK);
    assert_true(hs_tls12_sessions_find(sessions, hex("0102"), found));
    assert_memory_equal(found, random_of(7).data, sizeof found);
    assert_false(hs_tls12_sessions_find(sessions, hex("01"), found));
    assert_false(hs_tls12_sessions_find(sessions, hex("010200"), found));

    /* The same ID may be given to another session later. */
    assert_int_equal(hs_tls12_sessions_add(sessions, hex("0102"), random_of(8)), HS_OK);
    assert_true(hs_tls12_sessions_find(sessions, hex("0102"), found));
    assert_memory_equal(found, random_of(8).data, sizeof found);
    assert_int_equal(hs_tls12_sessions_count(sessions), 1);
    hs_tls12_sessions_free(sessions);
}

static void what_names_nothing(void **state)
{
    (void)state;
    uint8_t found[HS_TLS12_SESSIONS_RANDOM];
    hs_tls12_sessions *sessions = hs_tls12_sessions_new(LIMIT, seed);
    assert_int_equal(hs_tls12_sessions_add(sessions, hex(""), random_of(7)), HS_OK);
    assert_int_equal(hs_tls12_sessions_add(sessions, hex("01"), hex("0102")), HS_OK);
    assert_int_equal(hs_tls12_sessions_count(sessions), 0);
    assert_false(hs_tls12_sessions_find(sessions, hex(""), found));
    hs_tls12_sessions_free(sessions);
    hs_tls12_sessions_free(NULL);
}

/* After `count` names, the newest `room` of them are there, each with its own random. */
static void fill(size_t memory_limit, uint32_t count, uint32_t room)
{
    uint8_t name[4];
    uint8_t found[HS_TLS12_SESSIONS_RANDOM];
    hs_tls12_sessions *sessions = hs_tls12_sessions_new(memory_limit, seed);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(hs_tls12_sessions_add(sessions, name_of(i, name), random_of((uint8_t)i)),
                         HS_OK);
        assert_true(hs_tls12_sessions_find(sessions, hs_bytes_of(name, 4), found));
    }
    assert_int_equal(hs_tls12_sessions_count(sessions), room);
    for (uint32_t i = 0; i < count; i++) {
        bool is_there = hs_tls12_sessions_find(sessions, name_of(i, name), found);
        assert_int_equal(is_there, i >= count - room);
        assert_true(!is_there || found[0] == (uint8_t)i);
    }
    hs_tls12_sessions_free(sessions);
}

static void the_oldest_goes(void **state)
{
    (void)state;
    fill(0, 16, 16); /* the least that there is */
    fill(0, 17, 16);
    fill(0, 1000, 16);
    fill(0, 16 * 1000 + 5, 16);
    fill(SIZE_MAX, 65536, 65536); /* the most */
    fill(SIZE_MAX, 65536 + 1, 65536);
}

static void a_million_tickets(void **state)
{
    (void)state;
    uint8_t name[4];
    uint8_t found[HS_TLS12_SESSIONS_RANDOM];
    hs_tls12_sessions *sessions = hs_tls12_sessions_new(LIMIT, seed);
    for (uint32_t i = 0; i < MILLION; i++) {
        assert_int_equal(hs_tls12_sessions_add(sessions, name_of(i, name), random_of(1)), HS_OK);
    }
    assert_true(hs_tls12_sessions_memory(sessions) <= LIMIT + 4096);
    assert_true(hs_tls12_sessions_memory(sessions) > LIMIT / 2);
    assert_true(hs_tls12_sessions_find(sessions, name_of(MILLION - 1, name), found));
    assert_false(hs_tls12_sessions_find(sessions, name_of(0, name), found));
    hs_tls12_sessions_free(sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_added),
        cmocka_unit_test(what_names_nothing),
        cmocka_unit_test(the_oldest_goes),
        cmocka_unit_test(a_million_tickets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
