#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/reader.h"
#include "scratch.h"
#include "serve/state_folder.h"

static char scratch[64];
static hs_problem problem;

static int set_up(void **state)
{
    (void)state;
    return scratch_new(scratch) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_free(scratch);
    return 0;
}

static const char *in_scratch(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", scratch, name);
    return path;
}

static mode_t mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    return status.st_mode & 07777;
}

static void makes_its_folder_private(void **state)
{
    (void)state;
    hs_state_folder folder;
    assert_int_equal(hs_state_folder_open(in_scratch("a/b/c/"), &folder, &problem), HS_OK);
    assert_string_equal(folder.path, in_scratch("a/b/c"));
    assert_int_equal(mode_of(in_scratch("a/b/c")), 0700);
    assert_int_equal(mode_of(in_scratch("a")), 0700);
    assert_int_equal(mode_of(in_scratch("a/b/c/lock")), 0600);
    hs_state_folder_close(&folder);
}

static void finds_the_default(void **state)
{
    (void)state;
    hs_state_folder folder;
    setenv("XDG_STATE_HOME", in_scratch("xdg"), 1);
    assert_int_equal(hs_state_folder_open(NULL, &folder, &problem), HS_OK);
    assert_string_equal(folder.path, in_scratch("xdg/handshake"));
    hs_state_folder_close(&folder);
    setenv("XDG_STATE_HOME", "relative", 1);
    setenv("HOME", in_scratch("home"), 1);
    assert_int_equal(hs_state_folder_open(NULL, &folder, &problem), HS_OK);
    assert_string_equal(folder.path, in_scratch("home/.local/state/handshake"));
    hs_state_folder_close(&folder);
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    assert_int_equal(hs_state_folder_open(NULL, &folder, &problem), HS_INVALID);
    assert_non_null(strstr(problem.text, "--state"));
}

static void refuses_folders_of_others(void **state)
{
    (void)state;
    hs_state_folder folder;
    char target[128];
    snprintf(target, sizeof target, "%s", in_scratch("real"));
    assert_int_equal(mkdir(target, 0700), 0);
    assert_int_equal(symlink(target, in_scratch("link")), 0);
    assert_int_equal(hs_state_folder_open(in_scratch("link"), &folder, &problem), HS_INVALID);
    assert_int_equal(hs_state_folder_open(in_scratch("link/"), &folder, &problem), HS_INVALID);
    assert_int_equal(chmod(target, 0777), 0);
    assert_int_equal(hs_state_folder_open(target, &folder, &problem), HS_INVALID);
    assert_non_null(strstr(problem.text, "others may write"));
    int fd = open(in_scratch("file"), O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_int_equal(hs_state_folder_open(in_scratch("file"), &folder, &problem), HS_INVALID);
    assert_int_equal(hs_state_folder_open(in_scratch("file/x"), &folder, &problem), HS_INVALID);
    assert_int_equal(hs_state_folder_open("", &folder, &problem), HS_INVALID);
}

static void reads_what_it_wrote(void **state)
{
    (void)state;
    hs_state_folder folder;
    hs_buffer buffer;
    hs_buffer_init(&buffer, HS_STATE_FILE_MAX);
    assert_int_equal(hs_state_folder_open(in_scratch("s"), &folder, &problem), HS_OK);
    assert_int_equal(hs_state_folder_read(&folder, "a", true, &buffer, &problem), HS_OK);
    assert_int_equal(hs_buffer_bytes(&buffer).len, 0);
    assert_int_equal(hs_state_folder_write(&folder, "a", 0600, hs_bytes_of("first", 5), &problem),
                     HS_OK);
    assert_int_equal(hs_state_folder_write(&folder, "a", 0600, hs_bytes_of("two", 3), &problem),
                     HS_OK);
    assert_int_equal(mode_of(in_scratch("s/a")), 0600);
    assert_int_equal(hs_state_folder_read(&folder, "a", true, &buffer, &problem), HS_OK);
    assert_true(hs_bytes_are(hs_buffer_bytes(&buffer), "two"));
    hs_buffer_free(&buffer);
    hs_state_folder_close(&folder);
}

static hs_result try_to_read(const char *name, bool secret)
{
    hs_state_folder folder;
    hs_buffer buffer;
    hs_buffer_init(&buffer, HS_STATE_FILE_MAX);
    assert_int_equal(hs_state_folder_open(in_scratch("s"), &folder, &problem), HS_OK);
    hs_result result = hs_state_folder_read(&folder, name, secret, &buffer, &problem);
    hs_buffer_free(&buffer);
    hs_state_folder_close(&folder);
    return result;
}

static void refuses_files_that_cannot_be_trusted(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_scratch("s"), 0700), 0);
    assert_int_equal(symlink("/etc/passwd", in_scratch("s/link")), 0);
    assert_int_equal(mkfifo(in_scratch("s/fifo"), 0600), 0);
    assert_int_equal(mkdir(in_scratch("s/folder"), 0700), 0);
    close(open(in_scratch("s/open"), O_CREAT | O_WRONLY, 0600));
    assert_int_equal(chmod(in_scratch("s/open"), 0644), 0);
    int fd = open(in_scratch("s/large"), O_CREAT | O_WRONLY, 0600);
    assert_int_equal(ftruncate(fd, HS_STATE_FILE_MAX + 1), 0);
    close(fd);
    assert_int_equal(try_to_read("link", false), HS_INVALID);
    assert_int_equal(try_to_read("fifo", false), HS_INVALID);
    assert_int_equal(try_to_read("folder", false), HS_INVALID);
    assert_int_equal(try_to_read("open", true), HS_INVALID);
    assert_int_equal(try_to_read("open", false), HS_OK);
    assert_int_equal(try_to_read("large", false), HS_INVALID);
}

static void writes_through_no_link(void **state)
{
    (void)state;
    hs_state_folder folder;
    assert_int_equal(hs_state_folder_open(in_scratch("s"), &folder, &problem), HS_OK);
    assert_int_equal(symlink("../victim", in_scratch("s/a")), 0);
    assert_int_equal(hs_state_folder_write(&folder, "a", 0600, hs_bytes_of("x", 1), &problem),
                     HS_OK);
    assert_int_not_equal(access(in_scratch("victim"), F_OK), 0);
    hs_state_folder_close(&folder);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(makes_its_folder_private),
        TEST(finds_the_default),
        TEST(refuses_folders_of_others),
        TEST(reads_what_it_wrote),
        TEST(refuses_files_that_cannot_be_trusted),
        TEST(writes_through_no_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
