#include "capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void hs_capture_begin(hs_capture *capture)
{
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        capture->saved[i] = dup(i + 1);
        capture->files[i] = memfd_create("capture", MFD_CLOEXEC);
        dup2(capture->files[i], i + 1);
    }
}

void hs_capture_end(hs_capture *capture)
{
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        dup2(capture->saved[i], i + 1);
        close(capture->saved[i]);
        off_t size = lseek(capture->files[i], 0, SEEK_END);
        capture->text[i] = calloc(1, (size_t)size + 1);
        if (!capture->text[i] ||
            pread(capture->files[i], capture->text[i], (size_t)size, 0) != size) {
            abort();
        }
        close(capture->files[i]);
    }
}

void hs_capture_free(hs_capture *capture)
{
    free(capture->text[0]);
    free(capture->text[1]);
}
