/* A child confines itself and tries what it must still be able to do, and what not. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cmocka_headers.h"
#include "read/confine.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

enum { CONFINED = 100, NOT_PERMITTED = 101 };

/* The exit status of a child that confines itself and then runs `attempt`. */
static int confined(int (*attempt)(void), bool privileges)
{
    pid_t pid = fork();
    if (pid == 0) {
        hs_problem problem;
        hs_result result = privileges ? hs_confine_privileges(&problem) : HS_OK;
        if (result == HS_OK) {
            result = hs_confine_calls(&problem);
        }
        _exit(result == HS_OK ? attempt() : NOT_PERMITTED);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_PERMITTED) {
        skip();
    }
    return WEXITSTATUS(status);
}

static int refused(int result)
{
    return result < 0 && errno == EPERM ? CONFINED : 1;
}

static int make_socket(void)
{
    return refused(socket(AF_INET, SOCK_STREAM, 0));
}

#ifndef SANITIZED
static int open_file(void)
{
    return refused(open("/etc/passwd", O_RDONLY));
}
#endif

static int start_program(void)
{
    return refused(execl("/bin/true", "true", (char *)NULL));
}

static int map_code(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED && errno == EPERM ? CONFINED : 1;
}

static int remove_file(void)
{
    return refused(unlink("/nowhere"));
}

static int read_and_write(void)
{
    char *memory = malloc(4 * 1024 * 1024);
    if (!memory) {
        return 1;
    }
    memset(memory, 1, 4 * 1024 * 1024);
    ssize_t wrote = write(STDOUT_FILENO, "", 0);
    free(memory);
    return wrote == 0 ? CONFINED : 2;
}

static int is_nobody(void)
{
    return geteuid() != 0 || setuid(0) != 0 ? CONFINED : 1;
}

static void test_calls(void **state)
{
    (void)state;
    assert_int_equal(confined(read_and_write, false), CONFINED);
    assert_int_equal(confined(make_socket, false), CONFINED);
    assert_int_equal(confined(start_program, false), CONFINED);
    assert_int_equal(confined(map_code, false), CONFINED);
    assert_int_equal(confined(remove_file, false), CONFINED);
#ifndef SANITIZED
    assert_int_equal(confined(open_file, false), CONFINED);
#endif
}

static void test_privileges(void **state)
{
    (void)state;
    assert_int_equal(confined(is_nobody, true), CONFINED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_privileges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
