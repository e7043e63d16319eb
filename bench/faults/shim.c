/*
 * Lets the n-th change to files below a folder fail, be cut short, or be the last thing that the process does. Preloaded into
 * a process on Linux (LD_PRELOAD); bench/faults/trials.ts compiles and steers it:
 *
 *   FAULTS_ROOT   the folder; other files are left alone
 *   FAULTS_OF     the groups of changes that count: write, sync, create, rename, remove
 *   FAULTS_AT     at which of them, from 1; 0: at none, they are only listed
 *   FAULTS_THEN   what happens: `kill`, `power`, `short`, or the number of an error
 *   FAULTS_STAYS  1: every later one fails as well
 *   FAULTS_LOG    file that gets a line `struck <n> <operation> <path>`, or `change <group> <operation> <path>` for each listed
 *
 * `power` is a loss of power: what was written but not synced is taken back, as are names that were made, moved or removed in a
 * folder that was not synced since; then the process ends.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[PATH_MAX];
static size_t root_length;
/* What happens; NULL: nothing is watched. */
static const char *then;
static const char *groups;
static int stays, takes_power;
static long strike_at, counted;
static int log_file = -1;
/* Recursive: undoing calls what is hooked here. */
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static __thread int inside;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}

static void say(const char *format, ...) {
  char line[PATH_MAX + 100];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (log_file >= 0 && REAL(write)(log_file, line, length) < 0) abort();
}

__attribute__((constructor)) static void begin(void) {
  const char *folder = getenv("FAULTS_ROOT"), *log = getenv("FAULTS_LOG");
  unsetenv("LD_PRELOAD"); /* Only this process. */
  if (!folder || !log || !realpath(folder, root)) return;
  root_length = strlen(root);
  groups = getenv("FAULTS_OF");
  strike_at = atol(getenv("FAULTS_AT"));
  stays = !strcmp(getenv("FAULTS_STAYS"), "1");
  log_file = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  takes_power = !strcmp(getenv("FAULTS_THEN"), "power");
  then = getenv("FAULTS_THEN");
}

static int is_below(const char *path) {
  return then && !inside && !strncmp(path, root, root_length) && path[root_length] == '/';
}

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return 1;
}

/* ---- What a loss of power takes back, the newest last. ---- */

struct undo {
  enum { CONTENT, SIZE, MADE, MADE_FOLDER, MOVED, REMOVED } what;
  dev_t device; /* of the file, or of the folder that holds the name */
  ino_t inode;
  char *path, *from, *stash;
  off_t offset, size;
  char *bytes;
  size_t length;
};
static struct undo *undos;
static size_t undo_count, undo_room;

static struct undo *add_undo(int what, const char *path) {
  if (undo_count == undo_room) undos = realloc(undos, (undo_room = undo_room ? 2 * undo_room : 256) * sizeof *undos);
  struct undo *undo = &undos[undo_count++];
  memset(undo, 0, sizeof *undo);
  undo->what = what;
  undo->path = strdup(path);
  return undo;
}

static void of_folder(struct undo *undo, const char *path) {
  char folder[PATH_MAX];
  snprintf(folder, sizeof folder, "%s", path);
  *strrchr(folder, '/') = 0;
  struct stat info;
  if (!stat(folder, &info)) undo->device = info.st_dev, undo->inode = info.st_ino;
}

/* The index of a database's log lies in memory; after a loss of power it is made anew. */
static int is_volatile(const char *path) {
  size_t length = strlen(path);
  return length > 4 && !strcmp(path + length - 4, "-shm");
}

static void before_write(int fd, const char *path, off_t offset, size_t length) {
  struct stat info;
  if (!takes_power || is_volatile(path) || fstat(fd, &info) || !S_ISREG(info.st_mode)) return;
  int file = REAL(open)(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  struct undo *undo = add_undo(CONTENT, path);
  undo->device = info.st_dev, undo->inode = info.st_ino, undo->size = info.st_size, undo->offset = offset;
  if (offset < info.st_size) {
    undo->bytes = malloc(length);
    ssize_t read = pread(file, undo->bytes, length, offset);
    undo->length = read > 0 ? read : 0;
  }
  close(file);
}

static void before_truncate(int fd, const char *path, off_t size) {
  struct stat info;
  if (fstat(fd, &info)) return;
  before_write(fd, path, size, info.st_size > size ? info.st_size - size : 1);
}

static char *stash_away(const char *path) {
  static int number;
  char stash[PATH_MAX + 32];
  snprintf(stash, sizeof stash, "%s.stash/%d", root, number++);
  if (link(path, stash)) return NULL;
  return strdup(stash);
}

static void before_remove(const char *path) {
  if (!takes_power || is_volatile(path)) return;
  char *stash = stash_away(path);
  if (!stash) return;
  struct undo *undo = add_undo(REMOVED, path);
  of_folder(undo, path);
  undo->stash = stash;
}

static void before_rename(const char *from, const char *to) {
  if (!takes_power) return;
  char *stash = stash_away(to);
  struct undo *undo = add_undo(MOVED, to);
  of_folder(undo, to);
  undo->from = strdup(from);
  undo->stash = stash;
}

static void after_create(const char *path, int folder) {
  if (takes_power && !is_volatile(path)) of_folder(add_undo(folder ? MADE_FOLDER : MADE, path), path);
}

/* What is synced is not taken back: a file's content, a folder's names. */
static void after_sync(int fd) {
  struct stat info;
  if (!takes_power || fstat(fd, &info)) return;
  size_t kept = 0;
  for (size_t i = 0; i < undo_count; i++)
    if (undos[i].device != info.st_dev || undos[i].inode != info.st_ino) undos[kept++] = undos[i];
  undo_count = kept;
}

/* A file whose unsynced content is taken back may have got a name that stays. */
static int open_inode(const struct undo *undo) {
  struct stat info;
  int file = REAL(open)(undo->path, O_WRONLY | O_CLOEXEC);
  if (file >= 0 && !fstat(file, &info) && info.st_ino == undo->inode) return file;
  if (file >= 0) close(file);
  DIR *fds = opendir("/proc/self/fd");
  for (struct dirent *entry; fds && (entry = readdir(fds));) {
    char link[300];
    snprintf(link, sizeof link, "/proc/self/fd/%s", entry->d_name);
    if (!stat(link, &info) && info.st_dev == undo->device && info.st_ino == undo->inode) {
      file = REAL(open)(link, O_WRONLY | O_CLOEXEC);
      closedir(fds);
      return file;
    }
  }
  if (fds) closedir(fds);
  return -1;
}

static void lose_power(void) {
  while (undo_count > 0) {
    struct undo *undo = &undos[--undo_count];
    if (undo->what == CONTENT) {
      int file = open_inode(undo);
      if (file < 0) continue; /* It has no name any more. */
      if (undo->length && REAL(pwrite)(file, undo->bytes, undo->length, undo->offset) < 0) abort();
      if (REAL(ftruncate)(file, undo->size)) abort();
      close(file);
    } else if (undo->what == MADE)
      REAL(unlink)(undo->path);
    else if (undo->what == MADE_FOLDER)
      REAL(rmdir)(undo->path);
    else {
      if (undo->what == MOVED) REAL(rename)(undo->path, undo->from);
      if (undo->stash && link(undo->stash, undo->path)) say("not restored: %s\n", undo->path);
    }
  }
}

/* ---- The faults. ---- */

/* Called under the lock before a change; gives the error that it has to fail with, or 0. -1: it is cut short. */
static int fault(const char *group, const char *operation, const char *path) {
  if (!strstr(groups, group)) return 0;
  counted++;
  if (strike_at == 0) say("change %s %s %s\n", group, operation, path + root_length);
  if (strike_at == 0 || counted < strike_at || (counted > strike_at && !stays)) return 0;
  if (counted == strike_at) say("struck %ld %s %s\n", counted, operation, path + root_length);
  if (takes_power || !strcmp(then, "kill")) {
    inside = 1;
    if (takes_power) lose_power();
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
  return strcmp(then, "short") ? atoi(then) : -1;
}

#define CHANGE(type, below, group, operation, path, before, call, after) \
  do { \
    int error = 0; \
    if (!(below)) return call; \
    pthread_mutex_lock(&lock); \
    error = fault(group, operation, path); \
    type result = -1; \
    if (error > 0) \
      errno = error; \
    else { \
      before; \
      result = call; \
      int kept = errno; \
      if (result >= 0) { after; } \
      errno = kept; \
    } \
    pthread_mutex_unlock(&lock); \
    return result; \
  } while (0)

#define NOTHING (void)0
/* Half of what was asked for, where a write is cut short. */
#define CUT(length) (error < 0 && (length) > 1 ? (length) / 2 : (length))

static int fd_below(int fd, char *path) {
  return then && !inside && fd != log_file && path_of(fd, path) && is_below(path);
}

static off_t place_of(int fd) {
  struct stat info;
  int flags = fcntl(fd, F_GETFL);
  if (flags >= 0 && (flags & O_APPEND)) return fstat(fd, &info) ? 0 : info.st_size;
  return lseek(fd, 0, SEEK_CUR);
}

static size_t length_of(const struct iovec *parts, int count) {
  size_t length = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  return length;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  char path[PATH_MAX];
  CHANGE(ssize_t, fd_below(fd, path), "write", "write", path, before_write(fd, path, place_of(fd), length),
         REAL(write)(fd, bytes, CUT(length)), NOTHING);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  char path[PATH_MAX];
  CHANGE(ssize_t, fd_below(fd, path), "write", "pwrite", path, before_write(fd, path, offset, length),
         REAL(pwrite)(fd, bytes, CUT(length), offset), NOTHING);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) { return pwrite(fd, bytes, length, offset); }

/* Cut short: only the first part. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
  char path[PATH_MAX];
  CHANGE(ssize_t, fd_below(fd, path), "write", "writev", path, before_write(fd, path, place_of(fd), length_of(parts, count)),
         REAL(writev)(fd, parts, error < 0 ? 1 : count), NOTHING);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  char path[PATH_MAX];
  CHANGE(ssize_t, fd_below(fd, path), "write", "pwritev", path, before_write(fd, path, offset, length_of(parts, count)),
         REAL(pwritev)(fd, parts, error < 0 ? 1 : count, offset), NOTHING);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return pwritev(fd, parts, count, offset);
}

int ftruncate(int fd, off_t size) {
  char path[PATH_MAX];
  CHANGE(int, fd_below(fd, path), "write", "ftruncate", path, before_truncate(fd, path, size), REAL(ftruncate)(fd, size),
         NOTHING);
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

int fsync(int fd) {
  char path[PATH_MAX];
  CHANGE(int, fd_below(fd, path), "sync", "fsync", path, NOTHING, REAL(fsync)(fd), after_sync(fd));
}

int fdatasync(int fd) {
  char path[PATH_MAX];
  CHANGE(int, fd_below(fd, path), "sync", "fdatasync", path, NOTHING, REAL(fdatasync)(fd), after_sync(fd));
}

static void before_open(const char *path) {
  int file = REAL(open)(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  before_truncate(file, path, 0);
  close(file);
}

/* Only opening that makes a file, or empties one, is a change. */
static int changes(const char *path, int flags) {
  if (!is_below(path)) return 0;
  int exists = !access(path, F_OK);
  return exists ? (flags & O_TRUNC) && (flags & O_ACCMODE) != O_RDONLY : flags & O_CREAT;
}

static int open_hooked(int folder, const char *path, int flags, mode_t mode) {
  int made = access(path, F_OK) != 0;
  CHANGE(int, changes(path, flags), "create", made ? "create" : "empty", path, if (!made) before_open(path),
         REAL(openat)(folder, path, flags, mode), if (made) after_create(path, 0));
}

#define MODE(flags) \
  mode_t mode = 0; \
  if (flags & (O_CREAT | O_TMPFILE)) { \
    va_list args; \
    va_start(args, flags); \
    mode = va_arg(args, mode_t); \
    va_end(args); \
  }
int open(const char *path, int flags, ...) {
  MODE(flags)
  return open_hooked(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE(flags)
  return open_hooked(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
int openat(int folder, const char *path, int flags, ...) {
  MODE(flags)
  return open_hooked(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
  MODE(flags)
  return open_hooked(folder, path, flags | O_LARGEFILE, mode);
}

int mkdir(const char *path, mode_t mode) {
  CHANGE(int, is_below(path) && access(path, F_OK), "create", "mkdir", path, NOTHING, REAL(mkdir)(path, mode),
         after_create(path, 1));
}

int rename(const char *from, const char *to) {
  CHANGE(int, is_below(to), "rename", "rename", to, before_rename(from, to), REAL(rename)(from, to), NOTHING);
}

int unlink(const char *path) {
  CHANGE(int, is_below(path), "remove", "unlink", path, before_remove(path), REAL(unlink)(path), NOTHING);
}

int rmdir(const char *path) {
  CHANGE(int, is_below(path), "remove", "rmdir", path, NOTHING, REAL(rmdir)(path), NOTHING);
}

int unlinkat(int folder, const char *name, int flags) {
  char path[PATH_MAX];
  if (name[0] == '/' || folder == AT_FDCWD || !path_of(folder, path))
    snprintf(path, sizeof path, "%s", name);
  else
    snprintf(path + strlen(path), sizeof path - strlen(path), "/%s", name);
  CHANGE(int, is_below(path), "remove", "unlinkat", path, if (!(flags & AT_REMOVEDIR)) before_remove(path),
         REAL(unlinkat)(folder, name, flags), NOTHING);
}

int remove(const char *path) {
  struct stat info;
  return !lstat(path, &info) && S_ISDIR(info.st_mode) ? rmdir(path) : unlink(path);
}

/* Copies between files are made by writes, which are hooked. */
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t length, unsigned flags) {
  char path[PATH_MAX];
  if (!fd_below(out, path)) return REAL(copy_file_range)(in, from, out, to, length, flags);
  errno = EXDEV;
  return -1;
}
