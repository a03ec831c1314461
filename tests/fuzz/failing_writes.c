/* Makes the n-th change of the file system below a folder fail, as a full disk does; preloaded by writes.py.
 *
 * Counted are calls that write, cut, sync, make, rename and link files whose path, or whose open file's path, begins
 * with the folder. Reading never fails, nor does deleting, which a full disk allows.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[PATH_MAX];
static long wanted, seen, lasting;

/* From now on call `n` fails, and with `onwards` all later ones too; 0: none does. Counting begins anew. */
void failing_writes_arm(const char *below, long n, long onwards) {
    strncpy(folder, below, sizeof folder - 1);
    wanted = n;
    lasting = onwards;
    seen = 0;
}

long failing_writes_seen(void) { return seen; }

static int fails(const char *path) {
    char whole[PATH_MAX * 2];
    if (!folder[0] || !path) return 0;
    if (path[0] != '/') {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here)) return 0;
        snprintf(whole, sizeof whole, "%s/%s", here, path);
        path = whole;
    }
    if (strncmp(path, folder, strlen(folder))) return 0;
    long now = __sync_add_and_fetch(&seen, 1);
    return wanted && (now == wanted || (lasting && now > wanted));
}

static int fails_open(int file) {
    char link[64], path[PATH_MAX];
    if (!folder[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(path);
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define REFUSE do { errno = ENOSPC; return -1; } while (0)

ssize_t write(int file, const void *data, size_t size) { REAL(write); if (fails_open(file)) REFUSE; return real(file, data, size); }
ssize_t pwrite(int file, const void *data, size_t size, off_t at) { REAL(pwrite); if (fails_open(file)) REFUSE; return real(file, data, size, at); }
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) { REAL(pwrite64); if (fails_open(file)) REFUSE; return real(file, data, size, at); }
int ftruncate(int file, off_t size) { REAL(ftruncate); if (fails_open(file)) REFUSE; return real(file, size); }
int ftruncate64(int file, off64_t size) { REAL(ftruncate64); if (fails_open(file)) REFUSE; return real(file, size); }
int fsync(int file) { REAL(fsync); if (fails_open(file)) REFUSE; return real(file); }
int fdatasync(int file) { REAL(fdatasync); if (fails_open(file)) REFUSE; return real(file); }
int posix_fallocate64(int file, off64_t at, off64_t size) { REAL(posix_fallocate64); if (fails_open(file)) return ENOSPC; return real(file, at, size); }
int rename(const char *from, const char *to) { REAL(rename); if (fails(to)) REFUSE; return real(from, to); }
int link(const char *from, const char *to) { REAL(link); if (fails(to)) REFUSE; return real(from, to); }
int linkat(int a, const char *from, int b, const char *to, int flags) { REAL(linkat); if (fails(to)) REFUSE; return real(a, from, b, to, flags); }
int renameat(int a, const char *from, int b, const char *to) { REAL(renameat); if (fails(to)) REFUSE; return real(a, from, b, to); }
int mkdir(const char *path, mode_t mode) { REAL(mkdir); if (fails(path)) REFUSE; return real(path, mode); }

static int makes(int flags) { return (flags & O_CREAT) != 0; }

#define OPENING(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); } \
        if (makes(flags) && fails(path)) REFUSE; \
        return real(path, flags, mode); \
    }
OPENING(open)
OPENING(open64)
