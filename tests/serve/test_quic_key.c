#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "serve/quic_key.h"

static char scratch[64];
static hs_state_folder folder;
static hs_problem problem;

static int set_up(void **state)
{
    (void)state;
    return scratch_new(scratch) && hs_state_folder_open(scratch, &folder, &problem) == HS_OK ? 0
                                                                                             : -1;
}

static int tear_down(void **state)
{
    (void)state;
    hs_state_folder_close(&folder);
    scratch_free(scratch);
    return 0;
}

static void write_key(const void *bytes, size_t len, mode_t mode)
{
    int fd = openat(folder.fd, "quic-key", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void it_is_made_once_and_kept(void **state)
{
    (void)state;
    uint8_t first[HS_QUIC_SECRET_LEN] = {0};
    uint8_t second[HS_QUIC_SECRET_LEN] = {0};
    static const uint8_t zeros[HS_QUIC_SECRET_LEN];
    struct stat status;
    assert_int_equal(hs_quic_key_load(&folder, first, &problem), HS_OK);
    assert_memory_not_equal(first, zeros, sizeof first);
    assert_int_equal(fstatat(folder.fd, "quic-key", &status, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
    assert_int_equal(status.st_size, HS_QUIC_SECRET_LEN);
    assert_int_equal(hs_quic_key_load(&folder, second, &problem), HS_OK);
    assert_memory_equal(first, second, sizeof first);
    assert_int_equal(hs_quic_key_make(second, &problem), HS_OK);
    assert_memory_not_equal(first, second, sizeof first);
}

static void a_damaged_one_is_not_replaced(void **state)
{
    (void)state;
    uint8_t secret[HS_QUIC_SECRET_LEN];
    uint8_t bytes[HS_QUIC_SECRET_LEN + 1] = {1};
    for (size_t len = 1; len <= sizeof bytes; len++) {
        write_key(bytes, len, 0600);
        bool whole = len == HS_QUIC_SECRET_LEN;
        assert_int_equal(hs_quic_key_load(&folder, secret, &problem), whole ? HS_OK : HS_INVALID);
        assert_true(whole || strstr(problem.text, "quic-key: damaged"));
    }
}

static void one_that_others_may_read_is_refused(void **state)
{
    (void)state;
    uint8_t secret[HS_QUIC_SECRET_LEN] = {1};
    write_key(secret, sizeof secret, 0640);
    assert_int_equal(hs_quic_key_load(&folder, secret, &problem), HS_INVALID);
    assert_non_null(strstr(problem.text, "chmod 600"));
    assert_int_equal(unlinkat(folder.fd, "quic-key", 0), 0);
    assert_int_equal(symlinkat("elsewhere", folder.fd, "quic-key"), 0);
    assert_int_equal(hs_quic_key_load(&folder, secret, &problem), HS_INVALID);
    assert_non_null(strstr(problem.text, "symbolic link"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_made_once_and_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_one_is_not_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_others_may_read_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
